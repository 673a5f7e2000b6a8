//! The table that says which systems differ from a baseline.

mod builder;
mod render;

pub use builder::ComparisonBuilder;

use crate::metric::Metric;
use crate::significance::{Interval, SignFlipTest};

/// What the corrected p-value says about a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Better than the baseline.
    Better,
    /// Worse than the baseline.
    Worse,
    /// Chance may explain the difference.
    Undecided,
}

/// A system compared with the baseline in one metric.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Cell {
    /// The system's mean.
    pub mean: f64,
    /// The test of the differences to the baseline; its p-value is not corrected.
    pub test: SignFlipTest,
    /// The bootstrap interval of the mean difference, at level 1 - alpha; not corrected.
    pub interval: Interval,
    /// The p-value after Holm's correction over all cells of the table.
    pub p_holm: f64,
    /// What the corrected p-value says.
    pub verdict: Verdict,
}

/// One metric: the baseline's mean, and the systems in the order added.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The metric.
    pub metric: Metric,
    /// The number of queries.
    pub queries: usize,
    /// The baseline's mean.
    pub baseline: f64,
    /// The systems' cells, in the order of [`Comparison::systems`].
    pub cells: Vec<Cell>,
}

/// A baseline and systems compared with it: means, differences, intervals and p-values.
///
/// The p-values come from [`crate::sign_flip_test`] and are corrected by [`crate::holm`] over
/// the whole table, systems times metrics. `Display` gives aligned text.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    baseline: String,
    systems: Vec<String>,
    rows: Vec<Row>,
    alpha: f64,
}

impl Comparison {
    /// The name of the baseline.
    pub fn baseline(&self) -> &str {
        &self.baseline
    }

    /// The names of the systems, in the order added.
    pub fn systems(&self) -> &[String] {
        &self.systems
    }

    /// The metrics, in the order of the baseline's evaluation.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The level under which a corrected p-value gives a verdict.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }
}
