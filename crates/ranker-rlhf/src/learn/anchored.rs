//! A linear model from judged lists, held near the model before.

use super::bradley_terry::BradleyTerry;
use super::error::LearnError;
use super::judged::JudgedList;
use super::learner::Learner;
use crate::LinearScorer;
use crate::scorers::Model;

/// Pairs of one list: more say little that is new, and cost time.
pub(crate) const MOST_PAIRS: usize = 200;

/// Learns a [`LinearScorer`] from the pairs of judged lists, pulled towards a prior: what
/// [`BradleyTerry`] does with comparisons. The strength of the pull is cross-validated.
///
/// With little feedback the order stays the prior's, so this is the learner to begin with. Of each
/// list at most 200 pairs of different gain are compared, as [`JudgedList::comparisons`] gives them.
#[derive(Debug, Clone)]
pub struct Anchored {
    learner: BradleyTerry,
    prior: LinearScorer,
}

impl Anchored {
    /// Learns from this prior.
    #[must_use]
    pub fn to(prior: LinearScorer) -> Self {
        Self {
            learner: BradleyTerry::new(),
            prior,
        }
    }

    /// Sets how comparisons are learned from.
    #[must_use]
    pub fn with_learner(mut self, learner: BradleyTerry) -> Self {
        self.learner = learner;
        self
    }
}

impl Learner for Anchored {
    fn learn(&self, lists: &[JudgedList]) -> Result<Model, LearnError> {
        let mut comparisons = Vec::new();
        for list in lists {
            comparisons.extend(list.comparisons(MOST_PAIRS)?);
        }
        let fit = self.learner.fit(&comparisons, &self.prior)?;
        Ok(Model::Linear(fit.scorer))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ranker_core::{Direction, FeatureMatrix, FeatureSchema, FeatureSpec};

    use super::*;

    fn list(rows: Vec<f32>, gains: Vec<f64>) -> JudgedList {
        let spec = |name: &'static str| FeatureSpec {
            name: name.into(),
            description: "a test's".into(),
            min: 0.0,
            max: 1.0,
            direction: Direction::Any,
        };
        let schema = FeatureSchema::new(vec![spec("a"), spec("b")]).unwrap();
        let features = FeatureMatrix::new(Arc::new(schema), rows).unwrap();
        JudgedList::new("job", features, gains).unwrap()
    }

    #[test]
    fn learns_what_the_prior_did_not_know() {
        let list = list(vec![0.9, 0.1, 0.1, 0.9, 0.2, 0.2], vec![0.0, 1.0, 0.0]);
        let prior = LinearScorer::new(list.features().schema().clone(), vec![1.0, 0.0]).unwrap();
        let learned = Anchored::to(prior).learn(&vec![list.clone(); 30]).unwrap();
        let Model::Linear(learned) = learned else {
            panic!("{learned:?}");
        };
        assert!(learned.weight("b") > Some(0.0));
    }
}
