//! What can be wrong with a cache file.

use std::path::PathBuf;

use ranker_core::BoxError;

/// What is wrong with a cache's file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// It cannot be opened: no permission, no such folder, or in use by another process.
    #[error("cache {} cannot be opened", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: BoxError,
    },
    /// It is no cache, or one of a format that this version does not know. It was left as it is.
    #[error("{} is not an embedding cache of this version: name another file", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It is damaged. What it held can be computed again.
    #[error("cache {} is damaged: delete it", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// It could not be read or written; the disk may be full.
    #[error("cache {} cannot be read or written", .path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: BoxError,
    },
}
