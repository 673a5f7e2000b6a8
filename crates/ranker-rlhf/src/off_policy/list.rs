//! A list as it was shown, with what it earned.

use std::sync::Arc;

use ranker_core::FeatureMatrix;

use super::error::OffPolicyError;
use crate::explore::ExploreError;
use crate::explore::check_order;

/// One position of a logged list.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ShownRow {
    /// The candidate's row of features, from 0.
    pub row: usize,
    /// The chance with which the logging policy showed it here, given who was above.
    pub propensity: f64,
    /// What it earned: a click, a shortlist, a grade; on any scale, greater is better.
    pub reward: f64,
}

impl ShownRow {
    /// A row that was shown with a propensity, and what it earned.
    #[must_use]
    pub fn new(row: usize, propensity: f64, reward: f64) -> Self {
        Self {
            row,
            propensity,
            reward,
        }
    }
}

/// A list as it was shown: all candidates that could be shown, which were, with what chance, and
/// what each position earned.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedList {
    job: Arc<str>,
    source: Option<Arc<str>>,
    features: FeatureMatrix,
    shown: Vec<ShownRow>,
    marginals: Option<Vec<f64>>,
}

impl LoggedList {
    /// The rows of `features` are all candidates that the logging policy drew from; `shown` is the
    /// list from the top. A list that shows nobody earned nothing.
    ///
    /// # Errors
    ///
    /// [`OffPolicyError::Row`], [`OffPolicyError::Twice`], [`OffPolicyError::Propensity`] and
    /// [`OffPolicyError::Reward`].
    pub fn new(
        job: impl Into<Arc<str>>,
        features: FeatureMatrix,
        shown: Vec<ShownRow>,
    ) -> Result<Self, OffPolicyError> {
        let order: Vec<usize> = shown.iter().map(|shown| shown.row).collect();
        check_order(&order, features.len()).map_err(|error| match error {
            ExploreError::Row { row, rows } => OffPolicyError::Row { row, rows },
            ExploreError::Twice { row } => OffPolicyError::Twice { row },
            _ => unreachable!("an order is out of range or repeats"),
        })?;
        for (shown, position) in shown.iter().zip(1..) {
            check_chance(shown.propensity, position)?;
            if !shown.reward.is_finite() {
                return Err(OffPolicyError::Reward {
                    position,
                    reward: shown.reward,
                });
            }
        }
        Ok(Self {
            job: job.into(),
            source: None,
            features,
            shown,
            marginals: None,
        })
    }

    /// Says whose feedback the rewards are: nobody's lists count for more than a bounded share.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Arc<str>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Sets the chance of each shown row at its position whoever is above, which
    /// [`crate::explore::Marginals::of`] counts: what [`super::Estimator::Iips`] needs.
    ///
    /// # Errors
    ///
    /// [`OffPolicyError::MarginalCount`] and [`OffPolicyError::Propensity`].
    pub fn with_marginals(mut self, marginals: Vec<f64>) -> Result<Self, OffPolicyError> {
        let (shown, given) = (self.shown.len(), marginals.len());
        if shown != given {
            return Err(OffPolicyError::MarginalCount { shown, given });
        }
        for (&chance, position) in marginals.iter().zip(1..) {
            check_chance(chance, position)?;
        }
        self.marginals = Some(marginals);
        Ok(self)
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &str {
        &self.job
    }

    /// Whose feedback the rewards are.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// A row for each candidate that could be shown.
    #[must_use]
    pub fn features(&self) -> &FeatureMatrix {
        &self.features
    }

    /// The list, from the top.
    #[must_use]
    pub fn shown(&self) -> &[ShownRow] {
        &self.shown
    }

    /// The marginal chance of each position.
    #[must_use]
    pub fn marginals(&self) -> Option<&[f64]> {
        self.marginals.as_deref()
    }

    /// What the list earned.
    #[must_use]
    pub fn reward(&self) -> f64 {
        self.shown.iter().map(|shown| shown.reward).sum()
    }
}

fn check_chance(propensity: f64, position: usize) -> Result<(), OffPolicyError> {
    if propensity > 0.0 && propensity <= 1.0 {
        return Ok(());
    }
    Err(OffPolicyError::Propensity {
        position,
        propensity,
    })
}
