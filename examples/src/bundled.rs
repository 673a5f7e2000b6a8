//! Where the files of this repository lie.

use std::path::{Path, PathBuf};

use ranker_lora::{Precision, merge_folder};

use crate::Outcome;

/// The adapter for jobs and profiles.
const JOBS: &str = "jobs-MiniLM-L6";

/// The folder of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    // The examples' folder lies in the workspace's; canonical paths read better in messages.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// A file of the bundled data, such as `profiles.jsonl`.
#[must_use]
pub fn data(file: &str) -> PathBuf {
    workspace().join("data/bundled").join(file)
}

/// The folder of the bundled general encoder.
#[must_use]
pub fn model() -> PathBuf {
    workspace().join("models/all-MiniLM-L6-v2")
}

/// The folder of the encoder for jobs and profiles: the bundled adapter merged into [`model`], which
/// the first call does.
///
/// # Errors
///
/// A folder that cannot be written.
pub fn encoder() -> Outcome<PathBuf> {
    let adapter = workspace().join("models").join(JOBS);
    let merged = target("models").join(JOBS);
    merge_folder(model(), adapter, &merged, Precision::Int8)?;
    Ok(merged)
}

/// The table of occupations of [`encoder`].
#[must_use]
pub fn occupations() -> PathBuf {
    workspace()
        .join("models")
        .join(JOBS)
        .join("occupations.json")
}

/// A file in the folder for what is built, which may be deleted at any time.
#[must_use]
pub fn target(file: &str) -> PathBuf {
    workspace().join("target").join(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_files_are_there() {
        for file in [
            "job.txt",
            "jobs.jsonl",
            "profiles.jsonl",
            "preferences.jsonl",
        ] {
            assert!(data(file).is_file(), "{file}");
        }
        assert!(model().join("model.onnx").is_file());
    }
}
