//! An estimated value.

use std::fmt;

/// An estimated value, with an interval and how much the log says of it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The mean sum of rewards of a list; of a difference, the candidate's less the serving one's.
    pub value: f64,
    /// The least value that the log does not speak against, at [`Estimate::confidence`].
    pub low: f64,
    /// The greatest such value.
    pub high: f64,
    /// The chance with which such intervals hold the true value.
    pub confidence: f64,
    /// The standard error.
    pub standard_error: f64,
    /// How many lists were logged.
    pub lists: usize,
    /// How many lists of the policy's own would say as much: `(Σw)² / Σw²` (Kish 1965), of each
    /// position counted by its share of the rewards.
    pub effective: f64,
    /// The mean importance weight, counted the same way; 1 but for chance.
    pub mean_weight: f64,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.4} ({:.4} to {:.4} at {} %; {} lists worth {:.0})",
            self.value,
            self.low,
            self.high,
            self.confidence * 100.0,
            self.lists,
            self.effective
        )
    }
}
