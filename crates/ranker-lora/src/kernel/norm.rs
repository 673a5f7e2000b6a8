//! Layer normalisation (Ba et al. 2016), forward and backward.

use super::{sums, vectorised};
use crate::encoder::Norm;

/// The scale and shift after a normalisation, each of the hidden size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affine<'n> {
    pub(crate) weight: &'n [f32],
    pub(crate) bias: &'n [f32],
}

impl<'n> From<&'n Norm> for Affine<'n> {
    fn from(norm: &'n Norm) -> Self {
        Self {
            weight: &norm.weight,
            bias: &norm.bias,
        }
    }
}

/// What the backward pass needs of a normalisation.
#[derive(Debug, Default)]
pub(crate) struct Normed {
    /// x̂ = (x − mean) / σ, row by row.
    pub(crate) values: Vec<f32>,
    /// 1/σ of every row.
    pub(crate) factors: Vec<f32>,
}

impl Normed {
    /// Normalises rows of the hidden size in place and keeps them.
    pub(crate) fn keep(&mut self, rows: Vec<f32>, columns: usize, epsilon: f32) {
        self.values = rows;
        self.factors.clear();
        let (values, factors) = (&mut self.values, &mut self.factors);
        vectorised(|| {
            for row in values.chunks_exact_mut(columns) {
                factors.push(normalise(row, epsilon));
            }
        });
    }

    /// `out = x̂ ⊙ weight + bias`
    pub(crate) fn scaled(&self, norm: Affine<'_>) -> Vec<f32> {
        let columns = norm.weight.len();
        let mut out = vec![0.0; self.values.len()];
        vectorised(|| {
            let rows = out.chunks_exact_mut(columns);
            for (out, values) in rows.zip(self.values.chunks_exact(columns)) {
                let parameters = norm.weight.iter().zip(norm.bias);
                for ((out, value), (weight, bias)) in out.iter_mut().zip(values).zip(parameters) {
                    *out = value * weight + bias;
                }
            }
        });
        out
    }

    /// Adds Σ dy ⊙ x̂, the gradient of the scale, to `out`.
    pub(crate) fn add_weight_gradient(&self, out: &mut [f32], gradient: &[f32]) {
        let columns = out.len();
        vectorised(|| {
            let rows = gradient.chunks_exact(columns);
            for (gradient, values) in rows.zip(self.values.chunks_exact(columns)) {
                for (out, (gradient, value)) in out.iter_mut().zip(gradient.iter().zip(values)) {
                    *out += gradient * value;
                }
            }
        });
    }

    /// The gradient of the rows before the normalisation, in place of that after it:
    /// dx = 1/σ · (g − mean(g) − x̂ mean(g ⊙ x̂)) with g = dy ⊙ weight.
    pub(crate) fn backward(&self, gradient: &mut [f32], norm: Affine<'_>) {
        let columns = norm.weight.len();
        let size = columns as f32;
        vectorised(|| {
            let rows = gradient.chunks_exact_mut(columns);
            let kept = self.values.chunks_exact(columns).zip(&self.factors);
            for (row, (values, factor)) in rows.zip(kept) {
                for (gradient, weight) in row.iter_mut().zip(norm.weight) {
                    *gradient *= weight;
                }
                let (mean, slope) = (sums::sum(row) / size, sums::dot(row, values) / size);
                for (gradient, value) in row.iter_mut().zip(values) {
                    *gradient = factor * (*gradient - mean - value * slope);
                }
            }
        });
    }
}

#[inline(always)]
fn normalise(row: &mut [f32], epsilon: f32) -> f32 {
    let size = row.len() as f32;
    let mean = sums::sum(row) / size;
    for value in row.iter_mut() {
        *value -= mean;
    }
    let factor = (sums::dot(row, row) / size + epsilon).sqrt().recip();
    for value in row.iter_mut() {
        *value *= factor;
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: usize = 5;
    const ROWS: [f32; 10] = [0.3, -1.2, 2.0, 0.1, 0.9, 4.0, -3.0, 0.5, 0.25, -0.75];

    fn norm() -> Norm {
        Norm {
            weight: vec![1.0, 0.5, -2.0, 1.5, 0.7],
            bias: vec![0.1, 0.2, 0.3, 0.4, 0.5],
        }
    }

    fn normed(rows: &[f32]) -> Normed {
        let mut normed = Normed::default();
        normed.keep(rows.to_vec(), COLUMNS, 1e-5);
        normed
    }

    #[test]
    fn gradients_are_slopes() {
        let direction: Vec<f32> = (0..10_u8).map(|i| f32::from(i % 4) - 1.0).collect();
        let loss = |rows: &[f32]| sums::dot(&normed(rows).scaled((&norm()).into()), &direction);
        let mut gradient = direction.clone();
        normed(&ROWS).backward(&mut gradient, (&norm()).into());
        for i in 0..ROWS.len() {
            let (mut above, mut below) = (ROWS, ROWS);
            above[i] += 0.01;
            below[i] -= 0.01;
            let slope = (loss(&above) - loss(&below)) / 0.02;
            assert!(
                (slope - gradient[i]).abs() < 2e-3,
                "{i}: {slope}, {}",
                gradient[i]
            );
        }
    }
}
