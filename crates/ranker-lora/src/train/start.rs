//! What a training starts from, and what it makes.

use super::parameters::Slots;
use crate::base::Base;
use crate::decoder::Decoder;
use crate::encoder::{Encoder, check_finite};
use crate::error::LoraError;
use crate::lora::{CrossAdapter, LoraAdapter, LoraConfig};

/// What a training changes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Trainable {
    /// The factors of an adapter; the encoder's own weights stay as they are.
    Lora(LoraConfig),
    /// Every weight of the encoder that an embedding depends on. A copy of them,
    /// their gradient and two moments are in memory; the learning rate must be lower.
    Full,
}

impl From<LoraConfig> for Trainable {
    fn from(config: LoraConfig) -> Self {
        Self::Lora(config)
    }
}

/// What a training made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Tuned {
    /// Of [`Trainable::Lora`].
    Adapter(Box<LoraAdapter>),
    /// Of [`Trainable::Full`].
    Encoder(Box<Encoder>),
    /// Of [`Trainer::cross_encoder`](crate::Trainer::cross_encoder).
    Cross(Box<CrossAdapter>),
}

impl Tuned {
    /// The adapter, where one was trained; of a cross-encoder, without the head.
    pub fn adapter(&self) -> Option<&LoraAdapter> {
        match self {
            Self::Adapter(adapter) => Some(adapter),
            Self::Cross(cross) => Some(cross.adapter()),
            Self::Encoder(_) => None,
        }
    }

    /// The adapter together with the head, where a cross-encoder was trained.
    pub fn cross_adapter(&self) -> Option<&CrossAdapter> {
        match self {
            Self::Cross(cross) => Some(cross),
            Self::Adapter(_) | Self::Encoder(_) => None,
        }
    }

    /// The tuned encoder: the one that was trained, or `base` with the adapter merged. Of a
    /// cross-encoder, the encoder without the head.
    ///
    /// # Errors
    /// As for [`LoraAdapter::merge`].
    pub fn encoder(&self, base: &Encoder) -> Result<Encoder, LoraError> {
        if let Self::Encoder(encoder) = self {
            return Ok(encoder.as_ref().clone());
        }
        let mut encoder = base.clone();
        if let Some(adapter) = self.adapter() {
            adapter.merge(&mut encoder)?;
        }
        Ok(encoder)
    }

    /// `base` with the adapter merged.
    ///
    /// # Errors
    /// As for [`LoraAdapter::merge`].
    pub fn decoder(&self, base: &Decoder) -> Result<Decoder, LoraError> {
        let mut decoder = base.clone();
        if let Some(adapter) = self.adapter() {
            adapter.merge(&mut decoder)?;
        }
        Ok(decoder)
    }
}

/// The tensors that a training begins with.
#[derive(Debug)]
pub(crate) enum Start<'a> {
    Adapter(Box<LoraAdapter>),
    Encoder(&'a Encoder),
}

impl Start<'_> {
    pub(crate) fn adapter(&self) -> Option<&LoraAdapter> {
        match self {
            Self::Adapter(adapter) => Some(adapter),
            Self::Encoder(_) => None,
        }
    }

    /// The target modules of the adapter's configuration.
    pub(crate) fn targets(&self) -> String {
        let targets = self.adapter().map(|a| a.config().target_modules());
        format!("{:?}", targets.unwrap_or_default())
    }

    /// The probability to drop a value on its way into the factors.
    pub(crate) fn dropout(&self) -> f64 {
        self.adapter().map_or(0.0, |a| a.config().lora_dropout)
    }

    /// All that could be trained, by name.
    pub(crate) fn tensors(&self) -> Vec<(String, &[f32])> {
        match self {
            Self::Adapter(adapter) => adapter.tensors(),
            Self::Encoder(encoder) => encoder.tensors(),
        }
    }

    /// Where the trained values lie.
    pub(crate) fn slots(&self, base: Base<'_>) -> Slots {
        let tensors = self.tensors().into_iter();
        let sizes = tensors.map(|(name, values)| (name, values.len()));
        Slots::new(sizes.collect(), self.adapter(), &base.paths())
    }

    /// The trained values, as they lie in `slots`.
    pub(crate) fn values(&self, slots: &Slots) -> Vec<f32> {
        let mut values = vec![0.0; slots.count()];
        copy_known(&mut values, self.tensors(), slots);
        values
    }

    /// The same tensors with these values.
    pub(crate) fn tuned(&self, slots: &Slots, values: &[f32]) -> Result<Tuned, LoraError> {
        match self {
            Self::Adapter(adapter) => {
                let mut adapter = adapter.clone();
                fill(adapter.tensors_mut(), slots, values)?;
                Ok(Tuned::Adapter(adapter))
            }
            Self::Encoder(encoder) => {
                let mut encoder = Encoder::clone(encoder);
                fill(encoder.tensors_mut(), slots, values)?;
                Ok(Tuned::Encoder(Box::new(encoder)))
            }
        }
    }
}

/// Copies the tensors that have a slot.
pub(crate) fn copy_known(values: &mut [f32], tensors: Vec<(String, &[f32])>, slots: &Slots) {
    for (name, tensor) in tensors {
        if let Some(range) = slots.by_name().get(&name) {
            values[range.clone()].copy_from_slice(tensor);
        }
    }
}

fn fill(
    tensors: Vec<(String, &mut [f32])>,
    slots: &Slots,
    values: &[f32],
) -> Result<(), LoraError> {
    for (name, tensor) in tensors {
        if let Some(range) = slots.by_name().get(&name) {
            check_finite(&name, &values[range.clone()])?;
            tensor.copy_from_slice(&values[range.clone()]);
        }
    }
    Ok(())
}
