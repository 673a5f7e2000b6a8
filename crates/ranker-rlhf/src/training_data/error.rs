//! Why there is nothing to learn from in a log.

use crate::LogError;
use crate::clicks::ClickError;

/// Why a log gave no training data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingDataError {
    /// The log could not be read.
    #[error("the feedback log could not be read")]
    Log(#[from] LogError),
    /// The clicks in it could not be interpreted.
    #[error("the logged clicks could not be learned from")]
    Clicks(#[from] ClickError),
}
