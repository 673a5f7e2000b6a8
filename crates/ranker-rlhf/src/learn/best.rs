//! The best of several learners.

use std::fmt;
use std::sync::Arc;

use ranker_score::Model;

use super::error::LearnError;
use super::held_out::{ListFolds, held_out, mean_ndcg};
use super::learner::{Examples, Learner};

/// Held-out parts of cross-validation.
pub(super) const FOLDS: usize = 5;

/// Learns with whichever of several learners ranks lists best that it has not seen: the greatest
/// mean NDCG@10 in five-fold cross-validation over jobs, of equals the first.
///
/// With lists of one job only, the first learner is taken.
///
/// ```
/// use ranker_rlhf::{Best, Mart, PairwiseLinear, Ridge};
///
/// let learners = PairwiseLinear::grid().into_iter().chain(Ridge::grid());
/// let linear = Best::of(learners);
/// let trees = Best::of(Mart::grid());
/// ```
#[derive(Clone)]
pub struct Best {
    learners: Vec<Arc<dyn Learner>>,
}

impl Best {
    /// Chooses among these.
    pub fn of(learners: impl IntoIterator<Item = Arc<dyn Learner>>) -> Self {
        Self {
            learners: learners.into_iter().collect(),
        }
    }

    /// The position of the learner that does best on held-out lists.
    ///
    /// # Errors
    ///
    /// [`LearnError::NoLearners`], and what the learners answer.
    pub fn choose(&self, examples: &Examples<'_>) -> Result<usize, LearnError> {
        if self.learners.is_empty() {
            return Err(LearnError::NoLearners);
        }
        let lists = examples.lists();
        let folds = ListFolds::new(lists, FOLDS);
        if self.learners.len() == 1 || folds.count < 2 {
            return Ok(0);
        }
        let mut best = (0, f64::NEG_INFINITY);
        for (at, learner) in self.learners.iter().enumerate() {
            let scores = held_out(&**learner, examples, &folds)?;
            let value = mean_ndcg(lists, &scores);
            if value > best.1 {
                best = (at, value);
            }
        }
        Ok(best.0)
    }
}

impl fmt::Debug for Best {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Best")
            .field("learners", &self.learners.len())
            .finish()
    }
}

impl Learner for Best {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        self.learners[self.choose(examples)?].learn(examples)
    }
}
