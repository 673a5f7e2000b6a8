//! Why a model folder could not be read.

use std::path::{Path, PathBuf};

use ranker_core::BoxError;

/// Why a model folder could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file of the model folder is missing or cannot be read.
    #[error("{} cannot be read: is the model folder complete?", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file of the model folder cannot be written.
    #[error("{} cannot be written", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file of the model folder is damaged, or does not fit the others.
    #[error("{} is damaged or does not fit this model", .path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// The folder requires something that would change the embeddings and is not implemented.
    #[error("{} asks for {what}, which is not supported", .path.display())]
    Unsupported {
        /// The file that requires it.
        path: PathBuf,
        /// What it requires.
        what: String,
    },
}

impl FolderError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Read {
            path: path.to_path_buf(),
            source,
        }
    }

    pub(crate) fn invalid<E: Into<BoxError>>(path: &Path) -> impl FnOnce(E) -> Self {
        move |source| Self::Invalid {
            path: path.to_path_buf(),
            source: source.into(),
        }
    }
}
