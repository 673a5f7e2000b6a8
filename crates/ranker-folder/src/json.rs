//! Reading the folder's JSON files.

use std::io::ErrorKind;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::FolderError;

/// Reads a file that must be there.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, FolderError> {
    let bytes = std::fs::read(path).map_err(FolderError::read(path))?;
    serde_json::from_slice(&bytes).map_err(FolderError::invalid(path))
}

/// Reads a file that a folder may do without.
pub(crate) fn read_if_present<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, FolderError> {
    match read(path) {
        Ok(value) => Ok(Some(value)),
        Err(FolderError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
