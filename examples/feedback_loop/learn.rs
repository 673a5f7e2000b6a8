//! From grades to a model.

use std::sync::Arc;

use ranker::core::Scorer;
use ranker::rlhf::Learner as Learns;
use ranker::rlhf::{Anchored, Blend, JudgedList, LearnError, LinearScorer, Mart};

use crate::Learner;

/// Trees are learned from at least so many jobs.
const LEAST_JOBS: usize = 10;

/// The model that the grades teach; the one before, where they teach nothing.
pub(crate) fn learn(
    learner: Learner,
    prior: &LinearScorer,
    lists: &[JudgedList],
) -> Result<Arc<dyn Scorer>, LearnError> {
    let learned = if lists.len() < LEAST_JOBS {
        linear(prior).learn(lists)
    } else {
        match learner {
            Learner::Linear => linear(prior).learn(lists),
            Learner::Trees => trees().learn(lists),
            Learner::Blend => {
                let members: [Arc<dyn Learns>; 2] = [Arc::new(linear(prior)), Arc::new(trees())];
                Blend::of(members).learn(lists)
            }
        }
    };
    match learned {
        Ok(model) => Ok(Arc::new(model)),
        Err(
            LearnError::NoComparisons
            | LearnError::NoDifference { .. }
            | LearnError::OnlyTies { .. },
        ) => Ok(Arc::new(prior.clone())),
        Err(error) => Err(error),
    }
}

fn linear(prior: &LinearScorer) -> Anchored {
    Anchored::to(prior.clone())
}

fn trees() -> Mart {
    Mart::new()
}
