//! A person's judgment of two candidates for one job.

use std::sync::Arc;

use ranker_core::FeatureSchema;

use super::error::LearnError;

/// The outcome of a comparison of two candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The first is better.
    Preferred,
    /// Neither is better.
    Tie,
}

/// Two candidates for one job, as rows of features, and which is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    job: Arc<str>,
    better: Arc<[f32]>,
    worse: Arc<[f32]>,
    outcome: Outcome,
    weight: f64,
}

impl Comparison {
    /// The first row is better than the second, or they tie. Its weight is 1.
    ///
    /// `job` groups comparisons: those of one job are held out together, as they are alike.
    ///
    /// # Errors
    ///
    /// [`LearnError::UnequalRows`], and [`LearnError::NotFinite`] for NaN and the infinities.
    pub fn new(
        job: impl Into<Arc<str>>,
        outcome: Outcome,
        better: impl Into<Arc<[f32]>>,
        worse: impl Into<Arc<[f32]>>,
    ) -> Result<Self, LearnError> {
        let (better, worse) = (better.into(), worse.into());
        let (left, right) = (better.len(), worse.len());
        if left != right {
            return Err(LearnError::UnequalRows { left, right });
        }
        for row in [&better, &worse] {
            if let Some(column) = row.iter().position(|value| !value.is_finite()) {
                let value = row[column];
                return Err(LearnError::NotFinite { column, value });
            }
        }
        Ok(Self {
            job: job.into(),
            better,
            worse,
            outcome,
            weight: 1.0,
        })
    }

    /// Sets the weight: a comparison of weight 2 counts as two.
    ///
    /// # Errors
    ///
    /// [`LearnError::Weight`] unless it lies in `(0, 1e9]`.
    pub fn with_weight(mut self, weight: f64) -> Result<Self, LearnError> {
        if !(weight > 0.0 && weight <= 1e9) {
            return Err(LearnError::Weight { weight });
        }
        self.weight = weight;
        Ok(self)
    }

    /// The job that the candidates were compared for.
    #[must_use]
    pub fn job(&self) -> &str {
        &self.job
    }

    /// The better candidate's features; of a tie, the first's.
    #[must_use]
    pub fn better(&self) -> &[f32] {
        &self.better
    }

    /// The worse candidate's features; of a tie, the second's.
    #[must_use]
    pub fn worse(&self) -> &[f32] {
        &self.worse
    }

    /// The outcome.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// How much it counts.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight
    }
}

/// That the comparisons can be learned from with a schema.
pub(super) fn check(comparisons: &[Comparison], schema: &FeatureSchema) -> Result<(), LearnError> {
    if comparisons.is_empty() {
        return Err(LearnError::NoComparisons);
    }
    let expected = schema.len();
    let other = |comparison: &Comparison| comparison.better().len() != expected;
    if let Some(comparison) = comparisons.iter().position(other) {
        return Err(LearnError::RowLength {
            comparison,
            expected,
            actual: comparisons[comparison].better().len(),
        });
    }
    if comparisons.iter().all(|c| c.outcome() == Outcome::Tie) {
        return Err(LearnError::OnlyTies {
            comparisons: comparisons.len(),
        });
    }
    Ok(())
}
