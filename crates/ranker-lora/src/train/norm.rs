//! A layer normalisation with what is trained of it.

use super::parameters::NormSlot;
use crate::encoder::Norm;
use crate::kernel::norm::{Affine, Normed};
use crate::kernel::sums;

/// The scale and shift of one norm during a pass.
#[derive(Clone, Copy)]
pub(crate) struct TrainedNorm<'p> {
    pub(crate) affine: Affine<'p>,
    slot: &'p NormSlot,
}

impl<'p> TrainedNorm<'p> {
    /// Those of `norm`, or those among the trained values instead.
    pub(crate) fn new(norm: &'p Norm, slot: &'p NormSlot, values: &'p [f32]) -> Self {
        let mut affine = Affine::from(norm);
        if let Some(weight) = &slot.weight {
            affine.weight = &values[weight.clone()];
        }
        if let Some(bias) = &slot.bias {
            affine.bias = &values[bias.clone()];
        }
        Self { affine, slot }
    }

    /// Adds to the gradient of the trained values, and turns that of the output into that of the
    /// input.
    pub(crate) fn backward(&self, kept: &Normed, rows: &mut [f32], gradient: &mut [f32]) {
        if let Some(weight) = &self.slot.weight {
            kept.add_weight_gradient(&mut gradient[weight.clone()], rows);
        }
        if let Some(bias) = &self.slot.bias {
            sums::add_rows(&mut gradient[bias.clone()], rows);
        }
        kept.backward(rows, self.affine);
    }
}
