//! An encoder with an adapter in training: embeddings of a batch, and the adapter's gradient.

use std::ops::Range;

use rayon::prelude::*;

use super::attention::Heads;
use super::chunk::{Chunk, Text, chunks};
use super::dropout::Dropout;
use super::frozen::FrozenEncoder;
use super::layer::{KeptLayer, LayerPass};
use super::output::{self, Output};
use super::parameters::Slots;
use crate::kernel::norm::Normed;
use crate::kernel::sums;

/// What training computes with.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) base: FrozenEncoder<'a>,
    pub(crate) slots: Slots,
    pub(crate) output: Output,
}

/// What the forward pass over a chunk keeps for the backward one.
#[derive(Debug)]
struct Kept {
    /// After the embedding tables.
    start: Normed,
    layers: Vec<KeptLayer>,
    output: output::Kept,
}

/// One pass over a batch: the values it computes with and the seed of its dropout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass<'p> {
    pub(crate) values: &'p [f32],
    /// `None` outside of training.
    pub(crate) dropout: Option<Dropout>,
}

/// Whether activations are kept from the forward pass to the backward one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// All of them.
    Keep,
    /// None: every chunk is computed twice, and memory does not grow with the batch (GradCache,
    /// Gao et al. 2021, <https://arxiv.org/abs/2101.06983>).
    Recompute,
}

impl Model<'_> {
    fn hidden(&self) -> usize {
        self.base.encoder.config.hidden
    }

    /// How many values are trained.
    pub(crate) fn count(&self) -> usize {
        self.slots.count() + self.output.count()
    }

    /// How many values come out for a text.
    pub(crate) fn width(&self) -> usize {
        self.output.width(self.hidden())
    }

    /// The embeddings or scores of `texts`, a row each.
    pub(crate) fn run(&self, pass: Pass<'_>, texts: &[Text<'_>]) -> Vec<f32> {
        let rows: Vec<Vec<f32>> = chunks(texts)
            .par_iter()
            .map(|chunk| {
                let kept = self.forward(pass, chunk, Memory::Recompute);
                kept.output.values().to_vec()
            })
            .collect();
        rows.concat()
    }

    /// Runs `texts`, hands what comes out to `loss`, and takes their gradient back through the
    /// encoder. Returns what `loss` returned beside the gradient of the trained values.
    pub(crate) fn gradient<L>(
        &self,
        pass: Pass<'_>,
        (texts, memory): (&[Text<'_>], Memory),
        loss: impl FnOnce(&[f32]) -> (L, Vec<f32>),
    ) -> (L, Vec<f32>) {
        let chunks = chunks(texts);
        let kept: Vec<Kept> = chunks
            .par_iter()
            .map(|chunk| self.forward(pass, chunk, memory))
            .collect();
        let outputs = kept.iter().flat_map(|kept| kept.output.values());
        let outputs: Vec<f32> = outputs.copied().collect();
        let (loss, outer) = loss(&outputs);
        let gradients: Vec<Vec<f32>> = chunks
            .par_iter()
            .zip(kept)
            .map(|(chunk, kept)| {
                let kept = match memory {
                    Memory::Keep => kept,
                    Memory::Recompute => self.forward(pass, chunk, Memory::Keep),
                };
                let width = self.width();
                let own = &outer[chunk.texts.start * width..chunk.texts.end * width];
                self.backward(pass, chunk, kept, own)
            })
            .collect();
        let mut sum = vec![0.0; self.count()];
        for gradient in gradients {
            sums::add_scaled(&mut sum, 1.0, &gradient);
        }
        (loss, sum)
    }

    fn forward(&self, pass: Pass<'_>, chunk: &Chunk, memory: Memory) -> Kept {
        let norm = &self.base.encoder.norm;
        let start = self.start(chunk);
        let mut hidden = start.scaled(norm);
        let mut layers = Vec::new();
        for index in 0..self.base.layers.len() {
            let kept = self.layer(pass, chunk, index).forward(hidden);
            hidden = kept.output(self.base.layers[index].output_norm());
            if memory == Memory::Keep {
                layers.push(kept);
            }
        }
        Kept {
            start,
            layers,
            output: self
                .output
                .forward(pass.values, (&hidden, self.hidden()), &chunk.ranges),
        }
    }

    fn backward(&self, pass: Pass<'_>, chunk: &Chunk, mut kept: Kept, outer: &[f32]) -> Vec<f32> {
        let mut gradient = vec![0.0; self.count()];
        let (known, outer) = ((pass.values, &kept.output), (outer, &chunk.ranges[..]));
        let mut rows = self.output.backward(known, outer, &mut gradient);
        let lowest = self.slots.lowest();
        for index in (lowest..self.base.layers.len()).rev() {
            let Some(layer) = kept.layers.pop() else {
                return gradient;
            };
            let input = match index.checked_sub(1) {
                Some(below) => kept.layers[below].output(self.base.layers[below].output_norm()),
                None => kept.start.scaled(&self.base.encoder.norm),
            };
            let below = index > lowest;
            let pass = self.layer(pass, chunk, index);
            rows = pass.backward((&input, &layer), (rows, below), &mut gradient);
        }
        gradient
    }

    fn layer<'p>(&'p self, pass: Pass<'p>, chunk: &'p Chunk, index: usize) -> LayerPass<'p> {
        let config = &self.base.encoder.config;
        LayerPass {
            layer: &self.base.layers[index],
            slots: &self.slots,
            index,
            pass,
            heads: Heads {
                count: config.heads,
                size: config.head_size(),
                relative: self.base.encoder.relative.as_ref(),
            },
            epsilon: config.norm_epsilon,
            texts: &chunk.ranges,
            first: chunk.first,
        }
    }

    /// The sum of the embedding tables' rows, normalised.
    fn start(&self, chunk: &Chunk) -> Normed {
        let encoder = self.base.encoder;
        let width = self.hidden();
        let row = |table: &crate::Matrix, index: usize| -> Range<usize> {
            debug_assert!(index < table.rows());
            index * width..(index + 1) * width
        };
        let last = encoder.config.types - 1;
        let mut rows = Vec::with_capacity(chunk.ids.len() * width);
        for (text, &second) in chunk.ranges.iter().zip(&chunk.seconds) {
            let ids = &chunk.ids[text.clone()];
            let places = encoder.config.places(ids);
            for (token, (&id, position)) in ids.iter().zip(places).enumerate() {
                let kind = usize::from(token >= second).min(last);
                let kind = &encoder.types.values()[row(&encoder.types, kind)];
                let word = &encoder.words.values()[row(&encoder.words, id as usize)];
                let place = &encoder.positions.values()[row(&encoder.positions, position)];
                let sum = word.iter().zip(place).zip(kind);
                rows.extend(sum.map(|((word, place), kind)| word + place + kind));
            }
        }
        let mut normed = Normed::default();
        normed.keep(rows, (width, encoder.config.norm_epsilon));
        normed
    }
}
