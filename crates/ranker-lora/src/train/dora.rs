//! DoRA (Liu et al. 2024, <https://arxiv.org/abs/2402.09353>), as PEFT computes it: the rows of
//! V = W + s · B A are scaled to trained lengths m, so y = m / ‖V‖ ⊙ (V x) + b. The row norms ‖V‖
//! get no gradient (section 4.3 there).

use super::frozen::FrozenLinear;
use super::linear::Linear;
use super::lowrank::LowRank;
use super::parameters::Magnitude;
use crate::kernel::{sums, vectorised};

/// How many rows of W are in memory at once while their norms are taken.
const PANEL: usize = 64;

/// The norms of the rows of W + s · B A, where `change` is the second summand.
pub(super) fn row_norms(weight: &dyn FrozenLinear, change: LowRank<'_>) -> Vec<f32> {
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
        let (out, columns) = self.weight.shape();
        let mut z = vec![0.0; dropped.len() / columns * out];
        self.weight.forward(&mut z, dropped);
        change.add(&mut z, dropped);
        z
    }

    /// Adds W (x − x̃) + m / ‖V‖ ⊙ (V x̃) to y.
    pub(super) fn dora_forward(
        &self,
        y: &mut [f32],
        x: &[f32],
        (change, ratio): (LowRank<'_>, &[f32]),
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
            self.weight.forward(y, &lost);
        }
    }

    pub(super) fn dora_backward(
        &self,
        (x, dy): (&[f32], &[f32]),
        dx: Option<&mut [f32]>,
        (change, ratio, gradient): (LowRank<'_>, &[f32], &mut [f32]),
    ) {
        let dropped = self.dropped(x);
        self.magnitude_gradient((&self.directed(&dropped, change), dy), gradient);
        let mut scaled = dy.to_vec();
        for row in scaled.chunks_exact_mut(ratio.len()) {
            row.iter_mut().zip(ratio).for_each(|(g, ratio)| *g *= ratio);
        }
        let narrow = change.backward((&dropped, &scaled), gradient);
        let Some(dx) = dx else { return };
        if self.dropout.is_none() {
            self.weight.backward(dx, &scaled);
            return change.add_input(dx, &narrow);
        }
        // dy W for x, and through the dropout what x̃ has more than that.
        self.weight.backward(dx, dy);
        scaled.iter_mut().zip(dy).for_each(|(g, dy)| *g -= dy);
        let mut own = vec![0.0; dx.len()];
        self.weight.backward(&mut own, &scaled);
        change.add_input(&mut own, &narrow);
        self.drop(&mut own);
        dx.iter_mut().zip(&own).for_each(|(dx, own)| *dx += own);
    }

    /// dm = Σ dy ⊙ z / ‖V‖, with z = V x̃.
    fn magnitude_gradient(&self, (z, dy): (&[f32], &[f32]), gradient: &mut [f32]) {
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
