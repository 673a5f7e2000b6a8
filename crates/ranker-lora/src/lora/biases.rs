//! The shifts b that an adapter has of its own.

use std::collections::BTreeMap;

use super::{Bias, LoraAdapter};
use crate::base::Base;
use crate::encoder::check_finite;
use crate::error::LoraError;

impl LoraAdapter {
    /// Adds the trained shifts, by the path of their linear layer or norm.
    ///
    /// # Errors
    /// [`LoraError::Layer`] for one that the configuration's [`Bias`] does not train,
    /// [`LoraError::NotFinite`].
    pub fn with_biases(mut self, biases: BTreeMap<String, Vec<f32>>) -> Result<Self, LoraError> {
        for (path, values) in &biases {
            if !self.trains_bias(path) {
                return Err(LoraError::layer(path, "the setting bias does not name it"));
            }
            check_finite(&format!("the bias of {path}"), values)?;
        }
        self.biases = biases;
        Ok(self)
    }

    /// The trained shifts, by the path of their linear layer or norm.
    pub fn biases(&self) -> &BTreeMap<String, Vec<f32>> {
        &self.biases
    }

    fn trains_bias(&self, path: &str) -> bool {
        match self.config().trained_bias() {
            Bias::None => false,
            Bias::LoraOnly => self.layers().contains_key(path),
            Bias::All => true,
        }
    }

    /// Takes the encoder's own shifts, where they are to be trained.
    pub(super) fn with_own_biases(self, encoder: Base<'_>) -> Result<Self, LoraError> {
        let all = encoder.biases().into_iter();
        let own = all.filter(|(path, _)| self.trains_bias(path));
        let own = own.map(|(path, values)| (path, values.to_vec())).collect();
        self.with_biases(own)
    }

    pub(super) fn check_biases(&self, encoder: Base<'_>) -> Result<(), LoraError> {
        let known: BTreeMap<String, usize> = encoder
            .biases()
            .into_iter()
            .map(|(path, values)| (path, values.len()))
            .collect();
        for (path, values) in &self.biases {
            match known.get(path) {
                None => return Err(LoraError::layer(path, "the encoder has no such bias")),
                Some(&length) if length != values.len() => {
                    return Err(LoraError::Shape {
                        name: format!("the bias of {path}"),
                        expected: (1, length),
                        actual: (1, values.len()),
                    });
                }
                Some(_) => {}
            }
        }
        // PEFT has none of the pooler where it was left out.
        let unused = encoder.unused();
        let missing = |path: &&String| {
            self.trains_bias(path)
                && !self.biases.contains_key(*path)
                && unused != Some(path.as_str())
        };
        match known.keys().find(missing) {
            Some(path) => Err(LoraError::layer(path, "its bias is trained, but missing")),
            None => Ok(()),
        }
    }
}
