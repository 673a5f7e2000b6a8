//! Normalisation by the root of the mean square (Zhang and Sennrich 2019, <https://arxiv.org/abs/1910.07467>),
//! forward and backward: y = w ⊙ x / √(mean of x² + ε) for every row x as long as w.

use super::{sums, vectorised};

/// The scale w, and ε.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rms<'n> {
    pub(crate) weight: &'n [f32],
    pub(crate) epsilon: f32,
}

impl Rms<'_> {
    /// y for every row.
    pub(crate) fn forward(self, rows: &[f32]) -> Vec<f32> {
        let mut out = rows.to_vec();
        vectorised(|| {
            for row in out.chunks_exact_mut(self.weight.len()) {
                let factor = self.factor(row);
                for (value, weight) in row.iter_mut().zip(self.weight) {
                    *value = *value * factor * weight;
                }
            }
        });
        out
    }

    /// Turns the gradient of y into that of x, which `rows` are:
    /// dx = f · (g − x f² mean(g ⊙ x)) with g = dy ⊙ w and f = 1/√(mean of x² + ε).
    pub(crate) fn backward(self, rows: &[f32], gradient: &mut [f32]) {
        let columns = self.weight.len();
        vectorised(|| {
            let both = gradient.chunks_exact_mut(columns);
            for (gradient, row) in both.zip(rows.chunks_exact(columns)) {
                let factor = self.factor(row);
                for (gradient, weight) in gradient.iter_mut().zip(self.weight) {
                    *gradient *= weight;
                }
                let slope = factor * factor * sums::dot(gradient, row) / columns as f32;
                for (gradient, value) in gradient.iter_mut().zip(row) {
                    *gradient = factor * (*gradient - value * slope);
                }
            }
        });
    }

    #[inline(always)]
    fn factor(self, row: &[f32]) -> f32 {
        let mean = sums::dot(row, row) / row.len() as f32;
        (mean + self.epsilon).sqrt().recip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [f32; 10] = [0.3, -1.2, 2.0, 0.1, 0.9, 4.0, -3.0, 0.5, 0.25, -0.75];

    #[test]
    fn rows_have_a_mean_square_of_one_and_gradients_are_slopes() {
        let weight = [1.0; 5];
        let rms = Rms {
            weight: &weight,
            epsilon: 0.0,
        };
        for row in rms.forward(&ROWS).chunks(5) {
            assert!((sums::dot(row, row) / 5.0 - 1.0).abs() < 1e-5);
        }
        let weight = [1.0, 0.5, -2.0, 1.5, 0.7];
        let rms = Rms {
            weight: &weight,
            epsilon: 1e-2,
        };
        let direction: Vec<f32> = (0..10_u8).map(|i| f32::from(i % 4) - 1.0).collect();
        let loss = |rows: &[f32]| sums::dot(&rms.forward(rows), &direction);
        let mut gradient = direction.clone();
        rms.backward(&ROWS, &mut gradient);
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
