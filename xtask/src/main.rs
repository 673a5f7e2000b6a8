//! Tasks of this repository: `cargo xtask TASK`.

mod data;
mod model;
mod pdfium;
mod setup;
mod test;

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo xtask TASK

tasks:
  rank [ARGS]     set up, then run the example `rank` (its arguments: `cargo xtask rank --help`)
  test            set up, then check format, lints and docs, and run every test
  setup           fetch the libraries of ONNX Runtime and PDFium into the target folder, through pip
  data --onet FOLDER [--seed S]
                  remake the bundled profiles and jobs from the O*NET tables
  model [--weights FOLDER] [--fp32 OUT]
                  remake the bundled encoder from its original weights";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<(), Box<dyn Error>> {
    let (task, rest) = args.split_first().ok_or(USAGE)?;
    match task.as_str() {
        "rank" => rank(rest),
        "test" => test::run(),
        "setup" => {
            let found = (setup::run(), pdfium::run());
            found.0.and(found.1).map(drop).ok_or_else(|| "see above".into())
        }
        "data" => data::run(rest),
        "model" => model::run(rest),
        _ => Err(USAGE.into()),
    }
}

/// Runs the main job on what the caller gives it, or on the bundled data.
fn rank(args: &[String]) -> Result<(), Box<dyn Error>> {
    let mut run = Command::new(env!("CARGO"));
    run.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "ranker-examples",
        "--example",
        "rank",
    ]);
    run.arg("--").args(args);
    if let Some(library) = setup::run() {
        run.env("ORT_DYLIB_PATH", library);
    }
    say("building (the first time takes some minutes)");
    if run.status()?.success() {
        Ok(())
    } else {
        Err("the example `rank` failed".into())
    }
}

/// The folder of the workspace.
fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[expect(clippy::print_stderr, reason = "a program says what it does")]
fn say(line: &str) {
    eprintln!("xtask: {line}");
}
