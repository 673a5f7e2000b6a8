//! Why a document was not read.

use std::time::Duration;

use ranker_core::decode::DecodeError;

/// Why a document was not read: shown behind its name, it says what to do where something can be
/// done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// No bytes, or no text in them.
    #[error("it is empty")]
    Empty,
    /// Pages without text.
    #[error("its {pages} pages hold images but no text: run text recognition (OCR) on it first")]
    Scanned {
        /// How many pages.
        pages: usize,
    },
    /// A PDF file, and nothing that reads it.
    #[error("no engine reads PDF: {why} (name PDFium's library, or take the feature `hayro`)")]
    NoPdfEngine {
        /// Why there is none.
        why: String,
    },
    /// It cannot be read without a password.
    #[error("it is encrypted: save it without a password")]
    Encrypted,
    /// It is of a kind that is not read.
    #[error("it is {kind}, which is not read")]
    Kind {
        /// What it is, with its article.
        kind: String,
    },
    /// Its encoding is not known.
    #[error("its encoding is none of UTF-8, UTF-16 and Windows-1252 (Latin-1): save it as UTF-8")]
    Encoding,
    /// It does not follow its own format.
    #[error("it is damaged: {what}")]
    Damaged {
        /// What is wrong with it.
        what: String,
    },
    /// It is larger than what is read.
    #[error("its {what} exceeds the limit of {limit} bytes")]
    TooLarge {
        /// What of it.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Its parts nest too deeply.
    #[error("its parts are nested more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// The worker process was stopped.
    #[error("reading it took longer than {} s", limit.as_secs_f64())]
    TooSlow {
        /// The limit.
        limit: Duration,
    },
    /// The worker process ended before it answered.
    #[error("the reader process ended over it ({how})")]
    Crashed {
        /// How it ended.
        how: String,
    },
    /// The worker process cannot be started.
    #[error("no reader process can be started: {why}")]
    NoWorker {
        /// What the system reported.
        why: String,
    },
}

impl Unreadable {
    pub(crate) fn damaged(what: impl std::fmt::Display) -> Self {
        Self::Damaged {
            what: what.to_string(),
        }
    }

    pub(crate) fn kind(kind: &str) -> Self {
        Self::Kind {
            kind: kind.to_owned(),
        }
    }
}

impl From<DecodeError> for Unreadable {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Foreign { kind } => Self::kind(kind),
            DecodeError::Encoding => Self::Encoding,
            DecodeError::TooLong { limit } => Self::TooLarge {
                what: "text",
                limit,
            },
            error => Self::damaged(error),
        }
    }
}
