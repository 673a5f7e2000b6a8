//! Policy gradient as a learner of lists alone.

use ranker::rlhf::{Best, Examples, LearnError, Learner, PairwiseLinear, PolicyGradient};
use ranker::score::Model;

/// A linear model by pairs, then improved as a policy that is held near it.
pub(crate) struct Policy(pub(crate) PolicyGradient);

impl Learner for Policy {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        let serving = Best::of(PairwiseLinear::grid()).learn(examples)?;
        self.0.learn(&examples.with_serving(&serving))
    }
}
