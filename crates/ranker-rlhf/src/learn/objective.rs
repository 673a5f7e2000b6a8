//! The Bradley-Terry log-likelihood with ties, and the pull towards the prior.

use rayon::prelude::*;

use super::dense::Matrix;
use super::standard::{Case, Standard};

/// Comparisons summed by one task. Fixed, so that sums do not hang on the number of threads.
const CHUNK: usize = 1024;

/// `-Σ cₙ log P(outcomeₙ) + ½ pull · ‖v - v⁰‖²` of the cases `chosen`, in the coefficients `v` of
/// the standardised differences and, with ties, in `θ = log ν` as the last parameter.
///
/// With `d = s_a - s_b`, Davidson's model (Davidson, On extending the Bradley-Terry model to
/// accommodate ties in paired comparison experiments, 1970, eq. 2.2) is the exponential family
/// `P(a) : P(tie) : P(b) = e^{d/2} : ν : e^{-d/2}`; with `ν = 0` it is Bradley and Terry's. Its
/// log-partition function is jointly convex in `d` and `θ`, so this is convex in all parameters.
#[derive(Debug)]
pub(super) struct Objective<'a> {
    pub(super) standard: &'a Standard,
    pub(super) chosen: &'a [usize],
    /// The centre of the pull.
    pub(super) prior: &'a [f64],
    pub(super) pull: f64,
    /// Whether ties are modelled.
    pub(super) ties: bool,
    /// Coefficients that are taken off before the odds: `d = z · (v - reference)`. Empty for none.
    pub(super) reference: &'a [f64],
}

/// A value with its first and second derivatives.
#[derive(Debug, Clone)]
pub(super) struct Evaluation {
    pub(super) loss: f64,
    pub(super) gradient: Vec<f64>,
    pub(super) hessian: Matrix,
}

impl Evaluation {
    fn zero(parameters: usize) -> Self {
        Self {
            loss: 0.0,
            gradient: vec![0.0; parameters],
            hessian: Matrix::zero(parameters),
        }
    }

    fn add(mut self, other: &Self) -> Self {
        self.loss += other.loss;
        for (sum, x) in self.gradient.iter_mut().zip(&other.gradient) {
            *sum += x;
        }
        self.hessian.add(&other.hessian);
        self
    }
}

impl Objective<'_> {
    pub(super) fn parameters(&self) -> usize {
        self.prior.len() + usize::from(self.ties)
    }

    /// Where to begin: the prior, and as many ties as wins between equals.
    pub(super) fn start(&self) -> Vec<f64> {
        let theta = self.ties.then_some(0.0);
        self.prior.iter().copied().chain(theta).collect()
    }

    pub(super) fn loss(&self, x: &[f64]) -> f64 {
        self.prior_terms(x).loss + self.data_loss(x)
    }

    /// `-Σ cₙ log P(outcomeₙ)`.
    pub(super) fn data_loss(&self, x: &[f64]) -> f64 {
        let chunks = self.chosen.par_chunks(CHUNK);
        let sums = chunks.map(|chunk| {
            let case = |&at: &usize| self.standard.case(at);
            let cases = chunk.iter().map(case);
            cases
                .map(|case| case.weight * self.odds(&case, x).loss(case.tie))
                .sum()
        });
        let sums: Vec<f64> = sums.collect();
        sums.iter().sum()
    }

    pub(super) fn evaluate(&self, x: &[f64]) -> Evaluation {
        let chunks = self.chosen.par_chunks(CHUNK);
        let sums: Vec<Evaluation> = chunks.map(|chunk| self.evaluate_chunk(chunk, x)).collect();
        let mut sum = sums.iter().fold(self.prior_terms(x), Evaluation::add);
        sum.hessian.mirror();
        sum
    }

    fn evaluate_chunk(&self, chunk: &[usize], x: &[f64]) -> Evaluation {
        let mut sum = Evaluation::zero(self.parameters());
        for &at in chunk {
            let case = self.standard.case(at);
            self.odds(&case, x).add_to(&mut sum, &case);
        }
        sum
    }

    pub(super) fn odds(&self, case: &Case<'_>, x: &[f64]) -> Odds {
        let (v, theta) = x.split_at(self.prior.len());
        let product = |v: &[f64]| {
            case.differences
                .iter()
                .zip(v)
                .map(|(z, v)| z * v)
                .sum::<f64>()
        };
        let difference = product(v) - product(self.reference);
        Odds::new(difference, theta.first().copied())
    }

    /// The pull, and one imagined win and one imagined tie between equals: they keep `θ` finite
    /// where all comparisons at hand are ties or none is.
    fn prior_terms(&self, x: &[f64]) -> Evaluation {
        let mut sum = Evaluation::zero(x.len());
        for (at, prior) in self.prior.iter().enumerate() {
            let off = x[at] - prior;
            sum.loss += 0.5 * self.pull * off * off;
            sum.gradient[at] = self.pull * off;
            *sum.hessian.at(at, at) = self.pull;
        }
        if let (true, Some(&theta)) = (self.ties, x.last()) {
            let odds = Odds::new(0.0, Some(theta));
            for tie in [true, false] {
                let case = Case {
                    differences: &[],
                    tie,
                    weight: 1.0,
                };
                sum.loss += odds.loss(tie);
                odds.add_derivatives(&mut sum, &case, x.len() - 1);
            }
        }
        sum
    }
}

