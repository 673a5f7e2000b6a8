//! A linear map with what is trained of it, forward and backward: y = W x + b + s · B (A x), or
//! DoRA's form of it.

use std::borrow::Cow;

use super::dropout::Dropout;
use super::lowrank::{Directed, LowRank, Slopes};
use super::parameters::Slot;
use crate::encoder::FrozenLinear;
use crate::kernel::product::{Into, View, ViewMut, multiply};
use crate::kernel::sums;

/// One linear map during a pass.
#[derive(Clone, Copy)]
pub(crate) struct Linear<'p> {
    /// As it is in the encoder.
    pub(crate) frozen: FrozenLinear<'p>,
    /// What is trained of this map.
    pub(crate) slot: &'p Slot,
    /// All trained values.
    pub(crate) values: &'p [f32],
    /// The row norms of all maps with magnitudes.
    pub(crate) norms: &'p [f32],
    pub(crate) dropout: Option<Dropout>,
    /// The index of the first token in its batch, which dropout draws by.
    pub(crate) first: usize,
}

impl<'p> Linear<'p> {
    /// y for every row of x, plus `residual` where there is one.
    pub(crate) fn forward(&self, x: &[f32], residual: Option<Vec<f32>>) -> Vec<f32> {
        let (out, columns) = self.frozen.weight.shape();
        let bias = self.bias();
        let mut y = match residual {
            Some(y) if bias.is_empty() => y,
            Some(mut y) => {
                for row in y.chunks_exact_mut(out) {
                    row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
                }
                y
            }
            None if bias.is_empty() => vec![0.0; x.len() / columns * out],
            None => bias.repeat(x.len() / columns),
        };
        match (self.low_rank(), self.ratio()) {
            (None, _) => self.add_product(&mut y, x),
            (Some(change), None) => {
                self.add_product(&mut y, x);
                change.add(&mut y, &self.dropped(x));
            }
            (Some(change), Some(ratio)) => {
                let ratio = &ratio;
                self.dora_forward(&mut y, x, Directed { change, ratio });
            }
        }
        y
    }

    /// Adds the gradient of what is trained to `gradient`, which is laid out as the trained values
    /// are, and that of x to `dx` where it is needed.
    pub(crate) fn backward(
        &self,
        slopes: Slopes<'_>,
        dx: Option<&mut [f32]>,
        gradient: &mut [f32],
    ) {
        let Slopes { x, dy } = slopes;
        let (out, columns) = self.frozen.weight.shape();
        if let Some(bias) = &self.slot.bias {
            sums::add_rows(&mut gradient[bias.clone()], dy);
        }
        if let Some(weight) = &self.slot.weight {
            let target = ViewMut::new(&mut gradient[weight.clone()], columns);
            let factors = View::new(dy, out).t().by(View::new(x, columns));
            multiply(target, Into::Add, factors);
        }
        match (self.low_rank(), self.ratio()) {
            (None, _) => dx
                .into_iter()
                .for_each(|dx| self.add_input_gradient(dx, dy)),
            (Some(change), None) => self.lora_backward(slopes, dx, change, gradient),
            (Some(change), Some(ratio)) => {
                let ratio = &ratio;
                self.dora_backward(slopes, dx, Directed { change, ratio }, gradient);
            }
        }
    }

    fn lora_backward(
        &self,
        slopes: Slopes<'_>,
        dx: Option<&mut [f32]>,
        change: LowRank<'_>,
        gradient: &mut [f32],
    ) {
        let Slopes { x, dy } = slopes;
        let x = &self.dropped(x);
        let narrow = change.backward(Slopes { x, dy }, gradient);
        let Some(dx) = dx else { return };
        self.frozen.weight.backward(dx, dy);
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
        Some(LowRank::new(
            factors,
            self.values,
            self.frozen.weight.shape(),
        ))
    }

    fn bias(&self) -> &'p [f32] {
        match &self.slot.bias {
            Some(bias) => &self.values[bias.clone()],
            None => self.frozen.bias,
        }
    }

    /// W, where it is trained.
    fn trained(&self) -> Option<View<'p>> {
        let weight = self.slot.weight.clone()?;
        Some(View::new(
            &self.values[weight],
            self.frozen.weight.shape().1,
        ))
    }

    /// Adds x Wᵀ.
    fn add_product(&self, y: &mut [f32], x: &[f32]) {
        let (out, columns) = self.frozen.weight.shape();
        match self.trained() {
            None => self.frozen.weight.forward(y, x),
            Some(weight) => {
                let factors = View::new(x, columns).by(weight.t());
                multiply(ViewMut::new(y, out), Into::Add, factors);
            }
        }
    }

    /// Adds dy W.
    fn add_input_gradient(&self, dx: &mut [f32], dy: &[f32]) {
        let (out, columns) = self.frozen.weight.shape();
        match self.trained() {
            None => self.frozen.weight.backward(dx, dy),
            Some(weight) => {
                let factors = View::new(dy, out).by(weight);
                multiply(ViewMut::new(dx, columns), Into::Add, factors);
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
            let columns = self.frozen.weight.shape().1;
            dropout.apply(values, (self.first * columns) as u64);
        }
    }
}
