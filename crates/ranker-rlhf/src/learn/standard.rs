//! Comparisons as standardised differences.

use ranker_core::{FeatureSchema, FeatureSpec};

use super::comparison::{Comparison, Outcome};
use super::error::LearnError;

/// The least scale of a bounded feature, as a share of its range: a feature that hardly varies in
/// the data would otherwise get a weight without measure.
const LEAST_SCALE: f64 = 0.01;

/// Differences below this share of the values are f32 rounding.
const ROUNDING: f64 = 1e-6;

/// One comparison as the solver sees it: `differences · v` is the log-odds of the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) differences: &'a [f64],
    pub(super) tie: bool,
    pub(super) weight: f64,
}

/// Standardised differences of all comparisons, row-major, without the constant features.
#[derive(Debug)]
pub(super) struct Standard {
    pub(super) active: Vec<usize>,
    /// The scale of each active feature: a coefficient is `weight · scale`.
    pub(super) scales: Vec<f64>,
    differences: Vec<f64>,
    outcomes: Vec<(bool, f64)>,
}

impl Standard {
    pub(super) fn new(
        schema: &FeatureSchema,
        comparisons: &[Comparison],
    ) -> Result<Self, LearnError> {
        let (active, scales): (Vec<usize>, Vec<f64>) = schema
            .columns()
            .iter()
            .enumerate()
            .filter_map(|(at, spec)| scale(spec, at, comparisons).map(|scale| (at, scale)))
            .unzip();
        if active.is_empty() {
            return Err(LearnError::NoDifference {
                comparisons: comparisons.len(),
            });
        }
        let mut differences = Vec::with_capacity(comparisons.len() * active.len());
        for comparison in comparisons {
            let columns = active.iter().zip(&scales);
            differences.extend(columns.map(|(&at, scale)| difference(comparison, at) / scale));
        }
        let outcome = |c: &Comparison| (c.outcome() == Outcome::Tie, c.weight());
        Ok(Self {
            active,
            scales,
            differences,
            outcomes: comparisons.iter().map(outcome).collect(),
        })
    }

    pub(super) fn case(&self, at: usize) -> Case<'_> {
        let (tie, weight) = self.outcomes[at];
        let columns = self.active.len();
        Case {
            differences: &self.differences[at * columns..][..columns],
            tie,
            weight,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.outcomes.len()
    }
}

fn difference(comparison: &Comparison, at: usize) -> f64 {
    f64::from(comparison.better()[at]) - f64::from(comparison.worse()[at])
}

/// The root mean square of a feature's differences; `None` where it is constant.
fn scale(spec: &FeatureSpec, at: usize, comparisons: &[Comparison]) -> Option<f64> {
    let mut squares = 0.0;
    let mut total = 0.0;
    let mut largest = 0.0_f64;
    for comparison in comparisons {
        let difference = difference(comparison, at);
        squares += comparison.weight() * difference * difference;
        total += comparison.weight();
        let values = [comparison.better()[at], comparison.worse()[at]];
        largest = values
            .iter()
            .fold(largest, |l, &value| l.max(f64::from(value).abs()));
    }
    let scale = (squares / total).sqrt();
    let range = f64::from(spec.max) - f64::from(spec.min);
    let least = if range.is_finite() {
        LEAST_SCALE * range
    } else {
        0.0
    };
    (scale > ROUNDING * largest).then_some(scale.max(least))
}
