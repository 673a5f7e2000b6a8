//! Why a collection was not opened or not changed.

use std::path::{Path, PathBuf};

use ranker_core::BoxError;

use crate::error::IndexError;

/// Why a collection was not opened or not changed. A refused change leaves it as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectionError {
    /// Someone has it open already.
    #[error("{} is open elsewhere, by {holder}: close it there first", path.display())]
    Locked {
        /// The collection.
        path: PathBuf,
        /// The holder: process, machine, and since when, as far as it is known.
        holder: String,
    },
    /// There is no collection.
    #[error("{} holds no collection: create one", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is something already.
    #[error("{} is not empty: open it, or take another place", path.display())]
    Exists {
        /// Where one should have been made.
        path: PathBuf,
    },
    /// Not a store of profiles at all.
    #[error("{} is no store of ranker's profiles", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer version of this crate.
    #[error("{} has format {found}, this version reads {supported}: upgrade", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The format that this version reads.
        supported: u32,
    },
    /// Cut short or changed since it was written.
    #[error("{} is damaged: restore it from a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        source: BoxError,
    },
    /// The disk has no room. What was acknowledged before is safe.
    #[error("no room for {}: free some, then open the collection again", path.display())]
    Full {
        /// The file that could not grow.
        path: PathBuf,
        /// The file system's error.
        source: BoxError,
    },
    /// An earlier write failed, so this handle writes no more.
    #[error("an earlier write to {} failed: open the collection again", path.display())]
    Failed {
        /// The collection.
        path: PathBuf,
    },
    /// The change is stored durably, but cannot be searched for before the collection is opened
    /// again.
    #[error("stored in {}, but not yet searchable: open the collection again", path.display())]
    Behind {
        /// The collection.
        path: PathBuf,
        /// Why searching did not follow.
        source: BoxError,
    },
    /// The file system or the store refused.
    #[error("{} could not be {action}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: "read", "written", "opened".
        action: &'static str,
        /// The cause.
        source: BoxError,
    },
    /// Its embeddings are another encoder's.
    #[error(
        "{} holds embeddings of {known}, not of {given}: Collection::reembed makes another of these",
        path.display()
    )]
    Encoder {
        /// The collection.
        path: PathBuf,
        /// The encoder of its embeddings.
        known: String,
        /// The encoder given.
        given: String,
    },
    /// Token vectors were given, and the collection does not know its encoder.
    #[error(
        "{} does not know the encoder of its embeddings: name it by Collection::embedded_by before token \
         vectors of {given} are added",
        path.display()
    )]
    NoEncoder {
        /// The collection.
        path: PathBuf,
        /// The encoder of the token vectors.
        given: String,
    },
    /// The change cannot be made.
    #[error(transparent)]
    Refused(#[from] IndexError),
}

impl CollectionError {
    /// The error that a failure of the file system stands for.
    pub(super) fn io(path: &Path, action: &'static str, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            std::io::ErrorKind::StorageFull
            | std::io::ErrorKind::QuotaExceeded
            | std::io::ErrorKind::FileTooLarge => Self::Full {
                path,
                source: source.into(),
            },
            _ => Self::Io {
                path,
                action,
                source: source.into(),
            },
        }
    }

    pub(super) fn damaged(path: &Path, what: impl Into<BoxError>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            source: what.into(),
        }
    }

    /// The error that a failure of the store stands for.
    pub(super) fn store(path: &Path, action: &'static str, error: redb::Error) -> Self {
        match error {
            redb::Error::Io(source) if source.kind() == std::io::ErrorKind::InvalidData => {
                Self::Foreign {
                    path: path.to_owned(),
                }
            }
            redb::Error::Io(source) => Self::io(path, action, source),
            redb::Error::PreviousIo => Self::Failed {
                path: path.to_owned(),
            },
            redb::Error::Corrupted(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::RepairAborted => Self::damaged(path, error),
            error => Self::Io {
                path: path.to_owned(),
                action,
                source: error.into(),
            },
        }
    }
}
