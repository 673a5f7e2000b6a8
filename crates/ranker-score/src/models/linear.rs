//! A weight a feature.

use std::path::Path;
use std::sync::Arc;

use ranker_core::legs::{BM25, DENSE, MAXSIM, SPARSE};
use ranker_core::{Contributions, FeatureMatrix, FeatureSchema, Score, ScoreError, Scorer};

use super::ModelError;
use super::file::{self, Content, Opened};
use super::linear_content::LinearContent;
use crate::features::table::RETRIEVED;

/// What a feature weighs before any feedback; every other weighs nothing. The score is then the
/// similarity as retrieval sees it, meaning first and keywords as a tie-breaker, and what the job
/// requires: a candidate without the years or the skills asked stands below one as similar who has them.
///
/// A retriever of another kind outweighs the rest: it has chosen these candidates, on a scale that is
/// its own, and what else is known of them should turn its order round only where it hardly differs.
const PRIOR: [(&str, f64); 13] = [
    (DENSE, 1.0),
    (BM25, 0.25),
    (RETRIEVED, 4.0),
    // As much as keywords, which it is most like: no weights of such an encoder were at hand to measure another.
    (SPARSE, 0.25),
    (MAXSIM, 0.3),
    ("title_overlap", 0.2),
    ("trade", 0.3),
    ("occupation", 0.15),
    ("cross_encoder", 0.1),
    ("skills_found", 0.1),
    ("skills_missing", -0.1),
    ("years_met", 0.1),
    ("seniority_gap", -0.2),
];

/// A linear model: `score = bias + Σ weight · feature`.
///
/// Its id is made from its features' names, its weights and its bias: identical models have
/// identical ids, on any machine.
///
/// ```
/// use ranker_core::{FeatureExtractor, FeatureMatrix, Scorer};
/// use ranker_score::{Features, LinearScorer};
///
/// let schema = Features::new().schema().clone();
/// let model = LinearScorer::prior(&schema);
/// let mut row = vec![0.0; schema.len()];
/// (row[0], row[1]) = (0.5, 1.0);
/// let scores = model.score(&FeatureMatrix::new(schema, row)?)?;
/// assert!((scores[0].get() - 0.75).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LinearScorer {
    schema: Arc<FeatureSchema>,
    weights: Vec<f64>,
    bias: f64,
    model_id: String,
}

impl LinearScorer {
    /// A model of one weight a feature, in the order of the schema, and a bias of 0.
    ///
    /// # Errors
    ///
    /// [`ModelError::WeightCount`] and [`ModelError::NotFinite`].
    pub fn new(schema: Arc<FeatureSchema>, weights: Vec<f64>) -> Result<Self, ModelError> {
        Self::with_bias(schema, weights, 0.0)
    }

    /// The linear model that a scorer is; `None` for every other kind.
    ///
    /// Its weights are its parts for rows of a single 1; the id, a hash over the weights, proves that
    /// nothing was lost.
    #[must_use]
    pub fn of(scorer: &dyn Scorer) -> Option<Self> {
        let schema = scorer.schema();
        let count = schema.len();
        let mut units = vec![0.0; count * count];
        (0..count).for_each(|at| units[at * count + at] = 1.0);
        let units = FeatureMatrix::new(Arc::clone(schema), units).ok()?;
        let rows = scorer.contributions(&units).ok()?;
        let weights = rows.iter().enumerate().map(|(at, row)| row.parts[at]);
        let bias = rows.first().map_or(0.0, |row| row.base);
        let linear = Self::with_bias(Arc::clone(schema), weights.collect(), bias).ok()?;
        (linear.model_id == scorer.model_id()).then_some(linear)
    }

    /// A model of one weight a feature, in the order of the schema, and a bias.
    ///
    /// # Errors
    ///
    /// As [`LinearScorer::new`].
    pub fn with_bias(
        schema: Arc<FeatureSchema>,
        mut weights: Vec<f64>,
        bias: f64,
    ) -> Result<Self, ModelError> {
        if weights.len() != schema.len() {
            return Err(ModelError::WeightCount {
                features: schema.len(),
                weights: weights.len(),
            });
        }
        let named = schema.names().chain(["bias"]);
        for (name, &value) in named.zip(weights.iter().chain([&bias])) {
            if !value.is_finite() {
                let feature = name.to_owned();
                return Err(ModelError::NotFinite { feature, value });
            }
        }
        // Adding zero turns -0.0 into 0.0: equal models have one id.
        weights.iter_mut().for_each(|weight| *weight += 0.0);
        let bias = bias + 0.0;
        let names = schema.names().map(str::to_owned);
        let model_id = LinearContent::new(names, &weights, bias).id("linear");
        Ok(Self {
            schema,
            weights,
            bias,
            model_id,
        })
    }

    /// The model before any feedback: the fused similarity, `dense + 0.25 · bm25 + 0.3 · maxsim`, about as
    /// much for the words of the title as for keywords, and small weights for trade, occupation, skills, years and seniority; of
    /// those features that the schema has.
    #[must_use]
    pub fn prior(schema: &Arc<FeatureSchema>) -> Self {
        let weight = |name: &str| {
            PRIOR
                .iter()
                .find(|prior| prior.0 == name)
                .map_or(0.0, |p| p.1)
        };
        let weights = schema.names().map(weight).collect();
        Self::new(Arc::clone(schema), weights).expect("one finite weight a feature")
    }

    /// The weights, in the order of the schema.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The weight of a feature.
    #[must_use]
    pub fn weight(&self, feature: &str) -> Option<f64> {
        self.schema.position(feature).map(|at| self.weights[at])
    }

    /// What every score begins with.
    #[must_use]
    pub fn bias(&self) -> f64 {
        self.bias
    }

    /// Writes the model as JSON. The file is replaced as a whole or not at all, and is on the disk
    /// on return.
    ///
    /// # Errors
    ///
    /// [`ModelError::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        file::save(path.as_ref(), self.content())
    }

    /// Reads a saved model, which must have been made for the features of `schema`.
    ///
    /// # Errors
    ///
    /// [`ModelError`], which names the file.
    pub fn load(path: impl AsRef<Path>, schema: &Arc<FeatureSchema>) -> Result<Self, ModelError> {
        let content: LinearContent = Opened::new(path.as_ref())?.content(schema)?;
        Self::of_content(&content, schema)
    }

    pub(super) fn of_content(
        content: &LinearContent,
        schema: &Arc<FeatureSchema>,
    ) -> Result<Self, ModelError> {
        Self::with_bias(Arc::clone(schema), content.weights(), content.bias)
    }

    pub(super) fn content(&self) -> LinearContent {
        let names = self.schema.names().map(str::to_owned);
        LinearContent::new(names, &self.weights, self.bias)
    }

    fn split(&self, row: &[f32]) -> Contributions {
        let parts = self.weights.iter().zip(row).map(|(w, &x)| w * f64::from(x));
        Contributions::new(self.bias, parts.collect())
    }
}

impl Scorer for LinearScorer {
    fn model_id(&self) -> &str {
        &self.model_id
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        let split = self.contributions(features)?;
        let sum = |split: &Contributions| split.base + split.parts.iter().sum::<f64>();
        let score = |(row, split)| {
            Score::new(sum(split)).map_err(|source| ScoreError::Output { row, source })
        };
        split.iter().enumerate().map(score).collect()
    }

    fn contributions(&self, features: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
        ScoreError::check_schema(&self.schema, features.schema())?;
        Ok(features.rows().map(|row| self.split(row)).collect())
    }
}
