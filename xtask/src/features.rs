//! The libraries as others compile them: without default features, and with each feature alone.
//!
//! Within the workspace, cargo gives a crate every feature that any other crate asks of it, so code
//! that lacks a feature is never compiled there.

use std::fs;
use std::path::Path;

use crate::{Outcome, workspace};

/// The facade, which passes features on to the other libraries.
const FACADE: &str = "ranker";

/// What one call of cargo checks: libraries, each with at most one feature of its own.
#[derive(Debug, PartialEq)]
pub(crate) struct Combination {
    libraries: Vec<(String, Option<String>)>,
}

impl Combination {
    /// All libraries bare, then with each of their features alone.
    ///
    /// Libraries share a call, which saves checking what they depend on in many variants; only the facade
    /// has its calls for itself, since its features are the others' too. Those that its code does not name
    /// only pass on what the others were checked with.
    ///
    /// # Errors
    ///
    /// Manifests that cannot be read.
    pub(crate) fn all() -> Outcome<Vec<Self>> {
        let (mut facade, mut others, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        let mut folders = Vec::new();
        for entry in fs::read_dir(workspace().join("crates"))? {
            folders.push(entry?.path());
        }
        folders.sort();
        for folder in folders {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let manifest = fs::read_to_string(folder.join("Cargo.toml"))?;
            let code = match name == FACADE {
                true => code(&folder.join("src"))?,
                false => String::new(),
            };
            bare.push((name.to_string(), None));
            for (at, feature) in features(&manifest).into_iter().enumerate() {
                let library = (name.to_string(), Some(feature.to_owned()));
                if name == FACADE {
                    if code.contains(&format!("feature = \"{feature}\"")) {
                        facade.push(vec![library]);
                    }
                    continue;
                }
                if others.len() == at {
                    others.push(Vec::new());
                }
                others[at].push(library);
            }
        }
        let all = std::iter::once(bare).chain(others).chain(facade);
        Ok(all.map(|libraries| Self { libraries }).collect())
    }

    /// What cargo is given for it.
    pub(crate) fn args(&self) -> Vec<String> {
        let mut args = vec!["--lib".to_owned(), "--no-default-features".to_owned()];
        for (name, feature) in &self.libraries {
            args.extend(["--package".to_owned(), name.clone()]);
            if let Some(feature) = feature {
                args.extend(["--features".to_owned(), format!("{name}/{feature}")]);
            }
        }
        args
    }

    /// How it is shown.
    pub(crate) fn name(&self) -> String {
        let libraries = self.libraries.iter();
        let names: Vec<String> = libraries
            .map(|(name, feature)| match feature {
                Some(feature) => format!("{name} with {feature}"),
                None => name.clone(),
            })
            .collect();
        let bare = self.libraries.iter().all(|(_, feature)| feature.is_none());
        let bare = if bare { ", without features" } else { "" };
        format!("{}{bare}", names.join(", "))
    }
}

/// All code below a folder.
fn code(folder: &Path) -> Outcome<String> {
    let mut code = String::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        code += &match path.is_dir() {
            true => self::code(&path)?,
            false => fs::read_to_string(&path)?,
        };
    }
    Ok(code)
}

/// The names in the section `[features]` of a manifest, without `default`.
pub(crate) fn features(manifest: &str) -> Vec<&str> {
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
        let libraries = fs::read_dir(workspace().join("crates")).unwrap().count();
        assert_eq!(all[0].libraries.len(), libraries);
        assert!(
            all[0]
                .libraries
                .iter()
                .all(|(_, feature)| feature.is_none())
        );
        let mut each = all.iter();
        let eval = each.find(|combination| combination.name() == "ranker with eval");
        let eval = eval.unwrap();
        let args = ["--lib", "--no-default-features", "--package", "ranker"];
        assert_eq!(eval.args()[..4], args);
        assert_eq!(eval.args()[4..], ["--features", "ranker/eval"]);
        let passed_on = |combination: &Combination| combination.name() == "ranker with qdrant";
        assert!(!all.iter().any(passed_on));
        let with = |library: &str| {
            let named = |combination: &&Combination| combination.name().contains(library);
            all.iter().filter(named).count()
        };
        assert_eq!(with("ranker-retrieve with hnsw"), 1);
        assert_eq!(with("ranker-rlhf with log"), 1);
    }
}
