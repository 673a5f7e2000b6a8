//! A new project that depends on the packages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::Packages;
use crate::{Outcome, workspace};

/// A project of one program, with a folder of its own for what is built.
pub(super) struct Project {
    folder: PathBuf,
    name: String,
    /// What is built.
    target: PathBuf,
}

impl Project {
    /// Writes a project with these dependencies and this program.
    pub(super) fn new(
        packages: &Packages,
        name: &str,
        dependencies: &str,
        main: &str,
    ) -> Outcome<Self> {
        let folder = packages.folder.join(name);
        let mut manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{dependencies}\n[patch.crates-io]\n"
        );
        for (name, path) in &packages.all {
            manifest += &format!("{name} = {{ path = '{}' }}\n", path.display());
        }
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/main.rs"), main)?;
        let project = Self {
            target: folder.join("target"),
            folder,
            name: name.to_owned(),
        };
        project.cargo(&["fetch", "--quiet"])?;
        Ok(project)
    }

    /// The same, going on from what another project has built.
    pub(super) fn after(mut self, other: &Self) -> Self {
        self.target.clone_from(&other.target);
        self
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn binary(&self) -> PathBuf {
        let name = format!("{}{}", self.name, std::env::consts::EXE_SUFFIX);
        self.target.join("debug").join(name)
    }

    pub(super) fn remove(&self) -> Outcome {
        Ok(fs::remove_dir_all(&self.folder)?)
    }

    /// Builds it and says what that took: processor seconds where the system counts them, else seconds.
    pub(super) fn build(&self) -> Outcome<String> {
        let (start, before) = (Instant::now(), processor_seconds());
        self.cargo(&["build", "--quiet"])?;
        Ok(match (before, processor_seconds()) {
            (Some(before), Some(after)) => format!("{:.0}", after - before),
            _ => format!("{:.0} (by the clock)", start.elapsed().as_secs_f64()),
        })
    }

    /// How many crates are compiled into it, with build scripts and macros.
    pub(super) fn crates(&self) -> Outcome<usize> {
        let tree = self.cargo(&["tree", "--edges", "normal,build", "--prefix", "none"])?;
        let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
        let crates: BTreeSet<&str> = lines.filter(|line| !line.is_empty()).collect();
        Ok(crates.len() - 1)
    }

    /// That nothing in it comes from this repository.
    pub(super) fn is_elsewhere(&self) -> Outcome {
        let metadata = self.cargo(&["metadata", "--quiet", "--format-version", "1"])?;
        let here = workspace().canonicalize()?;
        match metadata.contains(&format!("{}", here.display())) {
            true => Err("the new project depends on a path in this repository".into()),
            false => Ok(()),
        }
    }

    fn cargo(&self, args: &[&str]) -> Outcome<String> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(args).current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", &self.target);
        let output = cargo.output()?;
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout)?),
            false => {
                let told = String::from_utf8_lossy(&output.stderr);
                Err(format!("cargo {} in a new project:\n{told}", args.join(" ")).into())
            }
        }
    }
}

/// What the processes that this one has waited for took of the processors, user and system.
fn processor_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    children_seconds(&stat)
}

/// The fields `cutime` and `cstime` of `/proc/PID/stat`, which count in hundredths of a second.
fn children_seconds(stat: &str) -> Option<f64> {
    // The name before them may hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(13)? + ticks(14)?) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_of_children_are_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 95 5 0 0 11 12 250 50 20 0 1 0 5 0 0";
        assert_eq!(children_seconds(stat), Some(3.0));
        assert_eq!(children_seconds("7 (a) S 1"), None);
    }
}
