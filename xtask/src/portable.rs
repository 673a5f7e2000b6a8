//! The libraries' tests on another architecture: built for aarch64, and run by an emulator.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::test::Sum;
use crate::{Outcome, workspace};

const USAGE: &str =
    "usage: cargo xtask portable [--rustc PATH] [--linker PATH] [--emulator PATH] [PACKAGE...]";

/// The architecture, as the compiler and as cargo's variables name it.
const TARGET: &str = "aarch64-unknown-linux-gnu";
const VARIABLE: &str = "AARCH64_UNKNOWN_LINUX_GNU";

/// Where Debian's cross-compilers keep the libraries of the architecture.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

/// Kernels first, then what reads and maps files, then what computes, then the rest.
const PACKAGES: [&str; 15] = [
    "ranker-encoder",
    "ranker-retrieve",
    "ranker-core",
    "ranker-lora",
    "ranker",
    "ranker-embed",
    "ranker-score",
    "ranker-rlhf",
    "ranker-folder",
    "ranker-xai",
    "ranker-expand",
    "ranker-ingest",
    "ranker-eval",
    "ranker-engines",
    "ranker-http",
];

/// Tests that an emulator of one process cannot run.
const LEFT_OUT: [&str; 19] = [
    // A hundred texts in many batches take more than a quarter of an hour. That products do not depend on what is computed
    // beside them, the kernels' own tests say.
    "a_text_does_not_depend_on_its_batch_nor_on_threads",
    // Calls are held to a time that the emulator does not keep.
    "a_sound_retriever_passes",
    "every_fault_is_found_and_named",
    "elastic::a_lossy_graph_conforms",
    "elastic::elasticsearch_conforms",
    "elastic::opensearch_conforms",
    // They start a program of that architecture, which the kernel cannot run without the emulator.
    "nothing_acknowledged_is_lost_by_kill_9",
    "processes_share_a_log",
    "files_that_grow_too_large_leave_the_old_ones",
    "killed_a_few_times_it_ends_with_the_same_bytes",
    "a_place_without_a_library_says_so",
    "pdf::a_library_that_is_none_is_named",
    "pdf::bold_letters_that_are_drawn_twice_are_read_once",
    "pdf::pages_become_lines",
    "pdf::what_has_no_text_is_named",
    "pdf::without_an_engine_it_is_said",
    "worker::a_worker_without_memory_costs_its_document_only",
    "worker::many_threads_read_at_once",
    "worker::workers_read_what_this_process_reads",
];

/// Runs the tests of all libraries, or of those that are named; closes with the sum.
pub(crate) fn run(args: &[String]) -> Outcome {
    let tools = Tools::parse(args)?;
    tools.check()?;
    let mut sum = Sum::default();
    for package in &tools.packages {
        sum.run(
            &format!("{package} on {TARGET}"),
            tools.tests(package),
            None,
        )?;
    }
    sum.close()
}

/// What builds and runs, and for which packages.
#[derive(Debug, PartialEq)]
struct Tools {
    rustc: PathBuf,
    linker: PathBuf,
    emulator: PathBuf,
    packages: Vec<String>,
}

impl Tools {
    fn parse(args: &[String]) -> Outcome<Self> {
        let mut tools = Self {
            rustc: std::env::var_os("RUSTC").unwrap_or("rustc".into()).into(),
            linker: "aarch64-linux-gnu-gcc".into(),
            emulator: "qemu-aarch64".into(),
            packages: Vec::new(),
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let path = match arg.as_str() {
                "--rustc" => &mut tools.rustc,
                "--linker" => &mut tools.linker,
                "--emulator" => &mut tools.emulator,
                name if PACKAGES.contains(&name) => {
                    tools.packages.push(name.to_owned());
                    continue;
                }
                _ => return Err(format!("{USAGE}\npackages: {}", PACKAGES.join(", ")).into()),
            };
            *path = args.next().ok_or(USAGE)?.into();
        }
        if tools.packages.is_empty() {
            tools.packages = PACKAGES.map(str::to_owned).to_vec();
        }
        Ok(tools)
    }

