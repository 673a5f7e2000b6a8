use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, Axis};

use super::{LoraAdapter, LoraLayer};
use crate::encoder::{Base, Encoder};
use crate::error::LoraError;
use crate::matrix::Matrix;

/// What a merge changed, as it was before: [`Merged::undo`] puts it back.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    weights: BTreeMap<String, Matrix>,
    biases: BTreeMap<String, Vec<f32>>,
}

impl LoraAdapter {
    /// Adds the change to the weights: W ← W + s · B A, with rows of the trained lengths for DoRA, and
    /// the trained shifts. After this the encoder computes alone what it computed with the adapter,
    /// and can be exported with [`Encoder::to_onnx`]. On an error the encoder is as before.
    ///
    /// Returns the weights that were there; drop them, or keep them to take the adapter out again.
    ///
    /// # Errors
    /// [`LoraError::Layer`] or [`LoraError::Shape`] where they do not fit each other,
    /// [`LoraError::NotFinite`] where a weight overflows.
    pub fn merge(&self, encoder: &mut Encoder) -> Result<Merged, LoraError> {
        self.check(&*encoder)?;
        let linears = encoder.linears();
        let mut weights = BTreeMap::new();
        for (path, layer) in self.layers() {
            if let Some(linear) = linears.get(path) {
                let weight = self.merged(path, layer, &linear.weight);
                let name = || format!("the merged weight of {path}");
                weights.insert(path.clone(), Matrix::checked(weight, name)?);
            }
        }
        let mut merged = Merged {
            weights,
            biases: self.biases().clone(),
        };
        merged.swap(encoder);
        Ok(merged)
    }

    fn merged(&self, path: &str, layer: &LoraLayer, weight: &Matrix) -> Array2<f32> {
        let mut sum = &weight.view() + &self.delta(path, layer);
        if let Some(ratio) = self.ratio(path, weight.view()) {
            sum *= &ArrayView1::from(&ratio).insert_axis(Axis(1));
        }
        sum
    }
}

impl Merged {
    /// Puts the weights back that were there before the merge, bit by bit. Adapters that were merged
    /// one after the other are taken out in reverse order.
    ///
    /// # Errors
    /// [`LoraError::Layer`] or [`LoraError::Shape`] for another encoder, which stays as it is.
    pub fn undo(mut self, encoder: &mut Encoder) -> Result<(), LoraError> {
        self.check(encoder)?;
        self.swap(encoder);
        Ok(())
    }

    fn check(&self, encoder: &Encoder) -> Result<(), LoraError> {
        let linears = encoder.linear_layers();
        let biases: BTreeMap<String, (usize, usize)> = Base::from(encoder)
            .biases()
            .into_iter()
            .map(|(path, values)| (path, (1, values.len())))
            .collect();
        let weights = self
            .weights
            .iter()
            .map(|(path, w)| (path, w.shape(), &linears));
        let own = self.biases.iter();
        let own = own.map(|(path, values)| (path, (1, values.len()), &biases));
        for (path, actual, known) in weights.chain(own) {
            let Some(&expected) = known.get(path) else {
                let problem = "the encoder has no such layer; undo a merge on its own encoder";
                return Err(LoraError::layer(path, problem));
            };
            if expected != actual {
                return Err(LoraError::Shape {
                    name: format!("what was merged of {path}"),
                    expected,
                    actual,
                });
            }
        }
        Ok(())
    }

    /// Exchanges what is kept here with what the encoder has.
    fn swap(&mut self, encoder: &mut Encoder) {
        let mut linears = encoder.linears_mut();
        for (path, weight) in &mut self.weights {
            if let Some(linear) = linears.get_mut(path) {
                std::mem::swap(&mut linear.weight, weight);
            }
        }
        for (path, values) in &mut self.biases {
            if let Some(bias) = encoder.bias_mut(path) {
                bias.swap_with_slice(values);
            }
        }
    }
}
