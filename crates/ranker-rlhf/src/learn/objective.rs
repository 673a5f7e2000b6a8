//! What a linear model is fitted by: the likelihood of pairs' outcomes, and a pull towards a prior.

use ranker_core::Direction;

use super::duels::{self, Duel};
use super::error::LearnError;
use super::lbfgs::{self, Minimum, Stop};
use super::odds::Odds;
use super::scaled::Scaled;

const MOST_ITERATIONS: usize = 1000;

/// The largest component of the projected gradient, per unit of weight, that counts as zero; the
/// pull is a weight too.
const TOLERANCE: f64 = 1e-8;

/// `-Σ weight · log P(outcome) + ½ pull · ‖v - prior‖²` in the coefficients `v` of the scaled features
/// and, with ties, in `θ = log ν` as the last parameter ([`duels::slopes`]). It is strictly convex.
#[derive(Debug)]
pub(super) struct Objective<'a> {
    pub(super) scaled: &'a Scaled,
    pub(super) duels: &'a [Duel],
    /// The centre of the pull.
    pub(super) prior: &'a [f64],
    pub(super) pull: f64,
    /// Whether ties are modelled.
    pub(super) ties: bool,
    /// Coefficients that are taken off before the odds: a row scores `z · (v - reference)`. Empty for
    /// none.
    pub(super) reference: &'a [f64],
}

impl Objective<'_> {
    /// The least loss within bounds: `directions` bounds the coefficients at 0, θ is free.
    ///
    /// # Errors
    ///
    /// [`LearnError::NotConverged`] unless the projected gradient is zero, to [`TOLERANCE`].
    pub(super) fn minimise(&self, directions: &[Direction]) -> Result<Minimum, LearnError> {
        let weight = self.duels.iter().map(|duel| duel.weight).sum::<f64>() + self.pull;
        let stop = Stop {
            iterations: MOST_ITERATIONS,
            gradient: TOLERANCE * weight,
            progress: 0.0,
        };
        let mut minimum = lbfgs::minimise(|x| self.loss(x), self.start(), directions, stop);
        minimum.gradient_norm /= weight;
        match minimum.gradient_norm <= TOLERANCE {
            true => Ok(minimum),
            false => Err(LearnError::NotConverged {
                iterations: minimum.iterations,
                gradient_norm: minimum.gradient_norm,
            }),
        }
    }

    /// The chances of each pair's outcomes under these parameters.
    pub(super) fn odds(&self, x: &[f64]) -> impl Iterator<Item = (&Duel, Odds)> {
        let scores = self.scores(x);
        let theta = self.theta(x);
        self.duels.iter().map(move |duel| {
            let difference = scores[duel.first] - scores[duel.second];
            (duel, Odds::new(difference, theta))
        })
    }

    /// Where to begin: the prior, and as many ties as wins between equals.
    fn start(&self) -> Vec<f64> {
        let theta = self.ties.then_some(0.0);
        self.prior.iter().copied().chain(theta).collect()
    }

    fn theta(&self, x: &[f64]) -> Option<f64> {
        x.get(self.prior.len()).copied()
    }

    fn scores(&self, x: &[f64]) -> Vec<f64> {
        let mut v = x[..self.prior.len()].to_vec();
        for (v, reference) in v.iter_mut().zip(self.reference) {
            *v -= reference;
        }
        self.scaled.times(&v)
    }

    /// The value and its gradient.
    fn loss(&self, x: &[f64]) -> (f64, Vec<f64>) {
        let theta = self.theta(x);
        let slopes = duels::slopes(self.duels, &self.scores(x), theta);
        let mut gradient = self.scaled.transposed_times(&slopes.by_row);
        let mut squares = 0.0;
        for ((sum, x), prior) in gradient.iter_mut().zip(x).zip(self.prior) {
            let off = x - prior;
            *sum += self.pull * off;
            squares += off * off;
        }
        gradient.extend(theta.map(|_| slopes.by_theta));
        (slopes.loss + 0.5 * self.pull * squares, gradient)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ranker_core::{FeatureSchema, FeatureSpec};

    use super::super::duels::Duels;
    use super::*;
    use crate::{Comparison, Outcome};

    fn duels() -> Duels {
        let spec = |name: &'static str| FeatureSpec::new(name, "a test's", -5.0..=5.0);
        let schema = FeatureSchema::new(vec![spec("a"), spec("b"), spec("c")]).unwrap();
        let row = |n: usize| -> Arc<[f32]> {
            (1..4)
                .map(|k| ((n * k * 37) % 23) as f32 / 7.0 - 1.5)
                .collect()
        };
        let comparisons: Vec<Comparison> = (0..40)
            .map(|n| {
                let outcome = if n % 5 == 0 {
                    Outcome::Tie
                } else {
                    Outcome::Preferred
                };
                let comparison = Comparison::new("job", outcome, row(2 * n + 1), row(3 * n));
                comparison
                    .unwrap()
                    .with_weight(1.0 + n as f64 / 10.0)
                    .unwrap()
            })
            .collect();
        Duels::of_comparisons(&comparisons, &Arc::new(schema)).unwrap()
    }

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        let duels = duels();
        let scaled = Scaled::by_differences(&duels).unwrap();
        for ties in [true, false] {
            let chosen = duels.duels.iter().filter(|duel| ties || !duel.tie);
            let objective = Objective {
                scaled: &scaled,
                duels: &chosen.copied().collect::<Vec<_>>(),
                prior: &[0.5, -0.25, 0.0],
                pull: 3.0,
                ties,
                reference: if ties { &[0.2, 0.1, -0.4] } else { &[] },
            };
            let mut x = vec![0.3, -0.7, 1.1, -0.4];
            x.truncate(objective.start().len());
            let (_, gradient) = objective.loss(&x);
            assert_eq!(gradient.len(), x.len());
            let step = 1e-5;
            for at in 0..x.len() {
                let [ahead, behind] = [step, -step].map(|step| {
                    let mut x = x.clone();
                    x[at] += step;
                    objective.loss(&x).0
                });
                let slope = (ahead - behind) / (2.0 * step);
                let near = (slope - gradient[at]).abs() <= 1e-6 * slope.abs().max(1.0);
                assert!(near, "{at}: {slope} {gradient:?}");
            }
        }
    }
}
