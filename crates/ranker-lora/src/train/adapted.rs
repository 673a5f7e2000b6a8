//! A model with a finished adapter, computed as in training.

use ranker_folder::Pooling;

use super::chunk::Text;
use super::model::Model;
use super::output::Output;
use super::parameters::Slots;
use super::pass::{Activations, Pass};
use super::start::Start;
use crate::base::Base;
use crate::cross::{Head, PairIds};
use crate::lora::LoraAdapter;

#[derive(Debug)]
pub(crate) struct AdaptedModel<'a> {
    model: Model<'a>,
    values: Vec<f32>,
}

impl<'a> AdaptedModel<'a> {
    /// The adapter must belong to the encoder.
    pub(crate) fn new(base: Base<'a>, adapter: LoraAdapter, pooling: Pooling) -> Self {
        let hidden = base.hidden_size();
        Self::with(base, adapter, |_| Output::Embeddings { pooling, hidden })
    }

    /// With a head on it. All must belong to the encoder.
    pub(crate) fn cross(base: Base<'a>, adapter: LoraAdapter, head: &Head) -> Self {
        let mut made = Self::with(base, adapter, |slots| Output::scores(head, slots));
        made.values.extend(head.values());
        made
    }

    fn with(
        base: Base<'a>,
        adapter: LoraAdapter,
        output: impl FnOnce(&mut Slots) -> Output,
    ) -> Self {
        let start = Start::Adapter(Box::new(adapter));
        let mut slots = start.slots(base);
        let values = start.values(&slots);
        let output = output(&mut slots);
        Self {
            values,
            model: Model {
                base,
                slots,
                output,
                activations: Activations::Keep,
            },
        }
    }

    /// A row of unit length for each text.
    pub(crate) fn embed(&self, texts: &[&[u32]]) -> Vec<Vec<f32>> {
        let rows = self.run(texts.iter().map(|&ids| ids.into()).collect());
        let width = self.model.width();
        rows.chunks_exact(width).map(<[f32]>::to_vec).collect()
    }

    /// The score of each pair.
    pub(crate) fn scores(&self, pairs: &[PairIds]) -> Vec<f32> {
        self.run(pairs.iter().map(Text::from).collect())
    }

    fn run(&self, texts: Vec<Text<'_>>) -> Vec<f32> {
        let pass = Pass {
            values: &self.values,
            dropout: None,
        };
        self.model.run(pass, &texts)
    }
}
