//! Features in, scores out.

use std::sync::Arc;

use crate::{FeatureMatrix, FeatureSchema, Score, ValueError};

/// Why candidates were not scored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// The features are not the ones that the model was made for.
    #[error("the model expects features {expected:?}, but was given {actual:?}")]
    Schema {
        /// The model's features.
        expected: Vec<String>,
        /// The matrix's features.
        actual: Vec<String>,
    },
    /// The model's output for a row is no score.
    #[error("the model's output for row {row} is no score")]
    Output {
        /// The row, from 0.
        row: usize,
        /// What is wrong with it.
        source: ValueError,
    },
    /// The model cannot split its scores into parts.
    #[error("model {model} does not split its scores into parts")]
    NotAdditive {
        /// The model.
        model: String,
    },
}

impl ScoreError {
    /// [`ScoreError::Schema`] unless the two schemas name the same features in the same order.
    ///
    /// # Errors
    ///
    /// [`ScoreError::Schema`].
    pub fn check_schema(expected: &FeatureSchema, actual: &FeatureSchema) -> Result<(), Self> {
        if expected.names().eq(actual.names()) {
            return Ok(());
        }
        let names = |schema: &FeatureSchema| schema.names().map(str::to_owned).collect();
        Err(Self::Schema {
            expected: names(expected),
            actual: names(actual),
        })
    }
}

/// One score split into parts: `score = base + Σ parts`.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// The score without any feature.
    pub base: f64,
    /// What each feature adds, in the order of the schema.
    pub parts: Vec<f64>,
}

/// Turns features into scores; greater is better.
///
/// Contract, checked by [`crate::conformance::scorer`]:
/// - one finite score a row, in the same order; no rows give no scores;
/// - a row's score depends on that row alone;
/// - features of another schema are [`ScoreError::Schema`];
/// - where [`Scorer::contributions`] answers, the parts sum to the score.
///
/// Sync, because it computes; call it through [`crate::compute`] from async code.
pub trait Scorer: Send + Sync {
    /// Names the model: it stands in rankings and in the feedback log.
    fn model_id(&self) -> &str;

    /// The features that it was made for.
    fn schema(&self) -> &Arc<FeatureSchema>;

    /// The score of each row.
    ///
    /// # Errors
    ///
    /// [`ScoreError`].
    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError>;

    /// Each score split into parts, for explanations; computed only when asked.
    ///
    /// # Errors
    ///
    /// [`ScoreError::NotAdditive`] unless an implementation offers it; an explainer then attributes
    /// the score from outside.
    fn contributions(&self, _features: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
        Err(ScoreError::NotAdditive {
            model: self.model_id().to_owned(),
        })
    }
}

impl<S: Scorer + ?Sized> Scorer for Arc<S> {
    fn model_id(&self) -> &str {
        (**self).model_id()
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        (**self).schema()
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        (**self).score(features)
    }

    fn contributions(&self, features: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
        (**self).contributions(features)
    }
}
