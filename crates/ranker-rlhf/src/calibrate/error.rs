//! Why nothing was calibrated.

use ranker_core::ScoreError;

use crate::LearnError;

/// Why scores were not calibrated, or their uncertainty not measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// There are too few jobs to hold any out.
    #[error("there are {jobs} jobs with judged scores: calibration needs {least} at least")]
    TooFewJobs {
        /// How many there are.
        jobs: usize,
        /// How many are needed.
        least: usize,
    },
    /// Only good or only bad candidates: no score tells them apart.
    #[error("all {rows} candidates were judged alike: record good and bad ones")]
    OneClass {
        /// How many there are.
        rows: usize,
    },
    /// A score is NaN or infinite, or a label no share.
    #[error("{what} cannot be {value}: scores must be finite and labels lie in 0..=1")]
    Value {
        /// `a score` or `a label`.
        what: &'static str,
        /// What it is.
        value: f64,
    },
    /// A confidence or a number of replicates that cannot be used.
    #[error("{setting} must lie in {allowed}, but is {value}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it may be.
        allowed: &'static str,
        /// What it is.
        value: f64,
    },
    /// A model could not be learned from a resample.
    #[error("a replicate could not be learned")]
    Learn(#[source] LearnError),
    /// The features are not the model's.
    #[error("candidates could not be scored")]
    Score(#[source] ScoreError),
}
