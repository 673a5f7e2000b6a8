//! A frozen linear map with its trained change: y = W x + b + s · B (A x), forward and backward.

use std::borrow::Cow;

use super::dropout::Dropout;
use super::frozen::FrozenLinear;
use super::parameters::Slot;
use crate::kernel::product::{Into, View, ViewMut, multiply};

/// One linear map during a pass.
#[derive(Clone, Copy)]
pub(crate) struct Linear<'p> {
    pub(crate) weight: &'p dyn FrozenLinear,
    pub(crate) bias: &'p [f32],
    /// The trained factors, where this map has some.
    pub(crate) slot: Option<&'p Slot>,
    /// All trained values.
    pub(crate) values: &'p [f32],
    pub(crate) dropout: Option<Dropout>,
    /// The place of the first token in its batch, which dropout draws by.
    pub(crate) first: usize,
}

impl Linear<'_> {
    /// y for every row of x, plus `residual` where there is one.
    pub(crate) fn forward(&self, x: &[f32], residual: Option<Vec<f32>>) -> Vec<f32> {
        let (out, columns) = self.weight.shape();
        let mut y = match residual {
            Some(mut y) => {
                for row in y.chunks_exact_mut(out) {
                    row.iter_mut().zip(self.bias).for_each(|(y, b)| *y += b);
                }
                y
            }
            None => self.bias.repeat(x.len() / columns),
        };
        self.weight.forward(&mut y, x);
        if let Some(slot) = self.slot {
            let narrow = self.narrow(slot, &self.dropped(x));
            let factors = (View::new(&narrow, slot.rank), self.b(slot).t());
            multiply(ViewMut::new(&mut y, out), Into::Add, slot.scale, factors);
        }
        y
    }

    /// Adds the gradient of the factors to `gradient`, which is laid out as the trained values are,
    /// and that of x to `dx` where it is needed.
    pub(crate) fn backward(
        &self,
        (x, dy): (&[f32], &[f32]),
        dx: Option<&mut [f32]>,
        gradient: &mut [f32],
    ) {
        let Some(slot) = self.slot else {
            return dx.into_iter().for_each(|dx| self.weight.backward(dx, dy));
        };
        let (out, columns) = self.weight.shape();
        let dropped = self.dropped(x);
        let narrow = self.narrow(slot, &dropped);
        // s · dy B, the gradient of A x.
        let mut narrow_gradient = vec![0.0; narrow.len()];
        let target = ViewMut::new(&mut narrow_gradient, slot.rank);
        let factors = (View::new(dy, out), self.b(slot));
        multiply(target, Into::Replace, slot.scale, factors);
        let narrow_gradient_view = View::new(&narrow_gradient, slot.rank);

        let target = ViewMut::new(&mut gradient[slot.b.clone()], slot.rank);
        let factors = (View::new(dy, out).t(), View::new(&narrow, slot.rank));
        multiply(target, Into::Add, slot.scale, factors);
        let target = ViewMut::new(&mut gradient[slot.a.clone()], columns);
        let factors = (narrow_gradient_view.t(), View::new(&dropped, columns));
        multiply(target, Into::Add, 1.0, factors);

        let Some(dx) = dx else { return };
        self.weight.backward(dx, dy);
        let factors = (narrow_gradient_view, self.a(slot));
        match self.dropout {
            None => multiply(ViewMut::new(dx, columns), Into::Add, 1.0, factors),
            Some(dropout) => {
                let mut own = vec![0.0; dx.len()];
                multiply(ViewMut::new(&mut own, columns), Into::Add, 1.0, factors);
                dropout.apply(&mut own, (self.first * columns) as u64);
                dx.iter_mut().zip(&own).for_each(|(dx, own)| *dx += own);
            }
        }
    }

    fn a(&self, slot: &Slot) -> View<'_> {
        View::new(&self.values[slot.a.clone()], self.weight.shape().1)
    }

    fn b(&self, slot: &Slot) -> View<'_> {
        View::new(&self.values[slot.b.clone()], slot.rank)
    }

    /// A x, row by row.
    fn narrow(&self, slot: &Slot, x: &[f32]) -> Vec<f32> {
        let columns = self.weight.shape().1;
        let mut narrow = vec![0.0; x.len() / columns * slot.rank];
        let factors = (View::new(x, columns), self.a(slot).t());
        let target = ViewMut::new(&mut narrow, slot.rank);
        multiply(target, Into::Replace, 1.0, factors);
        narrow
    }

    fn dropped<'x>(&self, x: &'x [f32]) -> Cow<'x, [f32]> {
        let Some(dropout) = self.dropout else {
            return Cow::Borrowed(x);
        };
        let mut values = x.to_vec();
        let columns = self.weight.shape().1;
        dropout.apply(&mut values, (self.first * columns) as u64);
        Cow::Owned(values)
    }
}
