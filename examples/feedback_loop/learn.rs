//! From grades to a model.

use std::sync::Arc;

use ranker::core::Scorer;
use ranker::rlhf::Learner as Learns;
use ranker::rlhf::{Blend, BradleyTerry, Examples, JudgedList, LearnError, Mart};
use ranker::score::LinearScorer;

use crate::Learner;

/// Trees are learned from at least so many jobs.
const LEAST_JOBS: usize = 10;

/// The model that the grades teach; the one before, where they teach nothing.
pub(crate) fn learn(
    learner: Learner,
    prior: &LinearScorer,
    lists: &[JudgedList],
) -> Result<Arc<dyn Scorer>, LearnError> {
    let examples = Examples::of(lists);
    let learned = if lists.len() < LEAST_JOBS {
        BradleyTerry::new().learn(&examples)
    } else {
        match learner {
            Learner::Linear => BradleyTerry::new().learn(&examples),
            Learner::Trees => trees().learn(&examples),
            Learner::Blend => {
                let members: [Arc<dyn Learns>; 2] =
                    [Arc::new(BradleyTerry::new()), Arc::new(trees())];
                Blend::of(members).learn(&examples)
            }
        }
    };
    match learned {
        Ok(model) => Ok(Arc::new(model)),
        Err(
            LearnError::NoLists
            | LearnError::NoContrast { .. }
            | LearnError::ConstantFeatures { .. },
        ) => Ok(Arc::new(prior.clone())),
        Err(error) => Err(error),
    }
}

fn trees() -> Mart {
    Mart::new()
}
