//! Logistic regression with a ridge, on counts.

use super::error::ClickError;
use super::rates::Count;
use crate::learn::dense::Matrix;

const MOST_ITERATIONS: usize = 50;

/// The largest component of the gradient, per unit of weight, that counts as zero.
const TOLERANCE: f64 = 1e-8;

/// The share of the promised decrease that a step must bring (Armijo's rule).
const ENOUGH: f64 = 1e-4;

/// `-log P` of counts of yes and no, `P(yes) = σ(x · row)`, plus a penalty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Logistic<'a> {
    pub(super) rows: &'a [Vec<f64>],
    pub(super) counts: &'a [Count],
    pub(super) penalty: &'a Penalty,
}

/// `Σ ridge_i x_i² / 2`, and as much for the steps of a walk.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Penalty {
    pub(super) ridge: Vec<f64>,
    /// From this coefficient on, they are a walk that begins at 0.
    pub(super) walk_from: usize,
    /// The ridge of its steps.
    pub(super) walk: f64,
}

impl Penalty {
    /// The intercept is free, and everything else has one ridge.
    pub(super) fn ridge(ridge: f64, columns: usize) -> Self {
        let mut all = vec![ridge; columns];
        all[0] = INTERCEPT;
        Self {
            ridge: all,
            walk_from: columns,
            walk: 0.0,
        }
    }

    fn walk(&self, x: &[f64]) -> Vec<f64> {
        let steps = &x[self.walk_from.min(x.len())..];
        let before = std::iter::once(&0.0).chain(steps);
        steps
            .iter()
            .zip(before)
            .map(|(x, before)| x - before)
            .collect()
    }

    fn loss(&self, x: &[f64]) -> f64 {
        let ridge: f64 = self.ridge.iter().zip(x).map(|(r, x)| r * x * x).sum();
        let walk: f64 = self
            .walk(x)
            .iter()
            .map(|step| self.walk * step * step)
            .sum();
        (ridge + walk) / 2.0
    }

    fn add(&self, x: &[f64], gradient: &mut [f64], hessian: &mut Matrix) {
        for (at, (ridge, x)) in self.ridge.iter().zip(x).enumerate() {
            gradient[at] += ridge * x;
            *hessian.at(at, at) += ridge;
        }
        for (step, at) in self.walk(x).into_iter().zip(self.walk_from..) {
            gradient[at] += self.walk * step;
            *hessian.at(at, at) += self.walk;
            if at > self.walk_from {
                gradient[at - 1] -= self.walk * step;
                *hessian.at(at - 1, at - 1) += self.walk;
                *hessian.at(at, at - 1) -= self.walk;
            }
        }
    }
}

/// Keeps the intercept finite where all answers are alike.
pub(super) const INTERCEPT: f64 = 1e-3;

pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `-log σ(x)`, without overflow.
fn softplus(x: f64) -> f64 {
    (-x).max(0.0) + (-x.abs()).exp().ln_1p()
}

pub(super) fn dot(x: &[f64], row: &[f64]) -> f64 {
    x.iter().zip(row).map(|(x, y)| x * y).sum()
}

/// `-log P` of counts at this log-odds.
pub(super) fn log_loss(odds: f64, count: Count) -> f64 {
    count.yes * softplus(odds) + count.no * softplus(-odds)
}

