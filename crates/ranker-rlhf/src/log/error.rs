//! What can go wrong with events and with the log.

use std::path::{Path, PathBuf};

use ranker_core::{BoxError, CandidateId};
use rusqlite::ErrorCode;

/// An event that its type does not allow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// An id is blank, holds a control character, or is longer than 512 bytes.
    #[error("{what} id {id:?} must be 1 to 512 bytes of text without control characters")]
    Id {
        /// Whose id.
        what: &'static str,
        /// The id, cut for display.
        id: String,
    },
    /// A ranking that shows someone twice.
    #[error("candidate {candidate} is shown twice in one ranking")]
    ShownTwice {
        /// Who.
        candidate: CandidateId,
    },
    /// A position that is 0 or taken.
    #[error("position {position} of candidate {candidate} must count from 1 and be given once")]
    Position {
        /// Who stands there.
        candidate: CandidateId,
        /// The position.
        position: u32,
    },
    /// A propensity that is no probability.
    #[error("the propensity of candidate {candidate} must lie above 0 and up to 1, but is {value}")]
    Propensity {
        /// Whose.
        candidate: CandidateId,
        /// The value.
        value: f64,
    },
    /// Another number of feature rows than candidates.
    #[error("{rows} rows of features for {shown} candidates: give each shown candidate one")]
    RowCount {
        /// How many candidates were shown.
        shown: usize,
        /// How many rows were given.
        rows: usize,
    },
    /// A feature row whose length is not that of the names.
    #[error("candidate {candidate} has {actual} features, but there are {expected} names")]
    RowLength {
        /// Whose row.
        candidate: CandidateId,
        /// How many names there are.
        expected: usize,
        /// How many values there are.
        actual: usize,
    },
    /// A feature that is NaN or infinite.
    #[error("feature {feature} of candidate {candidate} must be finite, but is {value}")]
    NotFinite {
        /// Whose.
        candidate: CandidateId,
        /// The feature.
        feature: String,
        /// The value.
        value: f32,
    },
    /// Two features share a name.
    #[error("two features are named {name}")]
    DuplicateFeature {
        /// The name.
        name: String,
    },
    /// A preference of someone over themselves.
    #[error("candidate {candidate} cannot be compared with itself")]
    Itself {
        /// Who.
        candidate: CandidateId,
    },
}

/// Why the log could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file cannot be opened or created.
    #[error("feedback log {} cannot be opened", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: BoxError,
    },
    /// The file is something else; it was left as it is.
    #[error("{} is not a feedback log: choose another path", path.display())]
    NotALog {
        /// The file.
        path: PathBuf,
        /// What was seen instead.
        source: BoxError,
    },
    /// The log was made by a newer version of this crate.
    #[error(
        "feedback log {} has version {found}, but this ranker-rlhf knows versions up to \
         {supported}: update it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that can be used.
        supported: i64,
    },
    /// The file was cut or overwritten.
    #[error("feedback log {} is damaged: restore it from a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// Another process kept the log locked for too long; trying again may help.
    #[error("feedback log {} is locked by another process; try again", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// What the database said.
        source: BoxError,
    },
    /// The log could not be read or written: the disk is full, for one.
    #[error("feedback log {} could not be {action}", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        action: &'static str,
        /// What the database said.
        source: BoxError,
    },
    /// Someone was erased, but the bytes are still in the file.
    #[error(
        "someone was erased from feedback log {}, but the bytes are still in the file: erase them \
         again",
        path.display()
    )]
    Remains {
        /// The file.
        path: PathBuf,
        /// What kept them there.
        source: BoxError,
    },
    /// An event's id stands for another event already.
    #[error("event id {id} is taken by another event: give each event its own")]
    Conflict {
        /// The id.
        id: String,
    },
    /// A line of an import is no event, or cannot be stored. Nothing was imported.
    #[error("line {line} cannot be imported; nothing was")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: BoxError,
    },
    /// A bound on what one source weighs that bounds nothing, or everything.
    #[error("what a source weighs at most must lie in 0.001..=1e9, but is {most}")]
    Cap {
        /// The bound.
        most: f64,
    },
    /// An export could not be written.
    #[error("the export could not be written")]
    Export {
        /// What the system said.
        source: std::io::Error,
    },
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// What a failure of the database means to the caller.
pub(super) fn failure(path: &Path, action: &'static str, error: rusqlite::Error) -> LogError {
    let code = error.sqlite_error_code();
    let is_busy = is_busy(&error);
    // A value of the wrong type in a strict table can only come from damage.
    let is_misread = code.is_none();
    let (path, source) = (path.to_owned(), BoxError::from(error));
    match code {
        Some(ErrorCode::NotADatabase) => LogError::NotALog { path, source },
        Some(ErrorCode::CannotOpen) => LogError::Open { path, source },
        Some(ErrorCode::DatabaseCorrupt) => LogError::Damaged { path, source },
        _ if is_busy => LogError::Busy { path, source },
        _ if is_misread => LogError::Damaged { path, source },
        _ => LogError::Storage {
            path,
            action,
            source,
        },
    }
}
