//! The learner that a ranker uses unless it is given another.

use std::collections::HashSet;
use std::sync::Arc;

use ranker_score::Model;

use super::blend::Blend;
use super::bradley_terry::BradleyTerry;
use super::comparison::Outcome;
use super::error::LearnError;
use super::judged::JudgedList;
use super::learner::{Examples, Learner};
use crate::trees::Mart;

/// Trees are learned once lists of so many jobs have contrast.
const TREES_FROM: usize = 10;

/// A linear model while little is known, a blend of it and boosted trees later.
///
/// From lists of ten jobs on, in which one candidate gains more than another, it learns a [`Blend`] of
/// [`BradleyTerry`] and [`Mart`]; before, the linear model alone, which is pulled towards the prior.
/// Preferences teach both, ties the linear model alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DefaultLearner;

impl DefaultLearner {
    /// The default learner.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Learner for DefaultLearner {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        let contrasting = examples.lists().iter().filter(|list| list.has_contrast());
        let jobs: HashSet<&str> = contrasting.map(JudgedList::job).collect();
        if jobs.len() < TREES_FROM {
            return BradleyTerry::new().learn(examples);
        }
        let mut lists = examples.lists().to_vec();
        let preferences = examples.comparisons().iter();
        for preference in preferences.filter(|one| one.outcome() == Outcome::Preferred) {
            lists.push(JudgedList::of_preference(preference, examples.schema()?)?);
        }
        let members: [Arc<dyn Learner>; 2] = [Arc::new(BradleyTerry::new()), Arc::new(Mart::new())];
        Blend::of(members).learn(&Examples::of(&lists))
    }
}
