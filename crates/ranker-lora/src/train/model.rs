//! An encoder with an adapter in training: embeddings of a batch, and the adapter's gradient.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::attention::Heads;
use super::chunk::{Chunk, Text, chunks};
use super::dora::row_norms;
use super::dropout::Dropout;
use super::frozen::FrozenEncoder;
use super::layer::{KeptLayer, LayerPass};
use super::lowrank::LowRank;
use super::norm::TrainedNorm;
use super::ordered::sum_in_order;
use super::output::{self, Output};
use super::parameters::Slots;
use super::tables::{Buffers, Gradient};
use crate::kernel::norm::Normed;
use crate::table::Rows;

/// What training computes with.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) base: FrozenEncoder<'a>,
    pub(crate) slots: Slots,
    pub(crate) output: Output,
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
    output: output::Kept,
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

/// A pass with what all its chunks share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready<'p> {
    pub(crate) values: &'p [f32],
    pub(crate) dropout: Option<Dropout>,
    /// The row norms of all maps with magnitudes.
    pub(crate) norms: &'p [f32],
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

    /// How many values come out for a text.
    pub(crate) fn width(&self) -> usize {
        self.output.width(self.hidden())
    }

    /// The embeddings or scores of `texts`, a row each.
    pub(crate) fn run(&self, pass: Pass<'_>, texts: &[Text<'_>]) -> Vec<f32> {
        let norms = self.row_norms(pass.values);
        let pass = pass.ready(&norms);
        let rows: Vec<Vec<f32>> = chunks(texts)
            .par_iter()
            .map(|chunk| {
                let kept = self.forward(pass, chunk, Memory::Recompute);
                kept.output.values().to_vec()
            })
            .collect();
        rows.concat()
    }

    /// The row norms of every map with magnitudes, one after the other.
    pub(crate) fn row_norms(&self, values: &[f32]) -> Vec<f32> {
        let maps = self.slots.factors();
        let with = maps.filter(|(_, _, factors)| factors.magnitude.is_some());
        let norms: Vec<Vec<f32>> = with
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|(layer, part, factors)| {
                let weight = self.base.layers[layer].weight(part);
                row_norms(weight, LowRank::new(factors, values, weight.shape()))
            })
            .collect();
        norms.concat()
    }

    /// Runs `texts`, hands what comes out to `loss`, and takes their gradient back through the
    /// encoder. Returns what `loss` returned beside the gradient of the trained values.
    pub(crate) fn gradient<L>(
        &self,
        pass: Pass<'_>,
        (texts, memory): (&[Text<'_>], Memory),
        loss: impl FnOnce(&[f32]) -> (L, Vec<f32>),
    ) -> (L, Vec<f32>) {
        let norms = self.row_norms(pass.values);
        let pass = pass.ready(&norms);
        let chunks = chunks(texts);
        let kept: Vec<Kept> = chunks
            .par_iter()
            .map(|chunk| self.forward(pass, chunk, memory))
            .collect();
        let outputs = kept.iter().flat_map(|kept| kept.output.values());
        let outputs: Vec<f32> = outputs.copied().collect();
        let (loss, outer) = loss(&outputs);
        let kept: Vec<Mutex<Option<Kept>>> =
            kept.into_iter().map(|own| Mutex::new(Some(own))).collect();
        let buffers = Buffers::default();
        let work = |number: usize| {
            let chunk: &Chunk = &chunks[number];
            let mut own = kept[number].lock().unwrap_or_else(PoisonError::into_inner);
            let kept = match (memory, own.take()) {
                (Memory::Keep, Some(kept)) => kept,
                _ => self.forward(pass, chunk, Memory::Keep),
            };
            let width = self.width();
            let own = &outer[chunk.texts.start * width..chunk.texts.end * width];
            self.backward(pass, (chunk, kept), (own, buffers.take(&self.slots)))
        };
        let add = |sum: &mut Vec<f32>, number: usize, gradient: Gradient| {
            gradient.add_to(sum, (&self.slots, &chunks[number]));
            buffers.give_back(gradient);
        };
        let sum = vec![0.0; self.slots.count()];
        (loss, sum_in_order((chunks.len(), sum), work, add))
    }

    fn forward(&self, pass: Ready<'_>, chunk: &Chunk, memory: Memory) -> Kept {
        let mut hidden = self.start(pass, chunk).scaled(self.norm(pass).affine);
        let mut layers = Vec::new();
        for index in 0..self.base.layers.len() {
            let layer = self.layer(pass, chunk, index);
            if (memory, self.activations) == (Memory::Keep, Activations::Checkpoint) {
                layers.push(Stored::Input(hidden.clone()));
            }
            let kept = layer.forward(hidden);
            hidden = kept.output(layer.output_norm());
            if (memory, self.activations) == (Memory::Keep, Activations::Keep) {
                layers.push(Stored::Whole(kept));
            }
        }
        Kept {
            layers,
            output: self
                .output
                .forward(pass.values, (&hidden, self.hidden()), &chunk.ranges),
        }
    }

    fn backward(
        &self,
        pass: Ready<'_>,
        (chunk, mut kept): (&Chunk, Kept),
        (outer, mut gradient): (&[f32], Gradient),
    ) -> Gradient {
        let (known, outer) = ((pass.values, &kept.output), (outer, &chunk.ranges[..]));
        let mut rows = self.output.backward(known, outer, &mut gradient.values);
        let (lowest, tables) = self.slots.lowest();
        for index in (lowest..self.base.layers.len()).rev() {
            let layer = self.layer(pass, chunk, index);
            let (input, stored) = match kept.layers.pop() {
                Some(Stored::Whole(stored)) => (self.input(pass, chunk, (index, &kept)), stored),
                Some(Stored::Input(input)) => (input.clone(), layer.forward(input)),
                None => return gradient,
            };
            let below = index > lowest || tables;
            rows = layer.backward((&input, &stored), (rows, below), &mut gradient.values);
        }
        if tables {
            let start = self.start(pass, chunk);
            let norm = self.norm(pass);
            norm.backward(&start, &mut rows, &mut gradient.values);
            gradient.add_tables(&self.slots, &self.table_rows(chunk), rows);
        }
        gradient
    }

    /// What went into a layer.
    fn input(&self, pass: Ready<'_>, chunk: &Chunk, (index, kept): (usize, &Kept)) -> Vec<f32> {
        match (index.checked_sub(1), kept.layers.last()) {
            (Some(below), Some(Stored::Whole(layer))) => {
                layer.output(self.layer(pass, chunk, below).output_norm())
            }
            _ => self.start(pass, chunk).scaled(self.norm(pass).affine),
        }
    }

    /// After the embedding tables.
    fn norm<'p>(&'p self, pass: Ready<'p>) -> TrainedNorm<'p> {
        TrainedNorm::new(self.base.norm, &self.slots.norm, pass.values)
    }

    fn layer<'p>(&'p self, pass: Ready<'p>, chunk: &'p Chunk, index: usize) -> LayerPass<'p> {
        let config = self.base.config;
        LayerPass {
            layer: &self.base.layers[index],
            slots: &self.slots.layers[index],
            index,
            pass,
            heads: Heads {
                count: config.heads,
                size: config.head_size(),
                relative: self.base.whole.relative(),
            },
            epsilon: config.norm_epsilon,
            texts: &chunk.ranges,
            first: chunk.first,
        }
    }

    /// Which rows of the tables of positions and types each token of a chunk has.
    fn table_rows(&self, chunk: &Chunk) -> Vec<[usize; 2]> {
        let texts = chunk.ranges.iter().zip(&chunk.seconds);
        let rows = texts.flat_map(|(text, &second)| {
            self.base
                .config
                .table_rows(&chunk.ids[text.clone()], second)
        });
        rows.collect()
    }

    /// The sum of the embedding tables' rows, normalised.
    fn start(&self, pass: Ready<'_>, chunk: &Chunk) -> Normed {
        let width = self.hidden();
        let [words, positions, types] = self.base.tables;
        let slots = &self.slots;
        let mut rows = vec![0.0; chunk.ids.len() * width];
        let tokens = chunk.ids.iter().zip(self.table_rows(chunk));
        for ((&id, [place, kind]), row) in tokens.zip(rows.chunks_exact_mut(width)) {
            pass.add_row((&slots.words, words), id as usize, row);
            pass.add_row((&slots.positions, positions), place, row);
            pass.add_row((&slots.types, types), kind, row);
        }
        let mut normed = Normed::default();
        normed.keep(rows, (width, self.base.config.norm_epsilon));
        normed
    }
}

impl<'p> Pass<'p> {
    fn ready(self, norms: &'p [f32]) -> Ready<'p> {
        Ready {
            values: self.values,
            dropout: self.dropout,
            norms,
        }
    }
}

impl Ready<'_> {
    /// Adds a table's row: of the trained values, where they have that table, or else of the encoder.
    fn add_row(
        self,
        (slot, table): (&Option<Range<usize>>, &dyn Rows),
        index: usize,
        out: &mut [f32],
    ) {
        match slot {
            Some(range) => {
                let row = &self.values[range.clone()][index * out.len()..];
                out.iter_mut().zip(row).for_each(|(out, v)| *out += v);
            }
            None => table.add_row(index, out),
        }
    }
}
