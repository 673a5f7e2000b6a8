//! The tensors of an encoder by their names in `model.safetensors`.

use ranker_folder::{Family, Projection};

use super::form::Weight;
use super::table::Rows as _;
use super::weights::{Encoder, EncoderWeights, Layer, Linear, Norm};
use crate::error::LoraError;

/// What PEFT calls the factors, after a layer's path.
pub(crate) const LORA_A: &str = ".lora_A.weight";
pub(crate) const LORA_B: &str = ".lora_B.weight";
pub(crate) const MAGNITUDE: &str = ".lora_magnitude_vector";

impl<W: Weight> EncoderWeights<W> {
    /// Every tensor that an embedding depends on, which is all but the pooler's, where it is kept as
    /// `f32`.
    pub(crate) fn tensors(&self) -> Vec<(String, &[f32])> {
        let family = self.config.family;
        let tables = [
            (Some(family.words), &self.words),
            (Some(family.positions), &self.positions),
            (family.types, &self.types),
        ];
        let tables = tables.into_iter();
        let tables = tables.filter_map(|(path, table)| Some((weight(path?), table.values()?)));
        let mut all: Vec<_> = tables.collect();
        all.extend(self.norm.tensors(family.embedding_norm));
        for (index, layer) in self.layers.iter().enumerate() {
            for which in Projection::ALL {
                all.extend(layer.linear(which).tensors(&family.path(index, which)));
            }
            let [attention, output] = norm_paths(family, index);
            all.extend(layer.attention_norm.tensors(&attention));
            all.extend(layer.output_norm.tensors(&output));
        }
        all
    }
}

impl Encoder {
    /// The same of an encoder in full precision, to be changed.
    pub(crate) fn tensors_mut(&mut self) -> Vec<(String, &mut [f32])> {
        let family = self.config.family;
        let mut all = vec![
            (weight(family.words), self.words.values_mut()),
            (weight(family.positions), self.positions.values_mut()),
        ];
        if let Some(path) = family.types {
            all.push((weight(path), self.types.values_mut()));
        }
        all.extend(self.norm.tensors_mut(family.embedding_norm));
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let [attention, output] = norm_paths(family, index);
            let Layer {
                linears,
                attention_norm,
                output_norm,
            } = layer;
            for (which, linear) in Projection::ALL.into_iter().zip(linears) {
                all.extend(linear.tensors_mut(&family.path(index, which)));
            }
            all.extend(attention_norm.tensors_mut(&attention));
            all.extend(output_norm.tensors_mut(&output));
        }
        all
    }

    /// The bias of a linear map or norm, or of the pooler, to be changed.
    pub(crate) fn bias_mut(&mut self, path: &str) -> Option<&mut [f32]> {
        if path == self.config.family.pooler {
            return Some(&mut self.pooler.as_mut()?.bias);
        }
        let mut all = self.tensors_mut().into_iter();
        let named = all.find(|(name, _)| bias_path(name) == Some(path));
        named.map(|(_, values)| values)
    }
}

impl<W: Weight> Linear<W> {
    pub(crate) fn tensors(&self, path: &str) -> impl Iterator<Item = (String, &[f32])> {
        let own = self.weight.values().map(|values| (weight(path), values));
        let bias = Some((bias(path), &self.bias[..])).filter(|(_, values)| !values.is_empty());
        own.into_iter().chain(bias)
    }
}

impl Linear {
    fn tensors_mut(&mut self, path: &str) -> [(String, &mut [f32]); 2] {
        [
            (weight(path), self.weight.values_mut()),
            (bias(path), &mut self.bias),
        ]
    }
}

impl Norm {
    fn tensors(&self, path: &str) -> [(String, &[f32]); 2] {
        [(weight(path), &self.weight), (bias(path), &self.bias)]
    }

    fn tensors_mut(&mut self, path: &str) -> [(String, &mut [f32]); 2] {
        [
            (weight(path), &mut self.weight),
            (bias(path), &mut self.bias),
        ]
    }
}

/// The paths of a layer's norms: after the attention, and at its end.
pub(crate) fn norm_paths(family: &Family, layer: usize) -> [String; 2] {
    [family.attention_norm, family.output_norm]
        .map(|norm| format!("{}.{layer}.{norm}", family.layer))
}

pub(crate) fn weight(path: &str) -> String {
    format!("{path}.weight")
}

pub(crate) fn bias(path: &str) -> String {
    format!("{path}.bias")
}

pub(crate) fn bias_path(name: &str) -> Option<&str> {
    name.strip_suffix(".bias")
}

/// Checks values that were computed for named tensors.
pub(crate) fn check_finite(name: &str, values: &[f32]) -> Result<(), LoraError> {
    if values.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    let name = name.to_owned();
    Err(LoraError::NotFinite { name })
}
