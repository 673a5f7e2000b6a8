//! Minimising a smooth function of many variables within bounds.

use std::collections::VecDeque;

use ranker_core::Direction;

/// How many steps the curvature is remembered.
const MEMORY: usize = 10;

/// The share of the promised decrease that a step must bring (Armijo's rule).
const ENOUGH: f64 = 1e-4;

/// The share of the value that is rounding: near a minimum its last digits tell nothing, while the
/// gradient's still do.
const ROUNDING: f64 = 1e-13;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) iterations: usize,
    /// The largest component of the projected gradient that counts as zero.
    pub(super) gradient: f64,
    /// The share of the value that a step must bring; 0 to go on for as long as the gradient is not
    /// zero.
    pub(super) progress: f64,
}

#[derive(Debug, Clone)]
pub(super) struct Minimum {
    pub(super) x: Vec<f64>,
    pub(super) iterations: usize,
    /// The largest component of the projected gradient.
    pub(super) gradient_norm: f64,
}

/// A step and the gradient's change along it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
}

/// Minimises `function`, which gives a value and its gradient, from `x`: L-BFGS (Nocedal and
/// Wright, Numerical Optimization, 2006, Algorithm 7.4) in the variables that are not held at their
/// bound, with a search along the projected path (Bertsekas 1982).
///
/// `directions` bounds the first variables at 0; the others are free. It ends where the stop says,
/// or where no step brings what it must.
pub(super) fn minimise(
    function: impl Fn(&[f64]) -> (f64, Vec<f64>),
    mut x: Vec<f64>,
    directions: &[Direction],
    stop: Stop,
) -> Minimum {
    project(&mut x, directions);
    let (mut value, mut gradient) = function(&x);
    let mut memory = VecDeque::with_capacity(MEMORY);
    let mut iterations = 0;
    while iterations < stop.iterations {
        let held = held(&x, &gradient, directions);
        if largest(&gradient, &held) <= stop.gradient {
            break;
        }
        let mut found = None;
        // Where the remembered curvature misleads, steepest descent may still help.
        for fresh in [false, true] {
            if fresh {
                memory.clear();
            }
            let step = direction(&gradient, &held, &memory);
            found = search(&function, (&x, value, &gradient), &step, directions);
            if found.is_some() || memory.is_empty() {
                break;
            }
        }
        let Some((next, next_value, next_gradient)) = found else {
            break;
        };
        let pair = Pair {
            step: less(&next, &x),
            change: less(&next_gradient, &gradient),
        };
        if dot(&pair.step, &pair.change) > 1e-12 * dot(&pair.change, &pair.change) {
            if memory.len() == MEMORY {
                memory.pop_front();
            }
            memory.push_back(pair);
        }
        let brought = value - next_value;
        (x, value, gradient) = (next, next_value, next_gradient);
        iterations += 1;
        if stop.progress > 0.0 && brought <= stop.progress * value.abs() {
            break;
        }
    }
    let gradient_norm = largest(&gradient, &held(&x, &gradient, directions));
    Minimum {
        x,
        iterations,
        gradient_norm,
    }
}

/// The variables at their bound that the gradient pushes outward.
fn held(x: &[f64], gradient: &[f64], directions: &[Direction]) -> Vec<bool> {
    let at_bound = |at: usize| match directions.get(at) {
        Some(Direction::Increasing) => x[at] <= 0.0 && gradient[at] > 0.0,
        Some(Direction::Decreasing) => x[at] >= 0.0 && gradient[at] < 0.0,
        Some(Direction::Any) | None => false,
    };
    (0..x.len()).map(at_bound).collect()
}

/// The largest component that is free; NaN if one is, for a minimum it is not (`f64::max` would pass it
/// over).
fn largest(gradient: &[f64], held: &[bool]) -> f64 {
    let free = gradient.iter().zip(held).filter(|(_, held)| !**held);
    let larger = |most: f64, g: f64| if g > most || g.is_nan() { g } else { most };
    free.map(|(g, _)| g.abs()).fold(0.0, larger)
}

