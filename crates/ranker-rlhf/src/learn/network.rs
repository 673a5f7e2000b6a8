//! The loss of a network of one hidden layer, and its gradient.

use ranker_core::Direction;
use rayon::prelude::*;

use super::duels::{self, Duel};
use super::scaled::Scaled;

/// Rows that one task goes through. Fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 256;

/// The network's sizes. Its parameters stand in one vector: inner weights unit by unit, biases,
/// outer weights, and with ties θ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) units: usize,
    pub(super) inputs: usize,
    pub(super) ties: bool,
}

impl Shape {
    /// Inner weights, biases, outer weights.
    pub(super) fn parts<'a>(&self, x: &'a [f64]) -> (&'a [f64], &'a [f64], &'a [f64]) {
        let (inner, rest) = x.split_at(self.units * self.inputs);
        let (biases, rest) = rest.split_at(self.units);
        (inner, biases, &rest[..self.units])
    }

    /// The bounds of all parameters but θ. All units count positively: as the hyperbolic tangent is
    /// odd, that is no loss where features may help or hurt, and keeps the sign of the others.
    pub(super) fn bounds(&self, directions: &[Direction]) -> Vec<Direction> {
        let mut bounds = directions.repeat(self.units);
        bounds.extend(vec![Direction::Any; self.units]);
        bounds.extend(vec![Direction::Increasing; self.units]);
        bounds
    }

    /// `-Σ weight · log P(outcome) + ½ penalty · ‖x‖²`, and its gradient.
    pub(super) fn loss(
        &self,
        (scaled, duels): (&Scaled, &[Duel]),
        penalty: f64,
        x: &[f64],
    ) -> (f64, Vec<f64>) {
        let theta = self.ties.then(|| x[x.len() - 1]);
        let weights = &x[..x.len() - usize::from(self.ties)];
        let hidden = self.hidden(scaled, x);
        let (_, _, outer) = self.parts(x);
        let scores: Vec<f64> = hidden
            .chunks_exact(self.units)
            .map(|hidden| hidden.iter().zip(outer).map(|(h, out)| h * out).sum())
            .collect();
        let slopes = duels::slopes(duels, &scores, theta);
        let mut gradient: Vec<f64> = weights.iter().map(|x| penalty * x).collect();
        let sums = self.back(scaled, (&hidden, &slopes.by_row), x);
        for (gradient, sum) in gradient.iter_mut().zip(sums) {
            *gradient += sum;
        }
        let squares: f64 = weights.iter().map(|x| x * x).sum();
        gradient.extend(theta.map(|_| slopes.by_theta));
        (slopes.loss + 0.5 * penalty * squares, gradient)
    }

    /// Each unit's value for each row, `rows × units`.
    fn hidden(&self, scaled: &Scaled, x: &[f64]) -> Vec<f64> {
        let (inner, biases, _) = self.parts(x);
        let of_row = |row: &[f64]| -> Vec<f64> {
            let units = inner.chunks_exact(self.inputs).zip(biases);
            let unit = |(weights, bias): (&[f64], &f64)| {
                let dot: f64 = weights.iter().zip(row).map(|(w, z)| w * z).sum();
                (bias + dot).tanh()
            };
            units.map(unit).collect()
        };
        let rows = scaled.values.par_chunks_exact(self.inputs);
        rows.with_min_len(CHUNK).flat_map_iter(of_row).collect()
    }

    /// The gradient in all parameters but θ, from each row's slope.
    fn back(&self, scaled: &Scaled, (hidden, slopes): (&[f64], &[f64]), x: &[f64]) -> Vec<f64> {
        let of_chunk = |chunk: usize| {
            let mut sum = vec![0.0; self.units * (self.inputs + 2)];
            let end = slopes.len().min((chunk + 1) * CHUNK);
            for at in chunk * CHUNK..end {
                let row = &scaled.values[at * self.inputs..][..self.inputs];
                let hidden = &hidden[at * self.units..][..self.units];
                self.add(&mut sum, (row, hidden, slopes[at]), x);
            }
            sum
        };
        let chunks = slopes.len().div_ceil(CHUNK);
        let sums: Vec<Vec<f64>> = (0..chunks).into_par_iter().map(of_chunk).collect();
        let mut total = vec![0.0; self.units * (self.inputs + 2)];
        for sum in sums {
            for (total, part) in total.iter_mut().zip(sum) {
                *total += part;
            }
        }
        total
    }

    /// Adds one row's part of the gradient.
    fn add(&self, sum: &mut [f64], (row, hidden, slope): (&[f64], &[f64], f64), x: &[f64]) {
        let (_, _, outer) = self.parts(x);
        let (inner, rest) = sum.split_at_mut(self.units * self.inputs);
        let (biases, outers) = rest.split_at_mut(self.units);
        for (unit, &hidden) in hidden.iter().enumerate() {
            outers[unit] += slope * hidden;
            let below = slope * outer[unit] * (1.0 - hidden * hidden);
            biases[unit] += below;
            let weights = &mut inner[unit * self.inputs..][..self.inputs];
            for (weight, z) in weights.iter_mut().zip(row) {
                *weight += below * z;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled() -> Scaled {
        let value = |n: usize| ((n * 37) % 23) as f64 / 7.0 - 1.5;
        Scaled {
            active: vec![0, 1, 2],
            centres: vec![0.0; 3],
            spreads: vec![1.0; 3],
            values: (0..3 * 600).map(value).collect(),
        }
    }

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        let scaled = scaled();
        for ties in [true, false] {
            let duel = |n: usize| Duel {
                first: n,
                second: 599 - (n * 7) % 300,
                tie: ties && n.is_multiple_of(5),
                weight: 1.0 + n as f64 / 100.0,
            };
            let duels: Vec<Duel> = (0..300).map(duel).collect();
            let shape = Shape {
                units: 4,
                inputs: 3,
                ties,
            };
            let parameters = 4 * 5 + usize::from(ties);
            let x: Vec<f64> = (0..parameters).map(|n| (n as f64 * 0.7).sin()).collect();
            let loss = |x: &[f64]| shape.loss((&scaled, &duels), 3.0, x);
            let (_, gradient) = loss(&x);
            assert_eq!(gradient.len(), parameters);
            let step = 1e-5;
            for at in 0..parameters {
                let [ahead, behind] = [step, -step].map(|step| {
                    let mut x = x.clone();
                    x[at] += step;
                    loss(&x).0
                });
                let slope = (ahead - behind) / (2.0 * step);
                let gap = (slope - gradient[at]).abs();
                assert!(
                    gap <= 1e-6 * slope.abs().max(1.0),
                    "{at}: {slope} {}",
                    gradient[at]
                );
            }
        }
    }
}
