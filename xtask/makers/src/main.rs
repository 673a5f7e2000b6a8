//! Makes the bundled data and encoders: `cargo xtask data`, `cargo xtask model`.
//!
//! A package of its own, so that `cargo xtask` compiles no training code before the first ranking.

mod check;
mod data;
mod model;
mod multilingual;
mod options;
mod smollm;
mod wheel;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask data --onet FOLDER [--seed S] [--out FOLDER]
       cargo xtask data languages [--out FOLDER]
       cargo xtask model [--weights FOLDER] [--fp32 OUT]
       cargo xtask model multilingual [--weights FOLDER] [--out FOLDER] [--precision int8|fp32]
       cargo xtask model smollm2 [--weights FOLDER] [--out FOLDER] [--precision int8|fp32]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<(), Box<dyn Error>> {
    let (maker, rest) = args.split_first().ok_or(USAGE)?;
    match maker.as_str() {
        "data" => data::run(rest),
        "model" => model::run(rest),
        _ => Err(USAGE.into()),
    }
}

/// The folder of the workspace.
fn workspace() -> &'static Path {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.nth(2).unwrap_or(Path::new("."))
}

#[expect(clippy::print_stderr, reason = "a program reports its errors")]
fn report(error: &dyn Error) {
    eprintln!("error: {error}");
}
