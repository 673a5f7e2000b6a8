//! An encoder with a finished adapter, computed as in training.

use super::chunk::Text;
use super::frozen::FrozenEncoder;
use super::model::{Activations, Model, Pass};
use super::output::Output;
use super::parameters::Slots;
use super::start::Start;
use crate::{Base, LoraAdapter, Pooling};

#[derive(Debug)]
pub(crate) struct AdaptedModel<'a> {
    model: Model<'a>,
    values: Vec<f32>,
}

impl<'a> AdaptedModel<'a> {
    /// The adapter must belong to the encoder.
    pub(crate) fn new(base: Base<'a>, adapter: LoraAdapter, pooling: Pooling) -> Self {
        let start = Start::Adapter(Box::new(adapter));
        let slots = Slots::new(&start, base.config());
        Self {
            values: start.values(&slots),
            model: Model {
                base: FrozenEncoder::new(base),
                slots,
                output: Output::Embeddings(pooling),
                activations: Activations::Keep,
            },
        }
    }

    /// A row of unit length for each text.
    pub(crate) fn embed(&self, texts: &[&[u32]]) -> Vec<Vec<f32>> {
        let pass = Pass {
            values: &self.values,
            dropout: None,
        };
        let texts: Vec<Text<'_>> = texts.iter().map(|&ids| ids.into()).collect();
        let rows = self.model.run(pass, &texts);
        let width = self.model.width();
        rows.chunks_exact(width).map(<[f32]>::to_vec).collect()
    }
}
