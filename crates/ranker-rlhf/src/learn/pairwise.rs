//! A linear model from the pairs of judged lists.

use std::sync::Arc;

use ranker_core::Direction;
use ranker_score::{LinearScorer, Model};

use super::duels::{self, Duel};
use super::error::{LearnError, check_setting};
use super::judged::JudgedList;
use super::lbfgs::{Stop, minimise};
use super::learner::{Examples, Learner};
use super::scaled::Scaled;
use super::table::Table;

/// Pairs of one list: more say little that is new.
pub(super) const MOST_PAIRS: usize = 2000;

/// Learns a [`LinearScorer`] from judged lists: `-log σ(better - worse)` over the pairs of different
/// gain within each list (at most 2000 a list), and an L2 penalty on the weights of the standardised
/// features.
///
/// A list's pairs together weigh as much as its rows. A weight never contradicts its feature's
/// [`Direction`]; constant features weigh 0, and so does the bias.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairwiseLinear {
    penalty: f64,
}

impl Default for PairwiseLinear {
    fn default() -> Self {
        Self { penalty: 100.0 }
    }
}

impl PairwiseLinear {
    /// A learner with a penalty of 100.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the strength of the penalty, in rows (1e-6 to 1e9; 100).
    #[must_use]
    pub fn with_penalty(mut self, penalty: f64) -> Self {
        self.penalty = penalty;
        self
    }

    /// Learners of several strengths, for [`Best`](crate::Best).
    #[must_use]
    pub fn grid() -> Vec<Arc<dyn Learner>> {
        let learner = |penalty| Arc::new(Self { penalty }) as Arc<dyn Learner>;
        [3000.0, 1000.0, 300.0, 100.0, 30.0].map(learner).into()
    }

    /// Learns from judged lists, all with the same features.
    ///
    /// # Errors
    ///
    /// [`LearnError`]: no lists, no contrast of gains, no feature that varies, lists of other
    /// features, a penalty out of its range, or numbers beyond all numbers.
    pub fn fit(&self, lists: &[JudgedList]) -> Result<LinearScorer, LearnError> {
        check_setting("penalty", self.penalty, 1e-6..=1e9)?;
        let table = Table::new(lists)?;
        let scaled = Scaled::new(&table)?;
        let duels = duels::of_lists(&table, MOST_PAIRS);
        let directions = directions(&table, &scaled);
        let loss = |x: &[f64]| self.loss(&scaled, &duels, x);
        let stop = Stop {
            iterations: 500,
            gradient: 1e-7 * table.len() as f64,
        };
        let minimum = minimise(loss, vec![0.0; scaled.active.len()], &directions, stop);
        scorer(&table, &scaled, &minimum.x, 0.0)
    }

    fn loss(&self, scaled: &Scaled, duels: &[Duel], x: &[f64]) -> (f64, Vec<f64>) {
        let dot = |row: &[f64]| row.iter().zip(x).map(|(z, x)| z * x).sum();
        let scores: Vec<f64> = scaled.rows().map(dot).collect();
        let slopes = duels::slopes(duels, &scores, None);
        let mut gradient: Vec<f64> = x.iter().map(|x| self.penalty * x).collect();
        for (row, slope) in scaled.rows().zip(&slopes.by_row) {
            for (sum, z) in gradient.iter_mut().zip(row) {
                *sum += slope * z;
            }
        }
        let squares: f64 = x.iter().map(|x| x * x).sum();
        (slopes.loss + 0.5 * self.penalty * squares, gradient)
    }
}

impl Learner for PairwiseLinear {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        self.fit(examples.lists()).map(Model::Linear)
    }
}

/// The directions of the features that vary.
pub(super) fn directions(table: &Table, scaled: &Scaled) -> Vec<Direction> {
    let columns = table.schema.columns();
    scaled
        .active
        .iter()
        .map(|&at| columns[at].direction)
        .collect()
}

/// The model of these weights of standardised features.
pub(super) fn scorer(
    table: &Table,
    scaled: &Scaled,
    x: &[f64],
    bias: f64,
) -> Result<LinearScorer, LearnError> {
    let mut weights = vec![0.0; table.columns()];
    let mut bias = bias;
    for (place, &at) in scaled.active.iter().enumerate() {
        weights[at] = x[place] / scaled.spreads[place];
        bias -= weights[at] * scaled.centres[place];
    }
    let schema = Arc::clone(&table.schema);
    Ok(LinearScorer::with_bias(schema, weights, bias)?)
}
