//! Newton's method within bounds.

use ranker_core::Direction;

use super::error::LearnError;
use super::objective::{Evaluation, Objective};

const MOST_ITERATIONS: usize = 100;

/// The largest component of the projected gradient, per unit of weight, that counts
/// as zero; the pull is a weight too.
const TOLERANCE: f64 = 1e-8;

/// How near its bound a parameter is held there, while its gradient points outward.
const NEAR: f64 = 1e-6;

/// The share of the promised decrease that a step must bring (Armijo's rule).
const ENOUGH: f64 = 1e-4;

#[derive(Debug, Clone)]
pub(super) struct Minimum {
    pub(super) x: Vec<f64>,
    pub(super) iterations: usize,
    /// The largest component of the projected gradient, per unit of weight.
    pub(super) gradient_norm: f64,
}

/// Minimises by the projected Newton method (Bertsekas, Projected Newton methods for optimization
/// problems with simple constraints, 1982): a Newton step in the parameters that are free, a
/// gradient step in those held at their bound, and a search along the projected path.
///
/// `directions` bounds the first parameters; the others are free. `total` is the comparisons'
/// weight together.
pub(super) fn minimise(
    objective: &Objective<'_>,
    directions: &[Direction],
    total: f64,
) -> Result<Minimum, LearnError> {
    let mut x = objective.start();
    project(&mut x, directions);
    let mut gradient_norm = f64::NAN;
    for iterations in 0..MOST_ITERATIONS {
        let here = objective.evaluate(&x);
        gradient_norm = projected_norm(&x, &here.gradient, directions) / (total + objective.pull);
        if gradient_norm <= TOLERANCE {
            return Ok(Minimum {
                x,
                iterations,
                gradient_norm,
            });
        }
        let step = step(&x, &here, directions);
        match step.and_then(|step| search(objective, &x, &here, (&step, directions))) {
            Some(next) => x = next,
            None => {
                return Err(LearnError::NotConverged {
                    iterations,
                    gradient_norm,
                });
            }
        }
    }
    Err(LearnError::NotConverged {
        iterations: MOST_ITERATIONS,
        gradient_norm,
    })
}

/// Whether a parameter stands at its bound, to within `near`, and the gradient pushes it outward.
fn is_held(x: f64, gradient: f64, direction: Option<&Direction>, near: f64) -> bool {
    match direction {
        Some(Direction::Increasing) => x <= near && gradient > 0.0,
        Some(Direction::Decreasing) => x >= -near && gradient < 0.0,
        Some(Direction::Any) | None => false,
    }
}

fn projected_norm(x: &[f64], gradient: &[f64], directions: &[Direction]) -> f64 {
    let free = |at: &usize| !is_held(x[*at], gradient[*at], directions.get(*at), 0.0);
    let free = (0..x.len()).filter(free);
    free.map(|at| gradient[at].abs()).fold(0.0, f64::max)
}

fn step(x: &[f64], here: &Evaluation, directions: &[Direction]) -> Option<Vec<f64>> {
    let held = |at: &usize| is_held(x[*at], here.gradient[*at], directions.get(*at), NEAR);
    let (held, free): (Vec<usize>, Vec<usize>) = (0..x.len()).partition(held);
    let downhill: Vec<f64> = here.gradient.iter().map(|g| -g).collect();
    let mut step = here.hessian.solve(&free, &downhill)?;
    for at in held {
        step[at] = downhill[at] / here.hessian.get(at, at);
    }
    Some(step)
}

/// Halves the step until it brings enough.
fn search(
    objective: &Objective<'_>,
    x: &[f64],
    here: &Evaluation,
    (step, directions): (&[f64], &[Direction]),
) -> Option<Vec<f64>> {
    // At the minimum the loss no longer changes in its last digits.
    let rounding = 1e-13 * here.loss.abs().max(1.0);
    let mut length = 1.0;
    for _ in 0..60 {
        let mut next: Vec<f64> = x.iter().zip(step).map(|(x, s)| x + length * s).collect();
        project(&mut next, directions);
        let moved = next.iter().zip(x).zip(&here.gradient);
        let promised: f64 = moved.map(|((next, x), g)| (next - x) * g).sum();
        if objective.loss(&next) <= here.loss + ENOUGH * promised + rounding {
            return Some(next);
        }
        length /= 2.0;
    }
    None
}

fn project(x: &mut [f64], directions: &[Direction]) {
    for (x, direction) in x.iter_mut().zip(directions) {
        *x = match direction {
            Direction::Increasing => x.max(0.0),
            Direction::Decreasing => x.min(0.0),
            Direction::Any => *x,
        };
    }
}
