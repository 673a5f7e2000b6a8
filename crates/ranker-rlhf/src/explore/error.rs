//! Why no list was drawn.

/// Why no list was drawn, or its chance is not known.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExploreError {
    /// A temperature that cannot divide scores.
    #[error("the temperature must lie in 1e-6..=1e6, but is {temperature}")]
    Temperature {
        /// The temperature.
        temperature: f64,
    },
    /// A share of exploration outside of `0..=1`.
    #[error("epsilon must lie in 0..=1, but is {epsilon}")]
    Epsilon {
        /// The share.
        epsilon: f64,
    },
    /// A list names a row that does not exist.
    #[error("the list shows row {row}, but there are {rows} candidates")]
    Row {
        /// The row, from 0.
        row: usize,
        /// How many candidates there are.
        rows: usize,
    },
    /// A list shows a row twice.
    #[error("the list shows row {row} twice")]
    Twice {
        /// The row, from 0.
        row: usize,
    },
    /// The candidates' ids and the drawn list do not fit.
    #[error("the list was drawn from {expected} candidates, but ids were given: {actual}")]
    Candidates {
        /// How many candidates it was drawn from.
        expected: usize,
        /// How many ids were given.
        actual: usize,
    },
    /// Marginal chances would need more states than are allowed.
    #[error(
        "{candidates} candidates can be shown in more than {limit} ways: \
         marginal chances are counted for about 16 candidates at most"
    )]
    TooMany {
        /// How many candidates there are.
        candidates: usize,
        /// The most sets of shown candidates that are counted.
        limit: usize,
    },
}