impl Logistic<'_> {
    fn used(&self) -> impl Iterator<Item = (&[f64], Count)> {
        let rows = self.rows.iter().map(Vec::as_slice);
        let used = rows.zip(self.counts.iter().copied());
        used.filter(|(_, count)| count.yes + count.no > 0.0)
    }

    pub(super) fn loss(&self, x: &[f64]) -> f64 {
        let data = self.used().map(|(row, count)| log_loss(dot(x, row), count));
        data.sum::<f64>() + self.penalty.loss(x)
    }

    /// The gradient and the Hessian.
    pub(super) fn slopes(&self, x: &[f64]) -> (Vec<f64>, Matrix) {
        let mut gradient = vec![0.0; x.len()];
        let mut hessian = Matrix::zero(x.len());
        for (row, count) in self.used() {
            let chance = sigmoid(dot(x, row));
            let all = count.yes + count.no;
            let (error, curve) = (all * chance - count.yes, all * chance * (1.0 - chance));
            for (at, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                gradient[at] += error * value;
                hessian.add_row(at, curve * value, &row[..=at]);
            }
        }
        self.penalty.add(x, &mut gradient, &mut hessian);
        (gradient, hessian)
    }

    /// The least loss, by Newton's method with backtracking; it is convex. Converged when the
    /// gradient's largest component is at most 1e-8 per unit of weight.
    pub(super) fn minimise(&self, mut x: Vec<f64>) -> Result<Vec<f64>, ClickError> {
        let weight: f64 = self.used().map(|(_, count)| count.yes + count.no).sum();
        for iterations in 0..MOST_ITERATIONS {
            let (gradient, hessian) = self.slopes(&x);
            // A NaN is not small.
            let is_small = |g: &f64| g.abs() <= TOLERANCE * (weight + 1.0);
            if gradient.iter().all(is_small) {
                return Ok(x);
            }
            let downhill: Vec<f64> = gradient.iter().map(|g| -g).collect();
            let step = hessian.solve(&downhill);
            let next = step.and_then(|step| self.search(&x, &step, &gradient));
            x = next.ok_or(ClickError::NotConverged { iterations })?;
        }
        Err(ClickError::NotConverged {
            iterations: MOST_ITERATIONS,
        })
    }

    /// Halves the step until it brings enough.
    fn search(&self, x: &[f64], step: &[f64], gradient: &[f64]) -> Option<Vec<f64>> {
        let here = self.loss(x);
        let rounding = 1e-12 * here.abs().max(1.0);
        let promised = dot(step, gradient);
        let lengths = std::iter::successors(Some(1.0), |length| Some(length / 2.0)).take(40);
        for length in lengths {
            let moved = x.iter().zip(step).map(|(x, step)| x + length * step);
            let next: Vec<f64> = moved.collect();
            if self.loss(&next) <= here + ENOUGH * length * promised + rounding {
                return Some(next);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn penalty() -> Penalty {
        Penalty {
            ridge: vec![INTERCEPT, 0.7, 0.0, 0.0],
            walk_from: 2,
            walk: 1.3,
        }
    }

    #[test]
    fn slopes_agree_with_differences() {
        let rows = [
            vec![1.0, 0.3, 0.0, 0.0],
            vec![1.0, -1.2, 1.0, 0.0],
            vec![1.0, 0.8, 0.0, 1.0],
        ];
        let count = |yes, no| Count { yes, no };
        let counts = [count(1.0, 2.5), count(0.0, 3.0), count(2.0, 0.0)];
        let penalty = penalty();
        let problem = Logistic {
            rows: &rows,
            counts: &counts,
            penalty: &penalty,
        };
        let x = vec![0.2, -0.4, 0.5, -0.1];
        let (gradient, mut hessian) = problem.slopes(&x);
        hessian.mirror();
        for at in 0..x.len() {
            let moved = |by: f64| {
                let mut x = x.clone();
                x[at] += by;
                x
            };
            let step = 1e-5;
            let slope = (problem.loss(&moved(step)) - problem.loss(&moved(-step))) / (2.0 * step);
            assert!((slope - gradient[at]).abs() <= 1e-7 * (1.0 + slope.abs()));
            let (up, down) = (
                problem.slopes(&moved(step)).0,
                problem.slopes(&moved(-step)).0,
            );
            for other in 0..x.len() {
                let curve = (up[other] - down[other]) / (2.0 * step);
                assert!((curve - hessian.get(at, other)).abs() <= 1e-6 * (1.0 + curve.abs()));
            }
        }
        let minimum = problem.minimise(vec![0.0; 4]).unwrap();
        assert!(problem.slopes(&minimum).0.iter().all(|g| g.abs() < 1e-6));
    }

    #[test]
    fn one_class_has_a_finite_answer() {
        let rows = [vec![1.0, 0.3], vec![1.0, -1.2]];
        let counts = [Count { yes: 5.0, no: 0.0 }; 2];
        let penalty = Penalty::ridge(1.0, 2);
        let problem = Logistic {
            rows: &rows,
            counts: &counts,
            penalty: &penalty,
        };
        let x = problem.minimise(vec![0.0; 2]).unwrap();
        assert!(x.iter().all(|x| x.is_finite()) && sigmoid(x[0]) > 0.99);
    }
}
