//! The libraries as others compile them: without default features, and with each feature alone.
//!
//! Within the workspace, cargo gives a crate every feature that any other crate asks of it, so code
//! that lacks a feature is never compiled there.

use std::fs;
use std::path::Path;

use crate::{Outcome, workspace};

/// One library with at most one feature.
#[derive(Debug, PartialEq)]
pub(crate) struct Combination {
    package: String,
    feature: Option<String>,
}

impl Combination {
    /// Every library of the workspace, first bare, then with each of its features alone.
    ///
    /// # Errors
    ///
    /// Manifests that cannot be read.
    pub(crate) fn all() -> Outcome<Vec<Self>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(workspace().join("crates"))? {
            folders.push(entry?.path());
        }
        folders.sort();
        let mut all = Vec::new();
        for folder in folders {
            all.extend(Self::of(&folder)?);
        }
        Ok(all)
    }

    fn of(folder: &Path) -> Outcome<Vec<Self>> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let manifest = fs::read_to_string(folder.join("Cargo.toml"))?;
        let features = features(&manifest).into_iter().map(Some);
        let combination = |feature: Option<&str>| Self {
            package: name.to_string(),
            feature: feature.map(str::to_owned),
        };
        Ok([None]
            .into_iter()
            .chain(features)
            .map(combination)
            .collect())
    }

    /// What cargo is given for it.
    pub(crate) fn args(&self) -> Vec<&str> {
        let mut args = vec!["--package", &self.package, "--lib", "--no-default-features"];
        if let Some(feature) = &self.feature {
            args.extend(["--features", feature]);
        }
        args
    }

    /// How it is shown.
    pub(crate) fn name(&self) -> String {
        let feature = self.feature.as_deref().unwrap_or("no feature");
        format!("{} with {feature}", self.package)
    }
}

/// The names in the section `[features]` of a manifest, without `default`.
fn features(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().map(str::trim);
    let section = lines.skip_while(|line| *line != "[features]").skip(1);
    let section = section.take_while(|line| !line.starts_with('['));
    let names = section.filter_map(|line| Some(line.split_once('=')?.0.trim()));
    names
        .filter(|name| !name.starts_with('#') && *name != "default")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_from_a_manifest() {
        let manifest = "[package]\nname = \"a\"\n\n[features]\ndefault = [\"log\"]\n# A comment = 1.\n\
                        log = [\n  \"dep:csv\",\n]\nbare = []\n\n[dependencies]\nserde = \"1\"\n";
        assert_eq!(features(manifest), ["log", "bare"]);
        assert!(features("[package]\nname = \"a\"\n").is_empty());
    }

    #[test]
    fn every_library_is_there_with_its_features() {
        let all = Combination::all().unwrap();
        let bare = |combination: &&Combination| combination.feature.is_none();
        let libraries = fs::read_dir(workspace().join("crates")).unwrap().count();
        assert_eq!(all.iter().filter(bare).count(), libraries);
        let tract = all
            .iter()
            .find(|combination| combination.name() == "ranker with tract");
        let args = [
            "--package",
            "ranker",
            "--lib",
            "--no-default-features",
            "--features",
            "tract",
        ];
        assert_eq!(tract.unwrap().args(), args);
    }
}
