//! Why nothing was learned.

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
    /// No list says that one candidate is better than another.
    #[error("none of {lists} lists says which candidate is better: record grades or clicks first")]
    NoLists {
        /// How many lists there are.
        lists: usize,
    },
    /// A list has other features than the model.
    #[error("the list of job {job} has other features than the model")]
    OtherFeatures {
        /// The list's job.
        job: String,
    },
    /// A setting of a learner that cannot be used.
    #[error("{setting} cannot be {value}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it is.
        value: f64,
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
}
