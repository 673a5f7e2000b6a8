//! Why WordNet's files were refused.

use std::path::PathBuf;

use ranker_core::BoxError;

/// A folder that does not hold WordNet's nouns.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordNetError {
    /// A file cannot be read.
    #[error("{} cannot be read: give the folder of WordNet's database files", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: BoxError,
    },
    /// A line is not in WordNet's format.
    #[error("line {line} of {} is not in the format of WordNet 3: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No noun has a synonym that passes the gate.
    #[error("the files hold no unambiguous nouns with synonyms")]
    Empty,
}
