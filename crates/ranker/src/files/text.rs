//! Whole files as text.

use std::fs;
use std::path::Path;

use ranker_core::decode::{Decoded, decode};

use super::FileError;

/// Reads a file as text, whatever its encoding; `what` is looked for in it.
pub(super) fn read(path: &Path, what: &'static str) -> Result<Decoded, FileError> {
    let bytes = fs::read(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })?;
    decode(&bytes, usize::MAX).map_err(|source| FileError::Decode {
        path: path.to_owned(),
        what,
        source,
    })
}

/// Splits a first line that looks like a headline from the rest.
pub(crate) fn titled(text: &str) -> (String, String) {
    const LONGEST_TITLE: usize = 100;
    let text = text.trim();
    match text.split_once('\n') {
        Some((first, rest)) if first.chars().count() <= LONGEST_TITLE => (
            first.trim_start_matches('#').trim().to_owned(),
            rest.trim().to_owned(),
        ),
        _ => (String::new(), text.to_owned()),
    }
}
