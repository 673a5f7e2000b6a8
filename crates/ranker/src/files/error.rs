//! Why a file was not read.

use std::path::PathBuf;

use ranker_core::BoxError;
use ranker_core::decode::DecodeError;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file or folder cannot be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system reported.
        source: std::io::Error,
    },
    /// A file that holds no text.
    #[error("{} holds no {what}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// What the file is.
        source: DecodeError,
    },
    /// A record is no profile or job.
    #[error("{}, line {line}: not a {what}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The line where the record begins, from 1.
        line: usize,
        /// What the record should have been.
        what: &'static str,
        /// The field, its value and what is wrong with it.
        source: BoxError,
    },
    /// An id stands on two lines.
    #[error("{}, line {line}: id {id:?} was used before, on line {first}", path.display())]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// The second line, from 1.
        line: usize,
        /// The first line, from 1.
        first: usize,
        /// The id.
        id: String,
    },
    /// A text file that holds no job.
    #[error("{} holds no job", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// Nothing was found.
    #[error("{} holds no {what}", path.display())]
    Nothing {
        /// The file or folder.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// A folder where a file of records is read.
    #[error(
        "{} is a folder: its documents are read by `ranker::folder` (feature `ingest`)", path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
    },
}
