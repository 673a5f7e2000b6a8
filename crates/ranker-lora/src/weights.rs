//! The tensors of an encoder by their names in `model.safetensors`.

use crate::encoder::{Layer, Linear, Norm};
use crate::family::{Family, Part};
use crate::{Encoder, LoraError, QuantizedEncoder};

/// What PEFT calls the factors, after a layer's path.
pub(crate) const LORA_A: &str = ".lora_A.weight";
pub(crate) const LORA_B: &str = ".lora_B.weight";
pub(crate) const MAGNITUDE: &str = ".lora_magnitude_vector";

impl Encoder {
    /// Every tensor that an embedding depends on: all but the pooler's.
    pub(crate) fn tensors(&self) -> Vec<(String, &[f32])> {
        let family = self.config.family;
        let mut all = vec![
            (weight(family.words), self.words.values()),
            (weight(family.positions), self.positions.values()),
        ];
        all.extend(family.types.map(|path| (weight(path), self.types.values())));
        all.extend(self.norm.tensors(family.embedding_norm));
        for (index, layer) in self.layers.iter().enumerate() {
            for part in Part::ALL {
                all.extend(layer.part(part).tensors(&family.part(index, part)));
            }
            let [attention, output] = norm_paths(family, index);
            all.extend(layer.attention_norm.tensors(&attention));
            all.extend(layer.output_norm.tensors(&output));
        }
        all
    }

    /// The same, to be changed.
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
                parts,
                attention_norm,
                output_norm,
            } = layer;
            for (part, linear) in Part::ALL.into_iter().zip(parts) {
                all.extend(linear.tensors_mut(&family.part(index, part)));
            }
            all.extend(attention_norm.tensors_mut(&attention));
            all.extend(output_norm.tensors_mut(&output));
        }
        all
    }

    /// The shift at the end of a linear map or norm, or of the pooler, to be changed.
    pub(crate) fn bias_mut(&mut self, path: &str) -> Option<&mut [f32]> {
        if path == self.config.family.pooler {
            return Some(&mut self.pooler.as_mut()?.bias);
        }
        let mut all = self.tensors_mut().into_iter();
        let named = all.find(|(name, _)| bias_path(name) == Some(path));
        named.map(|(_, values)| values)
    }
}

impl QuantizedEncoder {
    /// The tensors that are kept as `f32`: shifts and norms.
    pub(crate) fn tensors(&self) -> Vec<(String, &[f32])> {
        let family = self.config.family;
        let mut all: Vec<_> = self.norm.tensors(family.embedding_norm).into();
        for (index, layer) in self.layers.iter().enumerate() {
            let shift = |part| (bias(&family.part(index, part)), &layer.part(part).bias[..]);
            all.extend(Part::ALL.map(shift));
            let [attention, output] = norm_paths(family, index);
            all.extend(layer.attention_norm.tensors(&attention));
            all.extend(layer.output_norm.tensors(&output));
        }
        all
    }
}

impl Linear {
    fn tensors(&self, path: &str) -> [(String, &[f32]); 2] {
        [
            (weight(path), self.weight.values()),
            (bias(path), &self.bias),
        ]
    }

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
