//! A linear map with what is trained of it, forward and backward: y = W x + b + s · B (A x), or
//! DoRA's form of it.

use std::borrow::Cow;

use super::dropout::Dropout;
use super::frozen::FrozenLinear;
use super::lowrank::LowRank;
use super::parameters::Slot;
use crate::kernel::product::{Into, View, ViewMut, multiply};
use crate::kernel::sums;

/// One linear map during a pass.
#[derive(Clone, Copy)]
pub(crate) struct Linear<'p> {
    pub(crate) weight: &'p dyn FrozenLinear,
    /// As it is in the encoder.
    pub(crate) bias: &'p [f32],
    /// What is trained of this map.
    pub(crate) slot: &'p Slot,
    /// All trained values.
    pub(crate) values: &'p [f32],
    /// The row norms of all maps with magnitudes.
    pub(crate) norms: &'p [f32],
    pub(crate) dropout: Option<Dropout>,
    /// The place of the first token in its batch, which dropout draws by.
    pub(crate) first: usize,
}

impl<'p> Linear<'p> {
    /// y for every row of x, plus `residual` where there is one.
    pub(crate) fn forward(&self, x: &[f32], residual: Option<Vec<f32>>) -> Vec<f32> {
        let (out, columns) = self.weight.shape();
        let bias = self.bias();
        let mut y = match residual {
            Some(mut y) => {
                for row in y.chunks_exact_mut(out) {
                    row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
                }
                y
            }
            None => bias.repeat(x.len() / columns),
        };
        match (self.low_rank(), self.ratio()) {
            (None, _) => self.add_product(&mut y, x),
            (Some(change), None) => {
                self.add_product(&mut y, x);
                change.add(&mut y, &self.dropped(x));
            }
            (Some(change), Some(ratio)) => self.dora_forward(&mut y, x, (change, &ratio)),
        }
        y
    }

    /// Adds the gradient of what is trained to `gradient`, which is laid out as the trained values
    /// are, and that of x to `dx` where it is needed.
    pub(crate) fn backward(
        &self,
        (x, dy): (&[f32], &[f32]),
        dx: Option<&mut [f32]>,
        gradient: &mut [f32],
    ) {
        let (out, columns) = self.weight.shape();
        if let Some(bias) = &self.slot.bias {
            sums::add_rows(&mut gradient[bias.clone()], dy);
        }
        if let Some(weight) = &self.slot.weight {
            let target = ViewMut::new(&mut gradient[weight.clone()], columns);
            let factors = (View::new(dy, out).t(), View::new(x, columns));
            multiply(target, Into::Add, 1.0, factors);
        }
        match (self.low_rank(), self.ratio()) {
            (None, _) => dx
                .into_iter()
                .for_each(|dx| self.add_input_gradient(dx, dy)),
            (Some(change), None) => self.lora_backward((x, dy), dx, (change, gradient)),
            (Some(change), Some(ratio)) => {
                self.dora_backward((x, dy), dx, (change, &ratio, gradient));
            }
        }
    }

    fn lora_backward(
        &self,
        (x, dy): (&[f32], &[f32]),
        dx: Option<&mut [f32]>,
        (change, gradient): (LowRank<'_>, &mut [f32]),
    ) {
        let narrow = change.backward((&self.dropped(x), dy), gradient);
        let Some(dx) = dx else { return };
        self.weight.backward(dx, dy);
        match self.dropout {
            None => change.add_input(dx, &narrow),
            Some(_) => {
                let mut own = vec![0.0; dx.len()];
                change.add_input(&mut own, &narrow);
                self.drop(&mut own);
                dx.iter_mut().zip(&own).for_each(|(dx, own)| *dx += own);
            }
        }
    }

    pub(super) fn low_rank(&self) -> Option<LowRank<'p>> {
        let factors = self.slot.factors.as_ref()?;
        Some(LowRank::new(factors, self.values, self.weight.shape()))
    }

    fn bias(&self) -> &'p [f32] {
        match &self.slot.bias {
            Some(bias) => &self.values[bias.clone()],
            None => self.bias,
        }
    }

    /// W, where it is trained.
    fn trained(&self) -> Option<View<'p>> {
        let weight = self.slot.weight.clone()?;
        Some(View::new(&self.values[weight], self.weight.shape().1))
    }

    /// Adds x Wᵀ.
    fn add_product(&self, y: &mut [f32], x: &[f32]) {
        let (out, columns) = self.weight.shape();
        match self.trained() {
            None => self.weight.forward(y, x),
            Some(weight) => {
                let factors = (View::new(x, columns), weight.t());
                multiply(ViewMut::new(y, out), Into::Add, 1.0, factors);
            }
        }
    }

    /// Adds dy W.
    fn add_input_gradient(&self, dx: &mut [f32], dy: &[f32]) {
        let (out, columns) = self.weight.shape();
        match self.trained() {
            None => self.weight.backward(dx, dy),
            Some(weight) => {
                let factors = (View::new(dy, out), weight);
                multiply(ViewMut::new(dx, columns), Into::Add, 1.0, factors);
            }
        }
    }

    /// What the factors see of x.
    pub(super) fn dropped<'x>(&self, x: &'x [f32]) -> Cow<'x, [f32]> {
        if self.dropout.is_none() {
            return Cow::Borrowed(x);
        }
        let mut values = x.to_vec();
        self.drop(&mut values);
        Cow::Owned(values)
    }

    /// Drops values of rows of x, or of their gradient.
    pub(super) fn drop(&self, values: &mut [f32]) {
        if let Some(dropout) = self.dropout {
            let columns = self.weight.shape().1;
            dropout.apply(values, (self.first * columns) as u64);
        }
    }
}
