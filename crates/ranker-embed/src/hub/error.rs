//! Why a model did not come from a hub.

use std::io;
use std::path::PathBuf;

use ranker_core::BoxError;
use ranker_http::HttpError;

use crate::LoadError;

/// Why a model did not come from a hub.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The hub gave no answer, or an error: also where a model is not there or needs a token.
    #[error(
        "the hub does not give {name}: where the cache has it, `Hub::offline` or a commit as revision asks nobody"
    )]
    Hub {
        /// The model, or its file.
        name: String,
        /// What it said.
        source: Box<HttpError>,
    },
    /// A name that no model, revision or file can have, or that would lead out of the cache.
    #[error("{what} {name:?} is not allowed: {reason}")]
    Name {
        /// What has the name.
        what: &'static str,
        /// The name.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The hub describes the model in another form than its interface's.
    #[error("the hub's description of {model} is not what its interface says: {what}")]
    Shape {
        /// The model.
        model: String,
        /// What is missing.
        what: &'static str,
    },
    /// The model has no weights that an engine of this crate reads.
    #[error("{model} holds none of the files that are needed: {needed}")]
    NoWeights {
        /// The model.
        model: String,
        /// What would be needed.
        needed: &'static str,
    },
    /// A variable of the environment is not usable.
    #[error("the environment variable {variable} names no hub or cache that can be used")]
    Environment {
        /// The variable.
        variable: &'static str,
        /// What is wrong.
        source: BoxError,
    },
    /// The cache lacks the model, and the hub may not be asked.
    #[error("{model} at revision {revision} is not in the cache {}: load it once with a hub", .cache.display())]
    NotCached {
        /// The model.
        model: String,
        /// The revision.
        revision: String,
        /// The cache.
        cache: PathBuf,
    },
    /// What came is not the file: it was deleted, and the next call begins it anew.
    #[error("{file} came with another content than its checksum {expected} says")]
    Checksum {
        /// The file.
        file: String,
        /// SHA-256 of large files, Git's hash of others.
        expected: String,
    },
    /// A file broke off more often than it is tried; what came is kept, and the next call goes on from there.
    #[error("{file} broke off after {received} of {size} bytes: the next call goes on from there")]
    Broken {
        /// The file.
        file: String,
        /// Bytes that are there.
        received: u64,
        /// Its length.
        size: u64,
        /// What happened last.
        source: io::Error,
    },
    /// The cache cannot be written or read.
    #[error("{} of the cache cannot be used", .path.display())]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder came, but no engine of this crate runs it.
    #[error(transparent)]
    Load(#[from] LoadError),
}
