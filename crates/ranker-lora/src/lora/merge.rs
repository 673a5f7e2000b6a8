use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, Axis};

use super::{LoraAdapter, LoraLayer};
use crate::base::Base;
use crate::decoder::Decoder;
use crate::encoder::{Encoder, Linear};
use crate::error::LoraError;
use crate::matrix::Matrix;

/// A model whose weights an adapter can be merged into: an [`Encoder`] or a [`Decoder`]. It cannot be implemented outside
/// of this crate.
pub trait MergeTarget: Target {}

impl MergeTarget for Encoder {}

impl MergeTarget for Decoder {}

/// What merging reads and changes.
pub trait Target {
    #[doc(hidden)]
    fn base(&self) -> Base<'_>;

    #[doc(hidden)]
    fn maps(&self) -> BTreeMap<String, &Linear>;

    #[doc(hidden)]
    fn maps_mut(&mut self) -> BTreeMap<String, &mut Linear>;

    /// The bias of a linear map or norm.
    #[doc(hidden)]
    fn own_bias_mut(&mut self, path: &str) -> Option<&mut [f32]>;
}

impl Target for Encoder {
    fn base(&self) -> Base<'_> {
        self.into()
    }

    fn maps(&self) -> BTreeMap<String, &Linear> {
        self.linears()
    }

    fn maps_mut(&mut self) -> BTreeMap<String, &mut Linear> {
        self.linears_mut()
    }

    fn own_bias_mut(&mut self, path: &str) -> Option<&mut [f32]> {
        self.bias_mut(path)
    }
}

impl Target for Decoder {
    fn base(&self) -> Base<'_> {
        self.into()
    }

    fn maps(&self) -> BTreeMap<String, &Linear> {
        self.linears()
    }

    fn maps_mut(&mut self) -> BTreeMap<String, &mut Linear> {
        self.linears_mut()
    }

    fn own_bias_mut(&mut self, path: &str) -> Option<&mut [f32]> {
        let linear = self.linears_mut().remove(path)?;
        Some(&mut linear.bias)
    }
}

/// What a merge changed, as it was before: [`Merged::undo`] puts it back.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    weights: BTreeMap<String, Matrix>,
    biases: BTreeMap<String, Vec<f32>>,
}

impl LoraAdapter {
    /// Adds the change to the weights: W ← W + s · B A, with rows of the trained lengths for DoRA, and
    /// the trained shifts. After this the model computes alone what it computed with the adapter,
    /// and can be exported ([`Encoder::to_onnx`], [`Decoder::to_onnx`]). On an error it is as before.
    ///
    /// Returns the weights that were there; drop them, or keep them to take the adapter out again.
    ///
    /// # Errors
    /// [`LoraError::Layer`] or [`LoraError::Shape`] where they do not fit each other,
    /// [`LoraError::NotFinite`] where a weight overflows.
    pub fn merge(&self, model: &mut impl MergeTarget) -> Result<Merged, LoraError> {
        self.check(model.base())?;
        let linears = model.maps();
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
        merged.swap(model);
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
    /// [`LoraError::Layer`] or [`LoraError::Shape`] for another model, which stays as it is.
    pub fn undo(mut self, model: &mut impl MergeTarget) -> Result<(), LoraError> {
        self.check(model.base())?;
        self.swap(model);
        Ok(())
    }

    fn check(&self, base: Base<'_>) -> Result<(), LoraError> {
        let linears = base.linear_layers();
        let biases: BTreeMap<String, (usize, usize)> = base
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
                let problem = "the model has no such layer; undo a merge on its own model";
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

    /// Exchanges what is kept here with what the model has.
    fn swap(&mut self, model: &mut impl MergeTarget) {
        let mut linears = model.maps_mut();
        for (path, weight) in &mut self.weights {
            if let Some(linear) = linears.get_mut(path) {
                std::mem::swap(&mut linear.weight, weight);
            }
        }
        for (path, values) in &mut self.biases {
            if let Some(bias) = model.own_bias_mut(path) {
                bias.swap_with_slice(values);
            }
        }
    }
}
