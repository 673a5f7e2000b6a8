//! Why nothing was learned.

use std::ops::RangeInclusive;

use ranker_core::ScoreError;
use ranker_score::ModelError;

/// Why nothing was learned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// There was nothing to learn from.
    #[error("no comparisons: record preferences or grades first")]
    NoComparisons,
    /// Only ties: they say how alike candidates are, never which feature is better.
    #[error("all {comparisons} comparisons are ties: record which of two candidates is better")]
    OnlyTies {
        /// How many there are.
        comparisons: usize,
    },
    /// The features of both sides are the same in every comparison.
    #[error("in all {comparisons} comparisons both candidates have the same features")]
    NoDifference {
        /// How many there are.
        comparisons: usize,
    },
    /// The rows of a comparison have another length than the model's features.
    #[error("comparison {comparison} has rows of {actual} features, but the model has {expected}")]
    RowLength {
        /// Its place, from 0.
        comparison: usize,
        /// The model's number of features.
        expected: usize,
        /// The row's.
        actual: usize,
    },
    /// The two rows of one comparison differ in length.
    #[error("a comparison has rows of {left} and of {right} features")]
    UnequalRows {
        /// The first row's length.
        left: usize,
        /// The second row's.
        right: usize,
    },
    /// A feature is NaN or infinite.
    #[error("feature {column} of a comparison's row must be finite, but is {value}")]
    NotFinite {
        /// The feature's place in the row, from 0.
        column: usize,
        /// The value.
        value: f32,
    },
    /// A list has more or fewer gains, or weights, than candidates.
    #[error("a list of {rows} candidates has {given} gains or weights")]
    GainCount {
        /// How many candidates there are.
        rows: usize,
        /// How many numbers were given.
        given: usize,
    },
    /// A list has more or fewer groups than candidates.
    #[error("a list of {rows} candidates has {groups} groups: give each one or none")]
    GroupCount {
        /// How many candidates there are.
        rows: usize,
        /// How many groups were given.
        groups: usize,
    },
    /// A gain is NaN or infinite.
    #[error("a candidate's gain must be finite, but is {gain}")]
    Gain {
        /// The gain.
        gain: f64,
    },
    /// A weight that no comparison and no row can have.
    #[error("a weight must be positive (of a list's row: or 0) and at most 1e9, but is {weight}")]
    Weight {
        /// The weight.
        weight: f64,
    },
    /// A strength of the pull towards the prior that cannot be used.
    #[error("the pull must lie in 1e-6..=1e9, but is {pull}")]
    Pull {
        /// The strength.
        pull: f64,
    },
    /// The solver stopped before the gradient was small enough.
    #[error(
        "no convergence in {iterations} iterations, gradient {gradient_norm:.1e}: \
         look for extreme weights or features"
    )]
    NotConverged {
        /// How many iterations it took.
        iterations: usize,
        /// The largest component of the gradient, per unit of weight.
        gradient_norm: f64,
    },
    /// No list has a candidate of a weight above 0.
    #[error("no list has a candidate that counts: record judgments first")]
    NoLists,
    /// All candidates of a list gain the same, in every list.
    #[error(
        "in none of {lists} lists does one candidate gain more than another: \
         record grades or clicks first"
    )]
    NoContrast {
        /// How many lists there are.
        lists: usize,
    },
    /// Lists with different features, or other features than the model's.
    #[error("list {list} has other features than the first, or than the model")]
    ListFeatures {
        /// Its place, from 0.
        list: usize,
    },
    /// No feature tells candidates apart.
    #[error("all {rows} candidates have the same features")]
    ConstantFeatures {
        /// How many candidates there are.
        rows: usize,
    },
    /// A learner's setting that cannot be used.
    #[error("the {name} must lie in {range}, but is {value}")]
    Setting {
        /// What was set.
        name: &'static str,
        /// Where it must lie.
        range: String,
        /// What it was set to.
        value: f64,
    },
    /// What was learned is not a model.
    #[error("what was learned is not a model: {reason}")]
    NotAModel {
        /// Why not.
        reason: String,
    },
    /// A learned model could not score the examples.
    #[error("the learned model could not score the examples: {reason}")]
    NotScored {
        /// Why not.
        reason: String,
    },
    /// A learner of another crate failed.
    #[error("the learner failed: {reason}")]
    Other {
        /// Why.
        reason: String,
    },
    /// Gains, weights or features whose sums overflow.
    #[error("the numbers overflow: scale gains, weights and features to reasonable sizes")]
    Overflow,
    /// A learner without candidates for its choice.
    #[error("there are no learners to choose from: add one")]
    NoLearners,
}

impl From<ModelError> for LearnError {
    fn from(error: ModelError) -> Self {
        let reason = error.to_string();
        Self::NotAModel { reason }
    }
}

impl From<ScoreError> for LearnError {
    fn from(error: ScoreError) -> Self {
        let reason = error.to_string();
        Self::NotScored { reason }
    }
}

/// [`LearnError::Setting`] unless the value lies in the range.
pub(crate) fn check_setting(
    name: &'static str,
    value: f64,
    range: RangeInclusive<f64>,
) -> Result<(), LearnError> {
    if range.contains(&value) {
        return Ok(());
    }
    let range = format!("{:?}", range);
    Err(LearnError::Setting { name, range, value })
}

/// The same of a whole number.
pub(crate) fn check_whole(
    name: &'static str,
    value: usize,
    range: RangeInclusive<usize>,
) -> Result<(), LearnError> {
    if range.contains(&value) {
        return Ok(());
    }
    let range = format!("{range:?}");
    let value = value as f64;
    Err(LearnError::Setting { name, range, value })
}
