//! An encoder with an adapter in training: embeddings of a batch, and the adapter's gradient.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::attention::Heads;
use super::chunk::{Chunk, chunks};
use super::dropout::Dropout;
use super::frozen::FrozenEncoder;
use super::layer::{KeptLayer, LayerPass};
use super::ordered::sum_in_order;
use super::parameters::Slots;
use super::pool::Pooled;
use crate::Pooling;
use crate::kernel::norm::Normed;

/// What training computes with.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) base: FrozenEncoder<'a>,
    pub(crate) slots: Slots,
    pub(crate) pooling: Pooling,
    pub(crate) activations: Activations,
}

/// What is kept of every layer from the forward pass to the backward one. The gradients are the
/// same, bit by bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activations {
    /// All that the backward pass needs: at the least ten numbers for each of the hidden size and
    /// token.
    #[default]
    Keep,
    /// The layer's input alone, one such number; the rest is computed again when its turn comes
    /// (Chen et al. 2016, <https://arxiv.org/abs/1604.06174>). A step has about 1.5 times the
    /// arithmetic.
    Checkpoint,
}

/// What the forward pass over a chunk keeps for the backward one.
#[derive(Debug)]
struct Kept {
    layers: Vec<Stored>,
    pooled: Pooled,
}

/// One layer's part of it.
#[derive(Debug)]
enum Stored {
    /// The layer's input follows from what the layer below kept.
    Whole(KeptLayer),
    Input(Vec<f32>),
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
        self.base.config.hidden
    }

    /// The embeddings of `texts`, a row each.
    pub(crate) fn embed(&self, pass: Pass<'_>, texts: &[&[u32]]) -> Vec<f32> {
        let rows: Vec<Vec<f32>> = chunks(texts)
            .par_iter()
            .map(|chunk| {
                self.forward(pass, chunk, Memory::Recompute)
                    .pooled
                    .embeddings
            })
            .collect();
        rows.concat()
    }

    /// Embeds `texts`, hands the embeddings to `loss`, and takes their gradient back through the
    /// encoder. Returns what `loss` returned beside the gradient of the trained values.
    pub(crate) fn gradient<L>(
        &self,
        pass: Pass<'_>,
        (texts, memory): (&[&[u32]], Memory),
        loss: impl FnOnce(&[f32]) -> (L, Vec<f32>),
    ) -> (L, Vec<f32>) {
        let chunks = chunks(texts);
        let kept: Vec<Kept> = chunks
            .par_iter()
            .map(|chunk| self.forward(pass, chunk, memory))
            .collect();
        let embeddings: Vec<f32> = kept
            .iter()
            .flat_map(|kept| &kept.pooled.embeddings)
            .copied()
            .collect();
        let (loss, outer) = loss(&embeddings);
        let kept: Vec<Mutex<Option<Kept>>> =
            kept.into_iter().map(|own| Mutex::new(Some(own))).collect();
        let sum = sum_in_order((chunks.len(), self.slots.count()), |number| {
            let chunk = &chunks[number];
            let mut own = kept[number].lock().unwrap_or_else(PoisonError::into_inner);
            let kept = match (memory, own.take()) {
                (Memory::Keep, Some(kept)) => kept,
                _ => self.forward(pass, chunk, Memory::Keep),
            };
            let width = self.hidden();
            let own = &outer[chunk.texts.start * width..chunk.texts.end * width];
            self.backward(pass, chunk, kept, own)
        });
        (loss, sum)
    }

    fn forward(&self, pass: Pass<'_>, chunk: &Chunk, memory: Memory) -> Kept {
        let mut hidden = self.start(chunk).scaled(self.base.norm);
        let mut layers = Vec::new();
        for index in 0..self.base.layers.len() {
            let pass = self.layer(pass, chunk, index);
            if (memory, self.activations) == (Memory::Keep, Activations::Checkpoint) {
                layers.push(Stored::Input(hidden.clone()));
            }
            let kept = pass.forward(hidden);
            hidden = kept.output(self.base.layers[index].output_norm());
            if (memory, self.activations) == (Memory::Keep, Activations::Keep) {
                layers.push(Stored::Whole(kept));
            }
        }
        Kept {
            layers,
            pooled: self.pooling.forward(&hidden, self.hidden(), &chunk.ranges),
        }
    }

    fn backward(&self, pass: Pass<'_>, chunk: &Chunk, mut kept: Kept, outer: &[f32]) -> Vec<f32> {
        let mut gradient = vec![0.0; self.slots.count()];
        let mut rows = self.pooling.backward(&kept.pooled, outer, &chunk.ranges);
        let lowest = self.slots.lowest();
        for index in (lowest..self.base.layers.len()).rev() {
            let pass = self.layer(pass, chunk, index);
            let (input, layer) = match kept.layers.pop() {
                Some(Stored::Whole(layer)) => (self.input(chunk, (index, &kept)), layer),
                Some(Stored::Input(input)) => (input.clone(), pass.forward(input)),
                None => return gradient,
            };
            let below = index > lowest;
            rows = pass.backward((&input, &layer), (rows, below), &mut gradient);
        }
        gradient
    }

    /// What went into a layer.
    fn input(&self, chunk: &Chunk, (index, kept): (usize, &Kept)) -> Vec<f32> {
        match (index.checked_sub(1), kept.layers.last()) {
            (Some(below), Some(Stored::Whole(layer))) => {
                layer.output(self.base.layers[below].output_norm())
            }
            _ => self.start(chunk).scaled(self.base.norm),
        }
    }

    fn layer<'p>(&'p self, pass: Pass<'p>, chunk: &'p Chunk, index: usize) -> LayerPass<'p> {
        let config = self.base.config;
        LayerPass {
            layer: &self.base.layers[index],
            slots: &self.slots,
            index,
            pass,
            heads: Heads {
                count: config.heads,
                size: config.head_size(),
            },
            epsilon: config.norm_epsilon,
            texts: &chunk.ranges,
            first: chunk.first,
        }
    }

    /// The sum of the embedding tables' rows, normalised.
    fn start(&self, chunk: &Chunk) -> Normed {
        let width = self.hidden();
        let [words, positions, types] = self.base.tables;
        let mut rows = vec![0.0; chunk.ids.len() * width];
        for text in &chunk.ranges {
            let own = rows[text.start * width..text.end * width].chunks_exact_mut(width);
            for (position, (row, &id)) in own.zip(&chunk.ids[text.clone()]).enumerate() {
                words.add_row(id as usize, row);
                positions.add_row(position, row);
                types.add_row(0, row);
            }
        }
        let mut normed = Normed::default();
        normed.keep(rows, (width, self.base.config.norm_epsilon));
        normed
    }
}
