//! The rows of a saved index, in the order of its file: their numbers and the hashes of their texts.

use std::path::Path;

use crate::error::FileError;
use crate::file::{self, Cursor, Kind, Sections, Tag};

/// A row's number and the hash of its text.
pub(super) type Line = (u64, u64);

pub(super) fn write(path: &Path, lines: impl Iterator<Item = Line>) -> Result<(), FileError> {
    let mut bytes = Vec::new();
    for (row, hash) in lines {
        bytes.extend(row.to_le_bytes());
        bytes.extend(hash.to_le_bytes());
    }
    file::write(path, &file::encode(Kind::Roster, &[(Tag::Roster, bytes)]))
}

pub(super) fn read(path: &Path) -> Result<Vec<Line>, FileError> {
    let bytes = file::read(path)?;
    let sections = Sections::parse(&bytes, Kind::Roster, path)?;
    sections.decode(Tag::Roster, decode)
}

fn decode(bytes: &[u8]) -> Result<Vec<Line>, &'static str> {
    let mut lines = Vec::with_capacity(bytes.len() / 16);
    let mut body = Cursor::new(bytes);
    while !body.rest().is_empty() {
        lines.push((body.u64()?, body.u64()?));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_or_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("roster");
        let lines = [(0, 7), (9, u64::MAX), (4, 0)];
        write(&path, lines.into_iter()).unwrap();
        assert_eq!(read(&path).unwrap(), lines);
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            assert!(read(&path).is_err(), "byte {at}");
        }
        assert!(decode(&[0; 15]).is_err());
    }
}
