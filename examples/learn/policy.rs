//! Policy gradient as a learner of lists.

use ranker::rlhf::{Best, JudgedList, LearnError, Learner, PairwiseLinear, PolicyGradient};
use ranker::score::Model;

/// A linear model by pairs, then improved as a policy that is held near it.
pub(crate) struct Policy(pub(crate) PolicyGradient);

impl Learner for Policy {
    fn learn(&self, lists: &[JudgedList]) -> Result<Model, LearnError> {
        let Model::Linear(serving) = Best::of(PairwiseLinear::grid()).learn(lists)? else {
            unreachable!("pairwise learners of linear models make linear models");
        };
        Ok(Model::Linear(self.0.fit(lists, &serving)?.scorer))
    }
}