/// The quasi-Newton step in the free variables, by the two loops.
fn direction(gradient: &[f64], held: &[bool], memory: &VecDeque<Pair>) -> Vec<f64> {
    let masked = |v: &[f64]| -> Vec<f64> {
        let free = v.iter().zip(held);
        free.map(|(&v, &held)| if held { 0.0 } else { v }).collect()
    };
    let pairs: Vec<(Vec<f64>, Vec<f64>, f64)> = memory
        .iter()
        .map(|pair| (masked(&pair.step), masked(&pair.change)))
        .map(|(step, change)| {
            let curvature = dot(&step, &change);
            (step, change, curvature)
        })
        .filter(|(_, change, curvature)| *curvature > 1e-12 * dot(change, change))
        .collect();
    let mut q = masked(gradient);
    let mut factors = Vec::with_capacity(pairs.len());
    for (step, change, curvature) in pairs.iter().rev() {
        let factor = dot(step, &q) / curvature;
        add(&mut q, -factor, change);
        factors.push(factor);
    }
    let scale = match pairs.last() {
        Some((_, change, curvature)) => curvature / dot(change, change),
        None => 1.0 / largest(gradient, held),
    };
    q.iter_mut().for_each(|q| *q *= scale);
    for ((step, change, curvature), factor) in pairs.iter().zip(factors.into_iter().rev()) {
        let back = dot(change, &q) / curvature;
        add(&mut q, factor - back, step);
    }
    q.iter_mut().for_each(|q| *q = -*q);
    q
}

/// Halves the step until it brings enough.
fn search(
    function: &impl Fn(&[f64]) -> (f64, Vec<f64>),
    (x, value, gradient): (&[f64], f64, &[f64]),
    step: &[f64],
    directions: &[Direction],
) -> Option<(Vec<f64>, f64, Vec<f64>)> {
    let mut length = 1.0;
    for _ in 0..40 {
        let mut next = x.to_vec();
        add(&mut next, length, step);
        project(&mut next, directions);
        let promised = dot(&less(&next, x), gradient);
        let (next_value, next_gradient) = function(&next);
        let most = value + ENOUGH * promised + ROUNDING * value.abs();
        if promised < 0.0 && next_value <= most {
            return Some((next, next_value, next_gradient));
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

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn less(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn add(sum: &mut [f64], factor: f64, v: &[f64]) {
    for (sum, v) in sum.iter_mut().zip(v) {
        *sum += factor * v;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley, a slope in z.
    fn valley(x: &[f64]) -> (f64, Vec<f64>) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        let gradient = vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b, 1.0 + 2.0 * x[2]];
        (a * a + 100.0 * b * b + x[2] + x[2] * x[2], gradient)
    }

    const STOP: Stop = Stop {
        iterations: 500,
        gradient: 1e-8,
        progress: 0.0,
    };

    #[test]
    fn finds_the_bottom() {
        let free = [Direction::Any; 3];
        let found = minimise(valley, vec![-1.2, 1.0, 3.0], &free, STOP);
        assert!(found.gradient_norm <= 1e-6, "{found:?}");
        for (x, expected) in found.x.iter().zip([1.0, 1.0, -0.5]) {
            assert!((x - expected).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn where_there_are_no_numbers_is_no_minimum() {
        let hole = |x: &[f64]| (x[0] * x[0], vec![2.0 * x[0], f64::NAN]);
        let found = minimise(hole, vec![0.0, 0.0], &[], STOP);
        assert!(found.gradient_norm.is_nan(), "{found:?}");
    }

    #[test]
    fn stays_within_bounds() {
        let bounds = [Direction::Decreasing, Direction::Any, Direction::Increasing];
        let found = minimise(valley, vec![-1.2, 1.0, 3.0], &bounds, STOP);
        assert!(found.gradient_norm <= 1e-6, "{found:?}");
        for (x, expected) in found.x.iter().zip([0.0, 0.0, 0.0]) {
            assert!((x - expected).abs() < 1e-6, "{found:?}");
        }
    }
}
