//! What is evaluated: a model, and how its lists are shown.

use std::fmt;

use ranker_core::{FeatureMatrix, Score, ScoreError, Scorer};

use crate::explore::ListPolicy;

/// A model, and how its lists are shown.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    scorer: &'a dyn Scorer,
    policy: &'a ListPolicy,
}

impl<'a> Target<'a> {
    /// Lists scored by `scorer` and shown by `policy`.
    #[must_use]
    pub fn new(scorer: &'a dyn Scorer, policy: &'a ListPolicy) -> Self {
        Self { scorer, policy }
    }

    /// The model.
    #[must_use]
    pub fn scorer(&self) -> &'a dyn Scorer {
        self.scorer
    }

    /// How its lists are shown.
    #[must_use]
    pub fn policy(&self) -> &'a ListPolicy {
        self.policy
    }

    pub(crate) fn scores(&self, features: &FeatureMatrix) -> Result<Vec<f64>, ScoreError> {
        let scores = self.scorer.score(features)?;
        Ok(scores.into_iter().map(Score::get).collect())
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("scorer", &self.scorer.model_id())
            .field("policy", self.policy)
            .finish()
    }
}
