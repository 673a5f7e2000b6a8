//! A small neural network.

use std::sync::Arc;

use ranker_core::{FeatureMatrix, FeatureSchema, Score, ScoreError, Scorer};
use serde::{Deserialize, Serialize};

use super::ModelError;
use super::file::{Bits, Content};

/// The numbers of a network of one hidden layer:
/// `score = Σ_u out_u · tanh(bias_u + Σ_f in_uf · (x_f - centre_f) / scale_f)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// What is subtracted from each feature, in the order of the schema.
    pub centres: Vec<f64>,
    /// What each centred feature is multiplied by: 1 over its spread, 0 for one that is not read.
    pub scales: Vec<f64>,
    /// The weights of the hidden units, `units × features`, row-major.
    pub inner: Vec<f64>,
    /// The bias of each hidden unit.
    pub biases: Vec<f64>,
    /// The weight of each hidden unit in the score.
    pub outer: Vec<f64>,
}

impl Network {
    /// The greatest number of hidden units.
    pub const MAX_UNITS: usize = 1024;

    fn score(&self, row: &[f32]) -> f64 {
        let columns = row.iter().zip(self.centres.iter().zip(&self.scales));
        let inputs: Vec<f64> = columns
            .map(|(&x, (centre, scale))| (f64::from(x) - centre) * scale)
            .collect();
        let units = self.inner.chunks_exact(row.len());
        let units = units.zip(self.biases.iter().zip(&self.outer));
        units
            .map(|(weights, (bias, out))| {
                let dot: f64 = weights.iter().zip(&inputs).map(|(w, x)| w * x).sum();
                out * (bias + dot).tanh()
            })
            .sum()
    }

    fn check(&self, features: usize) -> Result<(), String> {
        let units = self.outer.len();
        if units > Self::MAX_UNITS {
            return Err(format!("it has {units} hidden units"));
        }
        let lengths = [
            (self.centres.len(), features),
            (self.scales.len(), features),
            (self.biases.len(), units),
            (self.inner.len(), units * features),
        ];
        if let Some((actual, expected)) = lengths.iter().find(|(a, b)| a != b) {
            return Err(format!("it has {actual} numbers instead of {expected}"));
        }
        let all = [
            &self.centres,
            &self.scales,
            &self.inner,
            &self.biases,
            &self.outer,
        ];
        let mut numbers = all.into_iter().flatten();
        match numbers.find(|number| !number.is_finite()) {
            Some(number) => Err(format!("it has the number {number}")),
            None => Ok(()),
        }
    }
}

/// A small neural network: standardised features, one hidden layer, one score.
///
/// Its scores do not split into parts: [`ScoreError::NotAdditive`].
#[derive(Debug, Clone, PartialEq)]
pub struct MlpScorer {
    schema: Arc<FeatureSchema>,
    network: Network,
    model_id: String,
}

impl MlpScorer {
    /// A network over the features of `schema`.
    ///
    /// # Errors
    ///
    /// [`ModelError::Network`]: lengths that do not fit each other or the schema, more than
    /// [`Network::MAX_UNITS`], or a number that is not finite.
    pub fn new(schema: &Arc<FeatureSchema>, network: Network) -> Result<Self, ModelError> {
        Self::of_network(schema, network).map_err(|wrong| ModelError::Network { wrong })
    }

    /// The network, or what is wrong with it.
    fn of_network(schema: &Arc<FeatureSchema>, network: Network) -> Result<Self, String> {
        network.check(schema.len())?;
        let content = MlpContent {
            features: schema.names().map(str::to_owned).collect(),
            network,
        };
        Ok(Self {
            schema: Arc::clone(schema),
            model_id: content.id("mlp"),
            network: content.network,
        })
    }

    /// How many hidden units there are.
    #[must_use]
    pub fn units(&self) -> usize {
        self.network.outer.len()
    }

    pub(super) fn content(&self) -> MlpContent {
        MlpContent {
            features: self.schema.names().map(str::to_owned).collect(),
            network: self.network.clone(),
        }
    }

    pub(super) fn of_content(
        content: &MlpContent,
        schema: &Arc<FeatureSchema>,
    ) -> Result<Self, String> {
        Self::of_network(schema, content.network.clone())
    }
}

impl Scorer for MlpScorer {
    fn model_id(&self) -> &str {
        &self.model_id
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        ScoreError::check_schema(&self.schema, features.schema())?;
        let score = |(row, values): (usize, &[f32])| {
            let score = Score::new(self.network.score(values));
            score.map_err(|source| ScoreError::Output { row, source })
        };
        features.rows().enumerate().map(score).collect()
    }
}

/// A network in a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MlpContent {
    features: Vec<String>,
    network: Network,
}

impl Content for MlpContent {
    const FORMAT: &'static str = "ranker-mlp";

    fn names(&self) -> Vec<&str> {
        self.features.iter().map(String::as_str).collect()
    }

    fn feed(&self, bits: &mut Bits) {
        bits.texts(&self.features);
        let Network {
            centres,
            scales,
            inner,
            biases,
            outer,
        } = &self.network;
        for numbers in [centres, scales, inner, biases, outer] {
            bits.numbers(numbers);
        }
    }
}
