//! The id under which embeddings are kept apart.

use std::fs::File;
use std::path::{Path, PathBuf};

use blake3::Hasher;
use ranker_encoder::Precision;
use ranker_folder::FolderError;

/// Digits of the hash in an id: 64 bits, so that two models by chance never share one.
const DIGITS: usize = 16;

/// The files that a model's embeddings depend on.
#[derive(Debug, Clone)]
pub(crate) struct Files<'a> {
    pub(crate) model: &'a Path,
    pub(crate) tokenizer: &'a Path,
    /// Weights behind the encoder.
    pub(crate) modules: Vec<PathBuf>,
}

/// Names a model by its folder's name and a hash of all that its embeddings depend on.
///
/// `settings` are what, beside the files, changes an embedding. The engine is not among them: the
/// engines agree, and an index made under one is searched under another.
pub(crate) fn model_id(
    name: &str,
    files: &Files<'_>,
    settings: &[&str],
) -> Result<String, FolderError> {
    let mut all = vec![files.model.to_path_buf(), files.tokenizer.to_path_buf()];
    all.extend(external_data(files.model));
    all.extend(files.modules.iter().cloned());
    of_files(name, &all, settings)
}

/// Names a model by a hash of these files.
pub(crate) fn of_files(
    name: &str,
    files: &[PathBuf],
    settings: &[&str],
) -> Result<String, FolderError> {
    let mut hasher = Hasher::new();
    for file in files {
        hasher.update(&digest(file)?);
    }
    Ok(named(name, hasher, settings))
}

/// Names a model by a hash of its content.
pub(crate) fn content_id(name: &str, content: &[u8], settings: &[&str]) -> String {
    let mut hasher = Hasher::new();
    hasher.update(content);
    named(name, hasher, settings)
}

/// The setting that keeps embeddings of another precision apart; none of exact ones.
pub(crate) fn of_precision(precision: Precision) -> Option<&'static str> {
    match precision {
        Precision::Exact => None,
        // Whoever changes how codes are made makes a new name.
        _ => Some("8 bits, a span a token, a scale an output"),
    }
}

/// Names a model of which there are no files here.
#[cfg(feature = "api")]
pub(crate) fn settings_id(name: &str, settings: &[&str]) -> String {
    named(name, Hasher::new(), settings)
}

fn named(name: &str, mut hasher: Hasher, settings: &[&str]) -> String {
    for setting in settings {
        // The length before each, so that no two lists read the same.
        hasher.update(&(setting.len() as u64).to_le_bytes());
        hasher.update(setting.as_bytes());
    }
    let hash = hasher.finalize().to_hex();
    format!("{name}@{}", &hash[..DIGITS])
}

fn digest(path: &Path) -> Result<[u8; 32], FolderError> {
    let mut hasher = Hasher::new();
    File::open(path)
        .and_then(|file| hasher.update_reader(file).map(|_| ()))
        .map_err(|source| FolderError::Read {
            path: path.to_path_buf(),
            source,
        })?;
    Ok(*hasher.finalize().as_bytes())
}

/// The weights that a large model keeps beside its graph, under the usual names: `model.onnx_data`,
/// `model.onnx_data_1`, `model.onnx.data`.
pub(crate) fn external_data(model: &Path) -> Vec<PathBuf> {
    let Some((folder, name)) = model.parent().zip(model.file_name()) else {
        return Vec::new();
    };
    let name = name.to_string_lossy();
    let is_data = |file: &str| {
        let rest = file.strip_prefix(&*name);
        rest.is_some_and(|rest| rest.starts_with("_data") || rest.starts_with(".data"))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| is_data(&entry.file_name().to_string_lossy()));
    let mut files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_changes_the_id() {
        let folder = tempfile::tempdir().unwrap();
        let (model, tokenizer) = (folder.path().join("m.onnx"), folder.path().join("t.json"));
        let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
        write(&model, "graph");
        write(&tokenizer, "words");
        let files = |modules: &[PathBuf]| Files {
            model: &model,
            tokenizer: &tokenizer,
            modules: modules.to_vec(),
        };
        let id = |settings: &[&str]| model_id("name", &files(&[]), settings).unwrap();
        let mut seen = vec![id(&["mean", ""]), id(&["", "mean"]), id(&["mean"])];
        assert!(seen[0].starts_with("name@") && seen[0].len() == 5 + DIGITS);
        write(&tokenizer, "other words");
        seen.push(id(&["mean", ""]));
        write(&folder.path().join("m.onnx_data"), "weights");
        seen.push(id(&["mean", ""]));
        write(&model, "another graph");
        seen.push(id(&["mean", ""]));
        write(&folder.path().join("m.onnx_data_1"), "more weights");
        seen.push(id(&["mean", ""]));
        let dense = folder.path().join("dense");
        write(&dense, "a module");
        let with = files(std::slice::from_ref(&dense));
        seen.push(model_id("name", &with, &["mean", ""]).unwrap());
        let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "{seen:?}");

        let missing = folder.path().join("gone");
        let of = Files {
            model: &missing,
            ..files(&[])
        };
        let refused = model_id("name", &of, &[]);
        assert!(matches!(refused, Err(FolderError::Read { path, .. }) if path == missing));
    }
}
