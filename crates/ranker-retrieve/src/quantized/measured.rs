//! The results of a measurement.

use super::plan::Widths;

/// The widths that a measurement found, and what it was made on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    /// Live rows at the time.
    pub(super) rows: usize,
    pub(super) queries: usize,
    /// Ascending by `k`.
    pub(super) ladder: Vec<Widths>,
}

/// One query's ground truth, best first: the rank of each row by each kind of code, from 1, which is
/// how many rows such a code puts no lower.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    pub(super) signs: Vec<usize>,
    pub(super) bits: Vec<usize>,
    pub(super) bytes: Vec<usize>,
    /// The Hamming distances of their signs from the query's.
    pub(super) hamming: Vec<f64>,
    /// The Hamming distances that their scores predict.
    pub(super) predicted: Vec<f64>,
}
