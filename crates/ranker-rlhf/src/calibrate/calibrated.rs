//! A model whose scores are probabilities.

use std::fmt;
use std::sync::Arc;

use ranker_core::{FeatureMatrix, FeatureSchema, Score, ScoreError, Scorer};

use super::calibrator::Calibration;

/// A model whose scores are the chance that a candidate is good: comparable from job to job.
///
/// The order within a job stays the model's; an isotonic map may make neighbours equal. Its scores
/// are not additive, so explanations attribute them from outside; explain the inner model for exact
/// parts.
#[derive(Clone)]
pub struct Calibrated {
    scorer: Arc<dyn Scorer>,
    calibration: Calibration,
    model_id: String,
}

impl Calibrated {
    /// The scores of a model, calibrated.
    #[must_use]
    pub fn new(scorer: Arc<dyn Scorer>, calibration: Calibration) -> Self {
        let model_id = format!("{}+{}", scorer.model_id(), calibration.name());
        Self {
            scorer,
            calibration,
            model_id,
        }
    }

    /// The model without calibration.
    #[must_use]
    pub fn inner(&self) -> &Arc<dyn Scorer> {
        &self.scorer
    }

    /// What its scores mean.
    #[must_use]
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }
}

impl Scorer for Calibrated {
    fn model_id(&self) -> &str {
        &self.model_id
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        self.scorer.schema()
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        let scores = self.scorer.score(features)?.into_iter().enumerate();
        let calibrated = scores.map(|(row, score)| {
            Score::new(self.calibration.probability(score.get()))
                .map_err(|source| ScoreError::Output { row, source })
        });
        calibrated.collect()
    }
}

impl fmt::Debug for Calibrated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calibrated")
            .field("model_id", &self.model_id)
            .field("calibration", &self.calibration)
            .finish_non_exhaustive()
    }
}
