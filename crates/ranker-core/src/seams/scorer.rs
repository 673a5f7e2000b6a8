//! Features in, scores out.

use std::sync::Arc;

use crate::{FeatureMatrix, FeatureSchema, Score, ValueError};

/// Why candidates were not scored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// The features are not the ones that the model was made for.
    #[error("the features are not the model's: {}", differences(expected, actual))]
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

/// The columns that only one of two schemas has, or the first that another has in its place.
fn differences(expected: &[String], actual: &[String]) -> String {
    let only = |some: &[String], others: &[String]| {
        let own = some.iter().filter(|name| !others.contains(name)).cloned();
        own.collect::<Vec<String>>().join(", ")
    };
    let (missing, unknown) = (only(expected, actual), only(actual, expected));
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("{missing} missing"));
    }
    if !unknown.is_empty() {
        parts.push(format!("{unknown} unknown to it"));
    }
    if parts.is_empty() {
        let mut pairs = expected.iter().zip(actual).enumerate();
        let moved = pairs.find(|(_, (a, b))| a != b);
        parts.extend(moved.map(|(at, (a, b))| format!("column {at} is {b}, not {a}")));
    }
    parts.join("; ")
}

/// One score split into parts: `score = base + Σ parts`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Contributions {
    /// The score without any feature.
    pub base: f64,
    /// What each feature adds, in the order of the schema.
    pub parts: Vec<f64>,
}

impl Contributions {
    /// A score without any feature, and what each feature adds.
    #[must_use]
    pub fn new(base: f64, parts: Vec<f64>) -> Self {
        Self { base, parts }
    }
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
