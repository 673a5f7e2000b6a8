//! The first command: set up, build what the ranking needs, rank.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::{Outcome, pdfium, say, setup};

/// What else the program says by its exit code: some of the files that it was given were left out (3), or a replay differs
/// from its record (4).
const TOLD: [i32; 2] = [3, 4];

/// Runs the program `rank` on what the caller gives it, or on the bundled data.
pub(crate) fn run(args: &[String]) -> Outcome<ExitCode> {
    let library = setup::run();
    let features = features(args);
    if features.contains(&"documents") {
        // Without it, PDF files are read by what is compiled in.
        let _ = pdfium::run();
    }
    let mut run = Command::new(env!("CARGO"));
    run.args(["run", "--quiet", "--profile", "first", "--package", "rank"]);
    run.args(["--no-default-features", "--features", &features.join(",")]);
    run.arg("--").args(args);
    if let Some(library) = library {
        run.env(setup::LIBRARY, library);
    }
    say("building (the first time takes some minutes)");
    match run.status()?.code() {
        Some(0) => Ok(ExitCode::SUCCESS),
        Some(code) if TOLD.contains(&code) => Ok(ExitCode::from(code.to_le_bytes()[0])),
        _ => Err("the program `rank` failed".into()),
    }
}

/// What these arguments need: each feature compiles crates that other rankings do without.
fn features(args: &[String]) -> Vec<&'static str> {
    let mut features = Vec::new();
    match value(args, "--profiles").map(Path::new) {
        Some(folder) if folder.is_dir() => features.push("documents"),
        Some(_) => features.push("facts"),
        None if args
            .iter()
            .any(|arg| arg.ends_with(".csv") || arg.ends_with(".gz")) =>
        {
            features.push("tables");
        }
        None => {}
    }
    if value(args, "--preferences").is_some() {
        features.push("feedback");
    }
    features
}

/// What is given for an option, as `--option value` or `--option=value`.
fn value<'a>(args: &'a [String], option: &str) -> Option<&'a str> {
    let mut args = args.iter().map(String::as_str);
    let named = args.find_map(|arg| {
        arg.strip_prefix(option)
            .filter(|rest| rest.is_empty() || rest.starts_with('='))
    })?;
    match named.strip_prefix('=') {
        Some(value) => Some(value),
        None => args.next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_is_compiled() {
        let args = |line: &str| line.split(' ').map(String::from).collect::<Vec<_>>();
        assert!(features(&args("--top 3")).is_empty());
        assert!(features(&[]).is_empty());
        for line in ["--preferences p.jsonl", "--preferences=p.jsonl"] {
            assert_eq!(features(&args(line)), ["feedback"]);
        }
        assert_eq!(features(&args("--profiles no-folder.jsonl")), ["facts"]);
        assert_eq!(features(&args("--job j.jsonl.gz")), ["tables"]);
        let folder = format!("--profiles={}", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(features(&[folder]), ["documents"]);
    }
}
