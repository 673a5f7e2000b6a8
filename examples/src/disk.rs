//! What lies on the disk.

use std::path::Path;

use crate::Outcome;

/// Bytes of a file, or of all files below a directory.
pub fn bytes_of(path: &Path) -> Outcome<u64> {
    if !path.is_dir() {
        return Ok(std::fs::metadata(path)?.len());
    }
    let entries = std::fs::read_dir(path)?.map(|entry| bytes_of(&entry?.path()));
    entries.sum()
}
