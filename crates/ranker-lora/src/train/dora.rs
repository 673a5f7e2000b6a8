//! DoRA (Liu et al. 2024, <https://arxiv.org/abs/2402.09353>), as PEFT computes it: the rows of
//! V = W + s · B A are scaled to trained lengths m, so y = m / ‖V‖ ⊙ (V x) + b. The row norms ‖V‖
//! get no gradient (section 4.3 there).

use super::linear::Linear;
use super::lowrank::{Directed, LowRank, Slopes};
use super::parameters::Magnitude;
use crate::encoder::FrozenWeight;
use crate::kernel::{sums, vectorised};

/// How many rows of W are in memory at once while their norms are taken.
const PANEL: usize = 64;

/// The norms of the rows of W + s · B A, where `change` is the second summand.
pub(super) fn row_norms(weight: &dyn FrozenWeight, change: LowRank<'_>) -> Vec<f32> {
    let (out, columns) = weight.shape();
    let mut norms = Vec::with_capacity(out);
    let mut panel = Vec::new();
    for first in (0..out).step_by(PANEL) {
        panel.resize(PANEL.min(out - first) * columns, 0.0);
        weight.rows(first, &mut panel);
        change.add_rows(first, &mut panel);
        vectorised(|| {
            let rows = panel.chunks_exact(columns);
            norms.extend(rows.map(|row| sums::dot(row, row).sqrt()));
        });
    }
    norms
}

