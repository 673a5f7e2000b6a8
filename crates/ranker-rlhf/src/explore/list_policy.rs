//! How a scored list is shown.

use ranker_core::Score;

use super::draw::{self, Drawn};
use super::error::ExploreError;
use super::marginals::{self, Marginals};
use super::rule::{Kind, Rule};
use super::walk::Walk;

/// How a scored list is shown: in the order of its scores, or by chance around it.
///
/// All policies fill the positions from the top, each with a chance that depends on who was shown
/// above. That chance is the *propensity*: exact, never estimated, and what off-policy evaluation
/// divides by. The chance of a whole list is the product of its propensities.
///
/// - [`ListPolicy::greedy`] always shows the best remaining candidate.
/// - [`ListPolicy::plackett_luce`] shows a candidate with odds `exp(score / temperature)` (Plackett
///   1975; Luce 1959). Score differences of more than 600 temperatures count as 600.
/// - [`ListPolicy::epsilon`] shows, at each position, the best remaining candidate, but with chance
///   epsilon one drawn uniformly from all that remain.
/// - [`ListPolicy::top_k`] shuffles the best `k` uniformly, and shows the others in order.
///
/// [`ListPolicy::with_max_fall`] bounds how far a candidate can fall below its place by score. Equal
/// scores are ordered by row. A draw is seeded by (seed, ranking id): it can be replayed.
///
/// ```
/// use ranker_core::Score;
/// use ranker_rlhf::explore::ListPolicy;
///
/// let policy = ListPolicy::plackett_luce(0.5)?.with_max_fall(2).with_seed(7);
/// let scores = [0.3, 1.2, 0.9, -0.1].map(|score| Score::new(score).unwrap());
/// let drawn = policy.draw(&scores, "ranking 1", 3);
/// assert_eq!(drawn, policy.draw(&scores, "ranking 1", 3));
/// assert_eq!(drawn.propensities, policy.propensities(&scores, &drawn.order)?);
/// # Ok::<(), ranker_rlhf::explore::ExploreError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListPolicy {
    rule: Rule,
    seed: u64,
}

impl ListPolicy {
    fn of(kind: Kind) -> Self {
        let max_fall = None;
        Self {
            rule: Rule { kind, max_fall },
            seed: 0,
        }
    }

    /// The order of the scores, without exploration.
    #[must_use]
    pub fn greedy() -> Self {
        Self::of(Kind::Epsilon(0.0))
    }

    /// Plackett-Luce: each next candidate with odds `exp(score / temperature)`.
    ///
    /// # Errors
    ///
    /// [`ExploreError::Temperature`] unless it lies in `1e-6..=1e6`.
    pub fn plackett_luce(temperature: f64) -> Result<Self, ExploreError> {
        if !(1e-6..=1e6).contains(&temperature) {
            return Err(ExploreError::Temperature { temperature });
        }
        Ok(Self::of(Kind::PlackettLuce { temperature }))
    }

    /// The best remaining candidate, but with chance `epsilon` one drawn uniformly from all that
    /// remain.
    ///
    /// # Errors
    ///
    /// [`ExploreError::Epsilon`] unless it lies in `0..=1`.
    pub fn epsilon(epsilon: f64) -> Result<Self, ExploreError> {
        if !(0.0..=1.0).contains(&epsilon) {
            return Err(ExploreError::Epsilon { epsilon });
        }
        Ok(Self::of(Kind::Epsilon(epsilon)))
    }

    /// The best `k` in a uniformly random order, the others after them in order.
    #[must_use]
    pub fn top_k(k: usize) -> Self {
        Self::of(Kind::TopK(k))
    }

    /// Bounds how many positions a candidate can fall below its place by score: one that has fallen
    /// that far is shown next, with chance 1. The propensities account for it.
    ///
    /// Lists in which somebody falls farther then have no chance at all, so a model that would
    /// show them cannot be evaluated from this policy's log: keep the bound generous.
    #[must_use]
    pub fn with_max_fall(mut self, positions: usize) -> Self {
        self.rule.max_fall = Some(positions);
        self
    }

    /// Sets the seed of all draws; 0 without it.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Draws the list of a ranking: the first `shown` positions, or all candidates if they are
    /// fewer.
    #[must_use]
    pub fn draw(&self, scores: &[Score], ranking: &str, shown: usize) -> Drawn {
        draw::draw(self.begin(scores), (self.seed, ranking), shown)
    }

    /// The propensities with which this policy shows a list: of each position, the chance of its
    /// candidate given who was shown above. 0 from where the policy cannot show it.
    ///
    /// # Errors
    ///
    /// [`ExploreError::Row`] and [`ExploreError::Twice`].
    pub fn propensities(
        &self,
        scores: &[Score],
        order: &[usize],
    ) -> Result<Vec<f64>, ExploreError> {
        check_order(order, scores.len())?;
        Ok(draw::propensities(self.begin(scores), order))
    }

    /// The chance of each candidate at each of the first `shown` positions, whoever is above: what
    /// estimators need that treat positions as independent. Counts all sets of candidates that can
    /// be shown.
    ///
    /// # Errors
    ///
    /// [`ExploreError::TooMany`] where those are more than 65,536.
    pub fn marginals(&self, scores: &[Score], shown: usize) -> Result<Marginals, ExploreError> {
        marginals::count(self.begin(scores), shown)
    }

    fn begin(&self, scores: &[Score]) -> Walk {
        let scores: Vec<f64> = scores.iter().map(|score| score.get()).collect();
        self.walk(&scores)
    }

    /// A list of which nobody is shown yet. The scores must be finite.
    pub(crate) fn walk(&self, scores: &[f64]) -> Walk {
        Walk::new(self.rule, scores)
    }
}

pub(crate) fn check_order(order: &[usize], rows: usize) -> Result<(), ExploreError> {
    let mut seen = vec![false; rows];
    for &row in order {
        match seen.get_mut(row) {
            None => return Err(ExploreError::Row { row, rows }),
            Some(true) => return Err(ExploreError::Twice { row }),
            Some(seen) => *seen = true,
        }
    }
    Ok(())
}
