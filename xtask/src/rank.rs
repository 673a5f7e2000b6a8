//! The first command: set up, build what the ranking needs, rank.

use std::process::Command;

use crate::{Outcome, say, setup};

/// Runs the program `rank` on what the caller gives it, or on the bundled data.
pub(crate) fn run(args: &[String]) -> Outcome {
    let library = setup::run();
    let features = features(args, library.is_none());
    let mut run = Command::new(env!("CARGO"));
    run.args(["run", "--quiet", "--profile", "first", "--package", "rank"]);
    run.args(["--no-default-features", "--features", &features.join(",")]);
    run.arg("--").args(args);
    if let Some(library) = library {
        run.env(setup::LIBRARY, library);
    }
    say("building (the first time takes some minutes)");
    if run.status()?.success() {
        Ok(())
    } else {
        Err("the program `rank` failed".into())
    }
}

/// What these arguments need: each feature compiles crates that other rankings do without.
fn features(args: &[String], no_library: bool) -> Vec<&'static str> {
    let learns = |arg: &String| arg == "--preferences" || arg.starts_with("--preferences=");
    let mut features = Vec::new();
    if args.iter().any(learns) {
        features.push("feedback");
    }
    if no_library {
        features.push("tract");
    }
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_is_compiled() {
        let args = |line: &str| line.split(' ').map(String::from).collect::<Vec<_>>();
        assert!(features(&args("--top 3"), false).is_empty());
        assert_eq!(
            features(&args("--preferences p.jsonl"), false),
            ["feedback"]
        );
        assert_eq!(
            features(&args("--preferences=p.jsonl"), true),
            ["feedback", "tract"]
        );
        assert_eq!(features(&[], true), ["tract"]);
    }
}