impl Linear<'_> {
    fn magnitude(&self) -> Option<&Magnitude> {
        self.slot.factors.as_ref()?.magnitude.as_ref()
    }

    /// m / ‖V‖ for every row, where there are magnitudes.
    pub(super) fn ratio(&self) -> Option<Vec<f32>> {
        let Magnitude { values, norms } = self.magnitude()?;
        let magnitudes = self.values[values.clone()].iter();
        let ratio = |(m, norm): (&f32, &f32)| m / norm;
        Some(
            magnitudes
                .zip(&self.norms[norms.clone()])
                .map(ratio)
                .collect(),
        )
    }

    /// V x̃ for every row of x̃, which is x after dropout.
    fn directed(&self, dropped: &[f32], change: LowRank<'_>) -> Vec<f32> {
        let (out, columns) = self.frozen.weight.shape();
        let mut z = vec![0.0; dropped.len() / columns * out];
        self.frozen.weight.forward(&mut z, dropped);
        change.add(&mut z, dropped);
        z
    }

    /// Adds W (x − x̃) + m / ‖V‖ ⊙ (V x̃) to y.
    pub(super) fn dora_forward(
        &self,
        y: &mut [f32],
        x: &[f32],
        Directed { change, ratio }: Directed<'_>,
    ) {
        let dropped = self.dropped(x);
        let z = self.directed(&dropped, change);
        for (y, z) in y
            .chunks_exact_mut(ratio.len())
            .zip(z.chunks_exact(ratio.len()))
        {
            for ((y, z), ratio) in y.iter_mut().zip(z).zip(ratio) {
                *y += ratio * z;
            }
        }
        if self.dropout.is_some() {
            let lost: Vec<f32> = x.iter().zip(&*dropped).map(|(x, d)| x - d).collect();
            self.frozen.weight.forward(y, &lost);
        }
    }

    pub(super) fn dora_backward(
        &self,
        Slopes { x, dy }: Slopes<'_>,
        dx: Option<&mut [f32]>,
        Directed { change, ratio }: Directed<'_>,
        gradient: &mut [f32],
    ) {
        let dropped = self.dropped(x);
        self.magnitude_gradient(&self.directed(&dropped, change), dy, gradient);
        let mut scaled = dy.to_vec();
        for row in scaled.chunks_exact_mut(ratio.len()) {
            row.iter_mut().zip(ratio).for_each(|(g, ratio)| *g *= ratio);
        }
        let slopes = Slopes {
            x: &dropped,
            dy: &scaled,
        };
        let narrow = change.backward(slopes, gradient);
        let Some(dx) = dx else { return };
        if self.dropout.is_none() {
            self.frozen.weight.backward(dx, &scaled);
            return change.add_input(dx, &narrow);
        }
        // dy W for x, and through the dropout what x̃ has more than that.
        self.frozen.weight.backward(dx, dy);
        scaled.iter_mut().zip(dy).for_each(|(g, dy)| *g -= dy);
        let mut own = vec![0.0; dx.len()];
        self.frozen.weight.backward(&mut own, &scaled);
        change.add_input(&mut own, &narrow);
        self.drop(&mut own);
        dx.iter_mut().zip(&own).for_each(|(dx, own)| *dx += own);
    }

    /// dm = Σ dy ⊙ z / ‖V‖, with z = V x̃.
    fn magnitude_gradient(&self, z: &[f32], dy: &[f32], gradient: &mut [f32]) {
        let Some(Magnitude { values, norms }) = self.magnitude() else {
            return;
        };
        let norms = &self.norms[norms.clone()];
        let mut sum = vec![0.0; norms.len()];
        for (z, dy) in z
            .chunks_exact(norms.len())
            .zip(dy.chunks_exact(norms.len()))
        {
            for (sum, (z, dy)) in sum.iter_mut().zip(z.iter().zip(dy)) {
                *sum += z * dy;
            }
        }
        let target = gradient[values.clone()].iter_mut();
        for (target, (sum, norm)) in target.zip(sum.iter().zip(norms)) {
            *target += sum / norm;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::FrozenLinear;
    use crate::matrix::Matrix;
    use crate::train::dropout::Dropout;
    use crate::train::parameters::{Factors, Slot};

    const OUT: usize = 70;
    const IN: usize = 5;
    const RANK: usize = 2;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        let value = |i: usize| ((i * 37 + seed * 11) % 23) as f32 / 7.0 - 1.5;
        (0..count).map(value).collect()
    }

    fn slot() -> Slot {
        let b = RANK * IN..RANK * (IN + OUT);
        let factors = Factors {
            a: 0..RANK * IN,
            b: b.clone(),
            rank: RANK,
            scale: 0.7,
            magnitude: Some(Magnitude {
                values: b.end..b.end + OUT,
                norms: 0..OUT,
            }),
        };
        Slot {
            factors: Some(factors),
            ..Slot::default()
        }
    }

    fn linear<'p>(weight: &'p Matrix, slot: &'p Slot, values: &'p [f32]) -> Linear<'p> {
        Linear {
            frozen: FrozenLinear {
                weight,
                bias: &[0.5; OUT],
            },
            slot,
            values,
            norms: &[],
            dropout: None,
            first: 3,
        }
    }

    #[test]
    fn row_norms_are_those_of_the_sum_across_panels() {
        let weight = Matrix::new(OUT, IN, numbers(OUT * IN, 1)).unwrap();
        let (slot, values) = (slot(), numbers(RANK * (IN + OUT) + OUT, 2));
        let change = linear(&weight, &slot, &values).low_rank().unwrap();
        let norms = row_norms(&weight, change);
        assert_eq!(norms.len(), OUT);
        for (row, norm) in norms.iter().enumerate() {
            let cell = |column: usize| {
                let b = &values[RANK * (IN + row)..][..RANK];
                let change: f32 = (0..RANK).map(|k| b[k] * values[k * IN + column]).sum();
                weight.row(row).unwrap()[column] + 0.7 * change
            };
            let square: f32 = (0..IN).map(|column| cell(column).powi(2)).sum();
            assert!((norm - square.sqrt()).abs() < 1e-4, "{row}");
        }
    }

    #[test]
    fn gradients_are_slopes_for_constant_norms() {
        let weight = Matrix::new(OUT, IN, numbers(OUT * IN, 1)).unwrap();
        let (slot, values, x) = (slot(), numbers(RANK * (IN + OUT) + OUT, 2), numbers(20, 3));
        let norms = vec![1.3; OUT];
        let dy = numbers(4 * OUT, 4);
        for dropout in [None, Dropout::new(0.4, 9)] {
            let at = |values: &[f32], x: &[f32]| {
                let linear = Linear {
                    norms: &norms,
                    dropout,
                    ..linear(&weight, &slot, values)
                };
                let y = linear.forward(x, None);
                y.iter()
                    .zip(&dy)
                    .map(|(y, g)| f64::from(y * g))
                    .sum::<f64>()
            };
            let linear = Linear {
                norms: &norms,
                dropout,
                ..linear(&weight, &slot, &values)
            };
            let (mut dx, mut gradient) = (vec![0.0; x.len()], vec![0.0; values.len()]);
            let slopes = Slopes { x: &x, dy: &dy };
            linear.backward(slopes, Some(&mut dx), &mut gradient);
            let moved = |from: &[f32], i: usize, step: f32| {
                let mut moved = from.to_vec();
                moved[i] += step;
                moved
            };
            let check = |slope: f64, own: f32| {
                let distance = (slope - f64::from(own)).abs();
                assert!(distance < 1e-2 * (1.0 + slope.abs()), "{slope}, {own}");
            };
            for (i, own) in gradient.iter().enumerate() {
                let at = |step| at(&moved(&values, i, step), &x);
                check((at(0.05) - at(-0.05)) / 0.1, *own);
            }
            for (i, own) in dx.iter().enumerate() {
                let at = |step| at(&values, &moved(&x, i, step));
                check((at(0.05) - at(-0.05)) / 0.1, *own);
            }
        }
    }
}