/// The chances of one comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct Odds {
    /// The first's score less the second's.
    pub(super) difference: f64,
    /// `log ν`, where ties are modelled.
    theta: Option<f64>,
    log_partition: f64,
    first: f64,
    second: f64,
    tie: f64,
}

impl Odds {
    pub(super) fn new(difference: f64, theta: Option<f64>) -> Self {
        let half = difference / 2.0;
        let most = half.abs().max(theta.unwrap_or(f64::NEG_INFINITY));
        let [first, second] = [half, -half].map(|x| (x - most).exp());
        let tie = theta.map_or(0.0, |theta| (theta - most).exp());
        let sum = first + second + tie;
        Self {
            difference,
            theta,
            log_partition: most + sum.ln(),
            first: first / sum,
            second: second / sum,
            tie: tie / sum,
        }
    }

    /// `-log P(outcome)`.
    pub(super) fn loss(&self, tie: bool) -> f64 {
        let energy = if tie {
            // Without a model of ties they do not occur.
            self.theta.unwrap_or(f64::NEG_INFINITY)
        } else {
            self.difference / 2.0
        };
        self.log_partition - energy
    }

    /// The derivatives of [`Odds::loss`] by the difference and by θ.
    pub(super) fn slopes(&self, tie: bool) -> (f64, f64) {
        if tie {
            let lean = (self.first - self.second) / 2.0;
            return (lean, -(self.first + self.second));
        }
        // 1 - P(a), written without a difference of nearly equal numbers.
        (-(self.second + self.tie / 2.0), self.tie)
    }

    fn add_to(&self, sum: &mut Evaluation, case: &Case<'_>) {
        sum.loss += case.weight * self.loss(case.tie);
        self.add_derivatives(sum, case, case.differences.len());
    }

    /// Adds the derivatives; `theta_at` is the place of θ, where there is one.
    fn add_derivatives(&self, sum: &mut Evaluation, case: &Case<'_>, theta_at: usize) {
        let (by_difference, by_theta) = self.slopes(case.tie);
        let lean = (self.first - self.second) / 2.0;
        let other = self.first + self.second;
        let curvature = self.first * self.second + self.tie * other / 4.0;
        for (i, z) in case.differences.iter().enumerate() {
            let z = case.weight * z;
            sum.gradient[i] += z * by_difference;
            sum.hessian
                .add_row(i, z * curvature, &case.differences[..=i]);
        }
        if self.theta.is_some() {
            sum.gradient[theta_at] += case.weight * by_theta;
            sum.hessian
                .add_row(theta_at, -case.weight * self.tie * lean, case.differences);
            *sum.hessian.at(theta_at, theta_at) += case.weight * self.tie * other;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ranker_core::{FeatureSchema, FeatureSpec};

    use super::*;
    use crate::{Comparison, Outcome};

    fn standard() -> Standard {
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
        Standard::new(&schema, &comparisons).unwrap()
    }

    #[test]
    fn derivatives_agree_with_finite_differences() {
        let standard = standard();
        let chosen: Vec<usize> = (0..standard.len()).collect();
        for ties in [true, false] {
            let wins = chosen.iter().copied().filter(|&at| !standard.case(at).tie);
            let objective = Objective {
                standard: &standard,
                chosen: if ties {
                    &chosen
                } else {
                    &wins.collect::<Vec<_>>()
                },
                prior: &[0.5, -0.25, 0.0],
                pull: 3.0,
                ties,
                reference: if ties { &[0.2, 0.1, -0.4] } else { &[] },
            };
            let mut x = vec![0.3, -0.7, 1.1, -0.4];
            x.truncate(objective.parameters());
            let here = objective.evaluate(&x);
            assert!((here.loss - objective.loss(&x)).abs() < 1e-9 * here.loss);
            let step = 1e-5;
            for at in 0..x.len() {
                let [ahead, behind] = [step, -step].map(|step| {
                    let mut x = x.clone();
                    x[at] += step;
                    objective.evaluate(&x)
                });
                let slope = (ahead.loss - behind.loss) / (2.0 * step);
                let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(1.0);
                assert!(
                    near(slope, here.gradient[at]),
                    "{at}: {slope} {:?}",
                    here.gradient
                );
                for other in 0..x.len() {
                    let slope = (ahead.gradient[other] - behind.gradient[other]) / (2.0 * step);
                    assert!(
                        near(slope, here.hessian.get(at, other)),
                        "{at}, {other}: {slope}"
                    );
                }
            }
        }
    }

    #[test]
    fn chances_sum_to_one_and_stay_finite() {
        for difference in [0.0, 1.0, -3.0, 1e3, -1e300] {
            for theta in [None, Some(0.5), Some(-700.0), Some(700.0)] {
                let odds = Odds::new(difference, theta);
                assert!((odds.first + odds.second + odds.tie - 1.0).abs() < 1e-12);
                assert!(odds.loss(false).is_finite());
                assert!(theta.is_none() || odds.loss(true).is_finite());
            }
        }
        assert_eq!(Odds::new(2.0, None).first, 1.0 / (1.0 + (-2.0_f64).exp()));
    }
}
