//! Tasks of this repository: `cargo xtask TASK`.

mod api;
mod bom;
mod engines;
mod features;
mod fuzz;
mod package;
mod pdfium;
mod portable;
mod rank;
mod servers;
mod setup;
mod test;
mod wheel;

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo xtask TASK

tasks:
  rank [ARGS]     set up, then rank profiles for a job (its arguments: `cargo xtask rank --help`)
  test            set up, then check format, lints, features and docs, and run every test
  fuzz [--seconds N] [TARGET...]
                  run the fuzz targets, each for so long, with the stable compiler
  engines [--live ENGINE=URL]...
                  run the contract of stores on PostgreSQL, Chroma, Milvus and Redis, on the fakes and on
                  servers that you name
  api [--against TAG]
                  write the public names of the libraries to docs/api, or say which of a tag are gone
  package [--quick]
                  package every library, build and run the README's program from the packages in a new project, and
                  say what each choice of features takes; with --quick, in crates and not in seconds
  portable [--rustc PATH] [--linker PATH] [--emulator PATH] [PACKAGE...]
                  run the libraries' tests on aarch64, in an emulator
  bom [PACKAGE [FEATURES, AS CARGO TAKES THEM]]
                  write what a package is made of to target/bom, in CycloneDX's JSON
  setup           fetch the libraries of ONNX Runtime and PDFium into the target folder, through pip
  data --onet FOLDER [--seed S]
                  remake the bundled profiles and jobs from the O*NET tables
  data languages [--out FOLDER]
                  write made-up jobs and resumes in six languages to target/languages, to evaluate encoders on
  model [--weights FOLDER] [--fp32 OUT]
                  remake the bundled encoder from its original weights
  model multilingual [--weights FOLDER] [--out FOLDER] [--precision int8|fp32]
                  make an encoder of some hundred languages, in target/models/multilingual-e5-small
  model smollm2 [--weights FOLDER] [--out FOLDER] [--precision int8|fp32]
                  make an encoder of a decoder, in target/models/smollm2-135m";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Outcome<ExitCode> {
    let (task, rest) = args.split_first().ok_or(USAGE)?;
    match task.as_str() {
        "rank" => return rank::run(rest),
        "test" => test::run(),
        "api" => api::run(rest),
        "fuzz" => fuzz::run(rest),
        "package" => package::run(rest),
        "portable" => portable::run(rest),
        "bom" => bom::run(rest),
        "engines" => engines::run(rest),
        "setup" => {
            // Without PDFium another reader takes PDF files, which is reported.
            let _ = pdfium::run();
            setup::run().map(drop).ok_or_else(|| "see above".into())
        }
        "data" | "model" => make(args),
        _ => Err(USAGE.into()),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Remakes a bundled file, by a package of its own, which brings the code for training.
fn make(args: &[String]) -> Outcome {
    let mut run = Command::new(env!("CARGO"));
    run.args(["run", "--quiet", "--package", "ranker-makers", "--"]);
    if run.args(args).status()?.success() {
        Ok(())
    } else {
        Err("nothing was made: see above".into())
    }
}

/// The folder of the workspace.
fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(Path::new("."))
}

#[expect(clippy::print_stderr, reason = "a program reports to its user")]
fn say(line: &str) {
    eprintln!("xtask: {line}");
}
