//! What lies on the disk.

use std::path::Path;

use ranker_examples::{Outcome, bytes_of};

/// The parts of a directory and their megabytes, in the order of their names; a part that is a
/// directory with all that it holds.
pub(crate) fn disk_mb(directory: &Path) -> Outcome<Vec<(String, f64)>> {
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let bytes = bytes_of(&entry.path())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        parts.push((name, bytes as f64 / 1e6));
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(parts)
}
