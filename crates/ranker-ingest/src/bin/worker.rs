//! A worker process for programs that have no entry point for it of their own.

use std::io::{stdin, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    // What goes wrong here has no reader but the parent, which sees the exit code.
    match ranker_ingest::worker::serve(stdin(), stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
