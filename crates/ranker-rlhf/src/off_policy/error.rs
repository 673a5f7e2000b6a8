//! Why a policy was not evaluated.

use ranker_core::ScoreError;

/// Why a policy was not evaluated from logged lists.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OffPolicyError {
    /// There are too few lists, jobs or sources for an interval.
    #[error("there are {units} logged lists or jobs: an interval needs {least} at least")]
    TooFew {
        /// How many there are.
        units: usize,
        /// How many are needed.
        least: usize,
    },
    /// The log says too little of what the policy would show.
    #[error(
        "too little support: {lists} logged lists weigh as {effective:.1} of the policy's own, \
         but at least {least} are needed; log more lists, explore more, or move in smaller steps"
    )]
    TooLittleSupport {
        /// How many lists were logged.
        lists: usize,
        /// How many lists of the policy's own would say as much.
        effective: f64,
        /// How many are needed.
        least: f64,
    },
    /// The importance weights do not average 1: the policy shows lists that the log could never
    /// hold, or the logged propensities are wrong.
    #[error(
        "importance weights must average 1, but average {mean_weight:.3} (standard error \
         {error:.3}): the policy shows lists that were never shown, or logged propensities are wrong"
    )]
    Overlap {
        /// The weights' mean.
        mean_weight: f64,
        /// Its standard error.
        error: f64,
    },
    /// A logged chance is no chance.
    #[error("a propensity must lie in (0, 1], but is {propensity} at position {position}")]
    Propensity {
        /// The position, from 1.
        position: usize,
        /// The chance.
        propensity: f64,
    },
    /// A reward is NaN or infinite.
    #[error("a reward must be finite, but is {reward} at position {position}")]
    Reward {
        /// The position, from 1.
        position: usize,
        /// The reward.
        reward: f64,
    },
    /// A shown row does not exist.
    #[error("a list shows row {row}, but has {rows} candidates")]
    Row {
        /// The row, from 0.
        row: usize,
        /// How many candidates it has.
        rows: usize,
    },
    /// A row was shown twice.
    #[error("a list shows row {row} twice")]
    Twice {
        /// The row, from 0.
        row: usize,
    },
    /// More or fewer marginal chances than positions.
    #[error("a list of {shown} positions has marginal chances: {given}")]
    MarginalCount {
        /// How many positions were shown.
        shown: usize,
        /// How many chances were given.
        given: usize,
    },
    /// The estimator needs marginal chances.
    #[error(
        "IIPS needs each position's marginal chance: log it with LoggedList::with_marginals, \
         for at most about 16 candidates, or take another estimator"
    )]
    NoMarginals {
        /// Why they are not known, where they were to be counted.
        source: Option<crate::explore::ExploreError>,
    },
    /// A setting that cannot be used.
    #[error("{setting} must lie in {allowed}, but is {value}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it may be.
        allowed: &'static str,
        /// What it is.
        value: f64,
    },
    /// The model could not score a list.
    #[error("the model could not score a logged list")]
    Score(#[source] ScoreError),
}
