//! Fuzzes every reader of foreign bytes for some seconds, with the stable compiler.
//!
//! libFuzzer needs the compiler's coverage counters, which the stable compiler can insert. It does
//! not need a sanitizer, which only a nightly compiler has: what is found are panics, failed
//! assertions, overflows, endless loops and unbounded memory, not undefined behaviour.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, say, workspace};

const USAGE: &str = "usage: cargo xtask fuzz [--seconds N] [TARGET...]";

/// What tells libFuzzer which branches an input takes, and what its comparisons compared.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                        -Cllvm-args=-sanitizer-coverage-pc-table \
                        -Cllvm-args=-sanitizer-coverage-trace-compares";

/// An input that takes longer is a finding; so is one that takes more memory.
const TIMEOUT_SECONDS: u64 = 30;
const MEMORY_MB: u64 = 4096;

/// Builds the targets, runs each, and closes with a table; a finding is an error.
pub(crate) fn run(args: &[String]) -> Outcome {
    let options = Options::parse(args)?;
    let host = host()?;
    say("building the fuzz targets (the first time takes some minutes)");
    build(&host)?;
    let mut reports = Vec::new();
    for target in options.targets {
        say(&format!("{target}: {} seconds", options.seconds));
        let folders = Folders::of(&target)?;
        let binary = folders.built.join(&host).join("release").join(&target);
        let output = fuzz(&binary, &folders, options.seconds).output()?;
        let log = String::from_utf8_lossy(&output.stderr);
        let report = Report::read(&target, &log, output.status.success());
        if !report.sound {
            say(&format!("{target} found something:\n{}", tail(&log)));
        }
        reports.push(report);
    }
    close(&reports)
}

struct Options {
    seconds: u64,
    targets: Vec<String>,
}

impl Options {
    fn parse(args: &[String]) -> Outcome<Self> {
        let all = targets(&fs::read_to_string(workspace().join("fuzz/Cargo.toml"))?);
        let (mut seconds, mut targets) = (60, Vec::new());
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--seconds" => seconds = args.next().ok_or(USAGE)?.parse()?,
                name if all.iter().any(|target| target == name) => targets.push(name.to_owned()),
                _ => return Err(format!("{USAGE}\ntargets: {}", all.join(", ")).into()),
            }
        }
        let targets = if targets.is_empty() { all } else { targets };
        Ok(Self { seconds, targets })
    }
}

/// The names of the binaries in a manifest.
fn targets(manifest: &str) -> Vec<String> {
    let binaries = manifest.split("[[bin]]").skip(1);
    let name = |binary: &str| {
        let name = binary
            .lines()
            .find_map(|line| line.strip_prefix("name = "))?;
        Some(name.trim_matches('"').to_owned())
    };
    binaries.filter_map(name).collect()
}

/// Where a target's files lie.
struct Folders {
    built: PathBuf,
    /// Committed: an input for each thing that the target can be given.
    seeds: PathBuf,
    /// What libFuzzer found worth keeping, also from earlier runs.
    corpus: PathBuf,
    /// Inputs that made the target fail.
    findings: PathBuf,
}

impl Folders {
    fn of(target: &str) -> Outcome<Self> {
        let built = workspace().join("target/fuzz");
        let folders = Self {
            seeds: workspace().join("fuzz/seeds").join(target),
            corpus: built.join("corpus").join(target),
            findings: built.join("findings").join(target),
            built,
        };
        fs::create_dir_all(&folders.corpus)?;
        fs::create_dir_all(&folders.findings)?;
        Ok(folders)
    }
}

/// The triple of this machine. Naming it keeps the counters out of build scripts and macros.
fn host() -> Outcome<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).arg("-vV").output()?;
    let version = String::from_utf8(output.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc -vV names no host")?.to_owned())
}

fn build(host: &str) -> Outcome {
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(workspace().join("fuzz"));
    build.args(["build", "--release", "--bins", "--target", host]);
    build.args(["--target-dir", "../target/fuzz"]);
    if build.env("RUSTFLAGS", COVERAGE).status()?.success() {
        Ok(())
    } else {
        Err("the fuzz targets were not built (libFuzzer needs a C++ compiler): see above".into())
    }
}

fn fuzz(binary: &Path, folders: &Folders, seconds: u64) -> Command {
    let mut run = Command::new(binary);
    run.arg(format!("-max_total_time={seconds}"));
    run.arg(format!("-timeout={TIMEOUT_SECONDS}"));
    run.arg(format!("-rss_limit_mb={MEMORY_MB}"));
    run.arg(format!("-artifact_prefix={}/", folders.findings.display()));
    run.arg("-print_final_stats=1").arg(&folders.corpus);
    if folders.seeds.is_dir() {
        run.arg(&folders.seeds);
    }
    run
}

/// What a run did.
#[derive(Debug, PartialEq)]
struct Report {
    target: String,
    executions: u64,
    /// Places in the code that some input reached.
    covered: u64,
    sound: bool,
}

impl Report {
    /// Reads libFuzzer's log: `#4096 pulse cov: 120 ft: 300 ...`, `stat::number_of_executed_units: 9`.
    fn read(target: &str, log: &str, sound: bool) -> Self {
        let after = |line: &str, key: &str| -> Option<u64> {
            let rest = line.split_once(key)?.1.trim_start();
            rest.split(' ').next()?.parse().ok()
        };
        let last = |key| log.lines().rev().find_map(|line| after(line, key));
        Self {
            target: target.to_owned(),
            executions: last("stat::number_of_executed_units:").unwrap_or(0),
            covered: last(" cov: ").unwrap_or(0),
            sound,
        }
    }
}

/// The end of a log, where the failure stands.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let start = lines.len().saturating_sub(25);
    lines.get(start..).unwrap_or_default().join("\n")
}

fn close(reports: &[Report]) -> Outcome {
    say(&format!(
        "{:<16} {:>12} {:>9}  outcome",
        "target", "executions", "covered"
    ));
    for Report {
        target,
        executions,
        covered,
        sound,
    } in reports
    {
        let outcome = if *sound {
            "nothing found"
        } else {
            "FAILED: see target/fuzz/findings"
        };
        say(&format!(
            "{target:<16} {executions:>12} {covered:>9}  {outcome}"
        ));
    }
    if reports.iter().all(|report| report.sound) {
        Ok(())
    } else {
        Err("fuzzing found inputs that fail".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_a_binary_of_the_manifest_with_its_file() {
        let fuzz = workspace().join("fuzz");
        let targets = targets(&fs::read_to_string(fuzz.join("Cargo.toml")).unwrap());
        let files = fs::read_dir(fuzz.join("fuzz_targets")).unwrap().count();
        assert_eq!(targets.len(), files);
        for target in targets {
            let file = fuzz.join("fuzz_targets").join(format!("{target}.rs"));
            assert!(file.is_file(), "{target}");
        }
    }

    #[test]
    fn a_log_is_read() {
        let log = "#2 INITED cov: 12 ft: 13\n#4096 pulse  cov: 120 ft: 300 corp: 9/20b\nDone 9 runs\n\
                   stat::number_of_executed_units: 4099\nstat::peak_rss_mb: 90\n";
        let report = Report::read("index_file", log, true);
        assert_eq!((report.executions, report.covered), (4099, 120));
        assert_eq!(Report::read("index_file", "", false).executions, 0);
    }
}
