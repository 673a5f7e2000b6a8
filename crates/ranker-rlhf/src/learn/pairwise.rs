//! A linear model from the pairs of judged lists.

use std::sync::Arc;

use ranker_score::{LinearScorer, Model};

use super::duels::Duels;
use super::error::{LearnError, check_setting};
use super::judged::JudgedList;
use super::learner::{Examples, Learner};
use super::objective::Objective;
use super::scaled::Scaled;

/// Pairs of one list: more say little that is new.
const MOST_PAIRS: usize = 2000;

/// Learns a [`LinearScorer`] from judged lists: `-log σ(better - worse)` over the pairs of different
/// gain within each list (at most 2000 a list), and an L2 penalty on the weights of the standardised
/// features (scaled to a root mean square difference of 1).
///
/// It is [`BradleyTerry`](crate::BradleyTerry) of one strength without a prior: for features of which
/// nothing is known beforehand. A list's pairs together weigh as much as its rows. A weight never
/// contradicts its feature's [`Direction`](ranker_core::Direction); constant features weigh 0, and so
/// does the bias.
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
    /// features, a penalty out of its range, or no convergence.
    pub fn fit(&self, lists: &[JudgedList]) -> Result<LinearScorer, LearnError> {
        check_setting("penalty", self.penalty, 1e-6..=1e9)?;
        let pairs = Duels::of_lists(lists, MOST_PAIRS)?;
        let scaled = Scaled::by_differences(&pairs)?;
        let objective = Objective {
            scaled: &scaled,
            duels: &pairs.duels,
            prior: &vec![0.0; scaled.active.len()],
            pull: self.penalty,
            ties: false,
            reference: &[],
        };
        let schema = pairs.table.schema;
        let minimum = objective.minimise(&scaled.directions(&schema))?;
        let mut weights = vec![0.0; schema.len()];
        scaled.set_weights(&mut weights, &minimum.x);
        Ok(LinearScorer::new(schema, weights)?)
    }
}

impl Learner for PairwiseLinear {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        self.fit(examples.lists()).map(Model::Linear)
    }
}