    /// Says everything that is missing at once, and how to get it.
    fn check(&self) -> Outcome {
        let mut missing = Vec::new();
        if !self.has_library() {
            missing.push(format!(
                "{} has no standard library of {TARGET}: `rustup target add {TARGET}`, or name a compiler that has \
                 one by `--rustc` (Debian's rustc-web with libstd-rust-web-dev of amd64 and arm64, unpacked beside \
                 by `dpkg -x`, since it conflicts with rustup)",
                self.rustc.display()
            ));
        }
        for (program, option, package) in [
            (
                &self.linker,
                "--linker",
                "gcc-aarch64-linux-gnu and libc6-dev-arm64-cross",
            ),
            (&self.emulator, "--emulator", "qemu-user"),
        ] {
            if !runs(program) {
                let program = program.display();
                missing.push(format!(
                    "{program} cannot be run: install Debian's {package}, or name one by `{option}`"
                ));
            }
        }
        match missing.as_slice() {
            [] => Ok(()),
            _ => Err(missing.join("\n").into()),
        }
    }

    fn has_library(&self) -> bool {
        let mut rustc = Command::new(&self.rustc);
        rustc.args(["--print", "target-libdir", "--target", TARGET]);
        let Ok(output) = rustc.stderr(Stdio::null()).output() else {
            return false;
        };
        let folder = String::from_utf8_lossy(&output.stdout);
        Path::new(folder.trim()).is_dir()
    }

    /// The tests of a package, but for those in its documentation, which need not be run twice.
    fn tests(&self, package: &str) -> Command {
        let folder = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let folder = folder.unwrap_or_else(|| workspace().join("target"));
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(workspace());
        cargo.args(["test", "--tests", "--all-features", "--no-fail-fast"]);
        cargo.args(["--target", TARGET, "--package", package, "--target-dir"]);
        cargo.arg(folder.join("portable"));
        cargo
            .arg("--")
            .args(LEFT_OUT.iter().flat_map(|test| ["--skip", test]));
        cargo.env("RUSTC", &self.rustc);
        cargo.env(format!("CARGO_TARGET_{VARIABLE}_LINKER"), &self.linker);
        cargo.env(format!("CC_{}", TARGET.replace('-', "_")), &self.linker);
        let runner = format!("{} -L {LIBRARIES}", self.emulator.display());
        cargo.env(format!("CARGO_TARGET_{VARIABLE}_RUNNER"), runner);
        // A library of this machine's architecture is none there.
        cargo.env_remove(crate::setup::LIBRARY);
        cargo
    }
}

fn runs(program: &Path) -> bool {
    let mut version = Command::new(program);
    version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_and_packages_are_read_from_arguments() {
        let args = |line: &str| line.split(' ').map(String::from).collect::<Vec<_>>();
        let tools = Tools::parse(&args("--rustc /r --emulator /q ranker-core")).unwrap();
        assert_eq!((tools.rustc, tools.emulator), ("/r".into(), "/q".into()));
        assert_eq!(tools.packages, ["ranker-core"]);
        assert_eq!(Tools::parse(&[]).unwrap().packages, PACKAGES);
        assert!(Tools::parse(&args("--rustc")).is_err());
        assert!(Tools::parse(&args("xtask")).is_err());
    }

    #[test]
    fn every_library_is_tested() {
        let mut libraries: Vec<String> = std::fs::read_dir(workspace().join("crates"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        libraries.sort();
        let mut packages = PACKAGES.map(str::to_owned).to_vec();
        packages.sort();
        assert_eq!(packages, libraries);
    }

    #[test]
    fn what_is_missing_is_said_at_once() {
        let none = PathBuf::from("no-such-program");
        let tools = Tools {
            rustc: none.clone(),
            linker: none.clone(),
            emulator: none,
            packages: Vec::new(),
        };
        let error = tools.check().unwrap_err().to_string();
        for named in ["rustup target add", "gcc-aarch64-linux-gnu", "qemu-user"] {
            assert!(error.contains(named), "{error}");
        }
    }
}
