//! Everything that must hold before a change lands: format, lints, docs, tests.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{say, setup, workspace};

/// Sets up what the tests need and runs every check; closes with the sum of all tests.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let library = setup::run();
    check("format", cargo(["fmt", "--all", "--check"]))?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    check("lints", cargo(clippy))?;
    let mut doc = cargo(["doc", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "--deny warnings");
    check("docs", doc)?;

    let mut sum = Sum::default();
    sum.run(
        "tests",
        cargo([
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--examples",
        ]),
        library.as_deref(),
    )?;
    sum.run(
        "doctests",
        cargo(["test", "--workspace", "--doc"]),
        library.as_deref(),
    )?;
    let Sum {
        passed,
        failed,
        skipped,
    } = sum;
    say_plain(&format!(
        "{passed} passed, {failed} failed, {skipped} skipped"
    ));
    if failed > 0 {
        Err("some tests failed".into())
    } else {
        Ok(())
    }
}

fn cargo<const N: usize>(args: [&str; N]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(args).current_dir(workspace());
    cargo
}

fn check(name: &str, mut command: Command) -> Result<(), Box<dyn Error>> {
    say(name);
    if command.status()?.success() {
        Ok(())
    } else {
        Err(format!("{name}: see above").into())
    }
}

/// What the test runners counted.
#[derive(Debug, Default, PartialEq)]
struct Sum {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Sum {
    /// Runs tests, showing their output and adding up their closing lines.
    fn run(
        &mut self,
        name: &str,
        mut tests: Command,
        library: Option<&Path>,
    ) -> Result<(), Box<dyn Error>> {
        say(name);
        tests.arg("--no-fail-fast");
        if let Some(library) = library {
            tests.env("ORT_DYLIB_PATH", library);
        }
        let mut tests = tests.stdout(Stdio::piped()).spawn()?;
        let output = tests
            .stdout
            .take()
            .ok_or("the tests' output is not piped")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            say_plain(&line);
            self.add(&line);
        }
        let succeeded = tests.wait()?.success();
        if succeeded || self.failed > 0 {
            Ok(())
        } else {
            Err(format!("{name} did not run").into())
        }
    }

    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line
            .split_once("test result: ")
            .and_then(|(_, l)| l.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else {
                continue;
            };
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "a program shows what it runs")]
fn say_plain(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_closing_lines() {
        let mut sum = Sum::default();
        sum.add("test result: ok. 19 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out");
        sum.add("test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out");
        sum.add("test passes_and_fails ... ok");
        assert_eq!(
            sum,
            Sum {
                passed: 20,
                failed: 3,
                skipped: 2
            }
        );
    }
}
