//! Why a call failed.

use std::time::Duration;

use crate::retry::passing;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No whole answer came.
    #[error("no answer to {method} {path} after {tries} tries (call {call}): {reason}")]
    NoAnswer {
        /// The method.
        method: String,
        /// The path.
        path: String,
        /// How often it was tried.
        tries: u32,
        /// The call's id, as it was sent.
        call: String,
        /// What happened last.
        reason: String,
    },
    /// The server answered with an error.
    #[error(
        "{method} {path} was answered with {status} after {tries} tries (call {call}): {reason}"
    )]
    Status {
        /// The method.
        method: String,
        /// The path.
        path: String,
        /// The status.
        status: u16,
        /// How often it was tried.
        tries: u32,
        /// The call's id, as it was sent.
        call: String,
        /// What the server said, cut, without credentials.
        reason: String,
    },
    /// What was called is not there.
    #[error("{path} is not there: {reason}")]
    NotFound {
        /// The path.
        path: String,
        /// What the server said, cut, without credentials.
        reason: String,
    },
    /// The answer is no JSON.
    #[error("the answer is no JSON: {reason}")]
    NotJson {
        /// Whether it ends too early, as one that was cut does.
        cut: bool,
        /// What the parser said.
        reason: String,
    },
    /// The server failed so often that it is left alone.
    #[error("the server failed repeatedly and is left alone for another {} ms", .rest.as_millis())]
    LeftAlone {
        /// For how long.
        rest: Duration,
    },
}

impl HttpError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Status { status, .. } => passing(*status) || *status >= 500,
            Self::NotJson { cut, .. } => *cut,
            Self::NotFound { .. } => false,
            Self::NoAnswer { .. } | Self::LeftAlone { .. } => true,
        }
    }
}
