//! Is a difference between two systems larger than chance explains?
//!
//! Smucker, Allan and Carterette, "A comparison of statistical significance tests for
//! information retrieval evaluation", CIKM 2007, recommend the randomisation test.

mod bootstrap;
mod holm;
mod resampling;
mod sign_flip;

pub(crate) use bootstrap::check_level;
pub use bootstrap::{Interval, bootstrap_interval};
pub use holm::holm;
pub use resampling::Resampling;
pub use sign_flip::{Method, SignFlipTest, sign_flip_test};

use crate::error::CompareError;
use crate::evaluate::MetricValues;

/// The differences `system - baseline`, query by query in the order of their ids; `None` if
/// the two were not evaluated on the same queries.
pub fn paired_differences(baseline: &MetricValues, system: &MetricValues) -> Option<Vec<f64>> {
    let (baseline, system) = (baseline.per_query(), system.per_query());
    if !baseline.keys().eq(system.keys()) {
        return None;
    }
    let pairs = baseline.values().zip(system.values());
    Some(pairs.map(|(baseline, system)| system - baseline).collect())
}

/// Differences must be there and finite.
fn check(differences: &[f64]) -> Result<(), CompareError> {
    if differences.is_empty() {
        return Err(CompareError::NoQueries);
    }
    match differences.iter().position(|d| !d.is_finite()) {
        None => Ok(()),
        Some(index) => Err(CompareError::NotFinite {
            index,
            value: differences[index],
        }),
    }
}

fn mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    // Divided first, so that no sum overflows.
    values.iter().map(|value| value / count).sum()
}
