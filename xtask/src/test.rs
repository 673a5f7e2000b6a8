//! Everything that must hold before a change lands: format, lints, features, docs, tests.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Instant;

use crate::features::Combination;
use crate::{Outcome, api, pdfium, say, servers, setup, workspace};

/// Clippy's own arguments: a warning is an error.
const DENY: [&str; 3] = ["--", "--deny", "warnings"];

/// The tests of all packages, but for those in documentation. Examples without tests are not built: the
/// lints have checked them, and compiling and linking them takes minutes.
const TESTS: [&str; 4] = ["test", "--workspace", "--tests", "--no-fail-fast"];

/// Sets up what the tests need and runs every check; closes with the sum of all tests.
pub(crate) fn run() -> Outcome {
    begin("setup");
    let library = setup::run();
    // Without it the tests of PDF files have nothing to test, which is reported.
    let _ = pdfium::run();
    check("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    let mut clippy = cargo(&["clippy", "--workspace", "--all-targets"]);
    check("lints", clippy.args(DENY))?;
    for combination in Combination::all()? {
        let mut clippy = cargo(&["clippy", "--quiet"]);
        clippy.args(combination.args()).args(DENY);
        check(&format!("lints of {}", combination.name()), &mut clippy)?;
    }
    check("fuzz targets", &mut fuzz_targets())?;
    docs()?;
    begin("public names");
    api::check()?;

    let mut sum = Sum::default();
    let mut tests = cargo(&TESTS);
    // They end with this function. Without one, its tests say that they are skipped.
    let servers = servers::started(&[]);
    tests.envs(servers.iter().map(|server| (server.variable, &server.url)));
    sum.run("tests", tests, library.as_deref())?;
    let doctests = cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]);
    sum.run("doctests", doctests, library.as_deref())?;
    sum.close()
}

/// Builds the documentation of the workspace; a warning is an error.
pub(crate) fn docs() -> Outcome {
    let mut doc = cargo(&["doc", "--workspace", "--no-deps"]);
    check("docs", doc.env("RUSTDOCFLAGS", "--deny warnings"))
}

/// The fuzz targets, a workspace of their own, as far as the compiler checks them.
fn fuzz_targets() -> Command {
    let mut check = cargo(&["check", "--quiet", "--bins"]);
    check.current_dir(workspace().join("fuzz"));
    // The same folder and profile as the workspace's, so that what both depend on is checked once.
    check.args(["--target-dir", "../target"]);
    // Nothing is linked, so libFuzzer need not be compiled, which takes a C++ compiler.
    check.env("CUSTOM_LIBFUZZER_PATH", workspace().join("fuzz/Cargo.toml"));
    check
}

fn cargo(args: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(args).current_dir(workspace());
    cargo
}

/// Says what begins, and how long all before it took.
fn begin(name: &str) {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    say(&format!("{name} (after {} s)", START.elapsed().as_secs()));
}

fn check(name: &str, command: &mut Command) -> Outcome {
    begin(name);
    if command.status()?.success() {
        Ok(())
    } else {
        Err(format!("{name}: see above").into())
    }
}

/// What the test runners counted.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sum {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Sum {
    /// Runs tests, showing their output and adding up their closing lines.
    pub(crate) fn run(
        &mut self,
        name: &str,
        mut tests: Command,
        library: Option<&Path>,
    ) -> Outcome {
        begin(name);
        if let Some(library) = library {
            tests.env(setup::LIBRARY, library);
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

    /// Shows the sum, which is an error where a test failed.
    pub(crate) fn close(self) -> Outcome {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        say_plain(&format!(
            "{passed} passed, {failed} failed, {skipped} skipped"
        ));
        if failed > 0 {
            Err("some tests failed".into())
        } else {
            Ok(())
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
pub(crate) fn say_plain(line: &str) {
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
