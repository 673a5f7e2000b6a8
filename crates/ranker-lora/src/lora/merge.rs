use ndarray::Array2;

use super::{LoraAdapter, LoraLayer};
use crate::{Encoder, LoraError, Matrix};

impl LoraAdapter {
    /// Adds the change to the weights: W ← W + s · B A. After this the encoder computes alone what it
    /// computed with the adapter, and can be exported with [`Encoder::to_onnx`]. On an error the
    /// encoder is as before.
    ///
    /// # Errors
    /// [`LoraError::Layer`] or [`LoraError::Shape`] where they do not fit each other,
    /// [`LoraError::NotFinite`] where a weight overflows.
    pub fn merge(&self, encoder: &mut Encoder) -> Result<(), LoraError> {
        self.add(encoder, 1.0)
    }

    /// Takes a merged change out again: W ← W − s · B A. The weights come back up to rounding; keep
    /// a copy where every bit matters. On an error the encoder is as before.
    ///
    /// # Errors
    /// As for [`LoraAdapter::merge`].
    pub fn unmerge(&self, encoder: &mut Encoder) -> Result<(), LoraError> {
        self.add(encoder, -1.0)
    }

    fn add(&self, encoder: &mut Encoder, sign: f32) -> Result<(), LoraError> {
        self.check(&*encoder)?;
        let mut linears = encoder.linears_mut();
        let mut changed = Vec::with_capacity(self.layers().len());
        for (path, layer) in self.layers() {
            if let Some(linear) = linears.remove(path) {
                let weight = &linear.weight.view() + &(self.delta(path, layer) * sign);
                let weight = Matrix::checked(weight, || format!("the merged weight of {path}"))?;
                changed.push((linear, weight));
            }
        }
        for (linear, weight) in changed {
            linear.weight = weight;
        }
        Ok(())
    }

    /// s · B A
    fn delta(&self, path: &str, layer: &LoraLayer) -> Array2<f32> {
        layer.b().view().dot(&layer.a().view()) * self.config().scale_of(path) as f32
    }
}
