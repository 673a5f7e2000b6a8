//! Reading the folder's JSON files.

use std::io::ErrorKind;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::LoadError;

/// Reads a file that must be there.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let bytes = std::fs::read(path).map_err(|source| LoadError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    serde_json::from_slice(&bytes).map_err(|e| LoadError::Invalid {
        path: path.to_path_buf(),
        source: e.into(),
    })
}

/// Reads a file that a folder may do without.
pub(super) fn read_if_present<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, LoadError> {
    match read(path) {
        Ok(value) => Ok(Some(value)),
        Err(LoadError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
