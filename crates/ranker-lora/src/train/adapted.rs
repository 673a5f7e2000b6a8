//! An encoder with a finished adapter, computed as in training.

use super::frozen::FrozenEncoder;
use super::model::{Model, Pass};
use super::parameters::Slots;
use super::start::Start;
use crate::{Encoder, LoraAdapter, Pooling};

#[derive(Debug)]
pub(crate) struct AdaptedModel<'a> {
    model: Model<'a>,
    values: Vec<f32>,
}

impl<'a> AdaptedModel<'a> {
    /// The adapter must belong to the encoder.
    pub(crate) fn new(encoder: &'a Encoder, adapter: LoraAdapter, pooling: Pooling) -> Self {
        let start = Start::Adapter(Box::new(adapter));
        let slots = Slots::new(&start, encoder);
        Self {
            values: start.values(&slots),
            model: Model {
                base: FrozenEncoder::new(encoder),
                slots,
                pooling,
            },
        }
    }

    /// A row of unit length for each text.
    pub(crate) fn embed(&self, texts: &[&[u32]]) -> Vec<Vec<f32>> {
        let pass = Pass {
            values: &self.values,
            dropout: None,
        };
        let rows = self.model.embed(pass, texts);
        let width = self.model.base.encoder.config.hidden;
        rows.chunks_exact(width).map(<[f32]>::to_vec).collect()
    }
}
