//! Why a log taught nothing.

use crate::LogError;
use crate::clicks::ClickError;

/// Why a log taught nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LessonsError {
    /// The log could not be read.
    #[error("the feedback log could not be read")]
    Log(#[from] LogError),
    /// The clicks in it could not be made sense of.
    #[error("the logged clicks could not be learned from")]
    Clicks(#[from] ClickError),
}
