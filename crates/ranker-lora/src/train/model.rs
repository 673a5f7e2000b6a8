//! An encoder with an adapter in training: embeddings of a batch, and the adapter's gradient.

use std::ops::Range;

use rayon::prelude::*;

use super::attention::Heads;
use super::chunk::{Chunk, Text, chunks};
use super::dora::row_norms;
use super::dropout::Dropout;
use super::frozen::FrozenEncoder;
use super::layer::{KeptLayer, LayerPass};
use super::lowrank::LowRank;
use super::norm::TrainedNorm;
use super::output::{self, Output};
use super::parameters::Slots;
use super::tables::Gradient;
use crate::kernel::norm::Normed;

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

/// A pass with what all its chunks share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready<'p> {
    pub(crate) values: &'p [f32],
    pub(crate) dropout: Option<Dropout>,
    /// The row norms of all maps with magnitudes.
    pub(crate) norms: &'p [f32],
}

/// How many values the gradients in memory may have together, unless the threads alone need more.
const IN_FLIGHT: usize = 1 << 24;

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
        let mut sum = vec![0.0; self.slots.count()];
        let mut kept = kept.into_iter();
        // However many are computed together, they are added up one after the other.
        let together = IN_FLIGHT / self.slots.dense().max(1);
        for group in chunks.chunks(together.max(rayon::current_num_threads())) {
            let own: Vec<Kept> = kept.by_ref().take(group.len()).collect();
            let one = |(chunk, kept)| self.chunk_gradient(pass, (chunk, kept, memory), &outer);
            let gradients: Vec<Gradient> = group.par_iter().zip(own).map(one).collect();
            for (chunk, gradient) in group.iter().zip(gradients) {
                gradient.add_to(&mut sum, (&self.slots, chunk));
            }
        }
        (loss, sum)
    }

    fn chunk_gradient(
        &self,
        pass: Ready<'_>,
        (chunk, kept, memory): (&Chunk, Kept, Memory),
        outer: &[f32],
    ) -> Gradient {
        let kept = match memory {
            Memory::Keep => kept,
            Memory::Recompute => self.forward(pass, chunk, Memory::Keep),
        };
        let width = self.width();
        let own = &outer[chunk.texts.start * width..chunk.texts.end * width];
        self.backward(pass, (chunk, kept), own)
    }

    fn forward(&self, pass: Ready<'_>, chunk: &Chunk, memory: Memory) -> Kept {
        let start = self.start(pass, chunk);
        let mut hidden = start.scaled(self.norm(pass).affine);
        let mut layers = Vec::new();
        for index in 0..self.base.layers.len() {
            let layer = self.layer(pass, chunk, index);
            let kept = layer.forward(hidden);
            hidden = kept.output(layer.output_norm());
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

    fn backward(
        &self,
        pass: Ready<'_>,
        (chunk, mut kept): (&Chunk, Kept),
        outer: &[f32],
    ) -> Gradient {
        let mut gradient = Gradient::new(&self.slots);
        let (known, outer) = ((pass.values, &kept.output), (outer, &chunk.ranges[..]));
        let mut rows = self.output.backward(known, outer, &mut gradient.values);
        let (lowest, tables) = self.slots.lowest();
        for index in (lowest..self.base.layers.len()).rev() {
            let Some(layer) = kept.layers.pop() else {
                return gradient;
            };
            let input = match index.checked_sub(1) {
                Some(below) => {
                    let norm = self.layer(pass, chunk, below).output_norm();
                    kept.layers[below].output(norm)
                }
                None => kept.start.scaled(self.norm(pass).affine),
            };
            let below = index > lowest || tables;
            let pass = self.layer(pass, chunk, index);
            rows = pass.backward((&input, &layer), (rows, below), &mut gradient.values);
        }
        if tables {
            let norm = self.norm(pass);
            norm.backward(&kept.start, &mut rows, &mut gradient.values);
            gradient.add_tables(&self.slots, &self.table_rows(chunk), rows);
        }
        gradient
    }

    /// After the embedding tables.
    fn norm<'p>(&'p self, pass: Ready<'p>) -> TrainedNorm<'p> {
        TrainedNorm::new(&self.base.encoder.norm, &self.slots.norm, pass.values)
    }

    fn layer<'p>(&'p self, pass: Ready<'p>, chunk: &'p Chunk, index: usize) -> LayerPass<'p> {
        let config = &self.base.encoder.config;
        LayerPass {
            layer: &self.base.layers[index],
            slots: &self.slots.layers[index],
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

    /// Which rows of the tables of positions and types each token of a chunk has.
    fn table_rows(&self, chunk: &Chunk) -> Vec<[usize; 2]> {
        let config = &self.base.encoder.config;
        let last = config.types - 1;
        let mut rows = Vec::with_capacity(chunk.ids.len());
        for (text, &second) in chunk.ranges.iter().zip(&chunk.seconds) {
            let places = config.places(&chunk.ids[text.clone()]);
            let tokens = places.into_iter().enumerate();
            rows.extend(
                tokens.map(|(token, place)| [place, usize::from(token >= second).min(last)]),
            );
        }
        rows
    }

    /// The sum of the embedding tables' rows, normalised.
    fn start(&self, pass: Ready<'_>, chunk: &Chunk) -> Normed {
        let encoder = self.base.encoder;
        let width = self.hidden();
        let words = pass.trained(&self.slots.words, encoder.words.values());
        let positions = pass.trained(&self.slots.positions, encoder.positions.values());
        let types = pass.trained(&self.slots.types, encoder.types.values());
        let mut rows = Vec::with_capacity(chunk.ids.len() * width);
        for (&id, [place, kind]) in chunk.ids.iter().zip(self.table_rows(chunk)) {
            let word = &words[id as usize * width..][..width];
            let place = &positions[place * width..][..width];
            let kind = &types[kind * width..][..width];
            let sum = word.iter().zip(place).zip(kind);
            rows.extend(sum.map(|((word, place), kind)| word + place + kind));
        }
        let mut normed = Normed::default();
        normed.keep(rows, (width, encoder.config.norm_epsilon));
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

impl<'p> Ready<'p> {
    /// What stands among the trained values, or else in the encoder.
    fn trained(self, range: &Option<Range<usize>>, encoder: &'p [f32]) -> &'p [f32] {
        match range {
            Some(range) => &self.values[range.clone()],
            None => encoder,
        }
    }
}
