//! One chunk of a batch through the whole encoder, forward and backward.

use super::attention::Heads;
use super::chunk::Chunk;
use super::layer::{KeptLayer, LayerPass};
use super::model::Model;
use super::norm::TrainedNorm;
use super::output;
use super::pass::{Activations, Memory, Ready};
use super::tables::Gradient;
use crate::kernel::norm::Normed;

/// A chunk and what it is computed with.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkPass<'p> {
    pub(super) model: &'p Model<'p>,
    pub(super) pass: Ready<'p>,
    pub(super) chunk: &'p Chunk,
}

/// What the forward pass over a chunk keeps for the backward one.
#[derive(Debug)]
pub(super) struct Kept {
    layers: Vec<Stored>,
    pub(super) output: output::Kept,
}

/// One layer's part of it.
#[derive(Debug)]
enum Stored {
    /// The layer's input follows from what the layer below kept.
    Whole(KeptLayer),
    Input(Vec<f32>),
}

impl<'p> ChunkPass<'p> {
    pub(super) fn forward(&self, memory: Memory) -> Kept {
        let mut hidden = self.start().scaled(self.norm().affine);
        let mut layers = Vec::new();
        for index in 0..self.model.base.config().layers {
            let layer = self.layer(index);
            if (memory, self.model.activations) == (Memory::Keep, Activations::Checkpoint) {
                layers.push(Stored::Input(hidden.clone()));
            }
            let kept = layer.forward(hidden);
            hidden = kept.output(layer.output_norm());
            if (memory, self.model.activations) == (Memory::Keep, Activations::Keep) {
                layers.push(Stored::Whole(kept));
            }
        }
        let (values, texts) = (self.pass.values, &self.chunk.ranges);
        Kept {
            layers,
            output: self.model.output.forward(values, &hidden, texts),
        }
    }

    /// Takes the gradient of what came out, `outer`, back to the lowest layer with trained values, and
    /// adds theirs to `gradient`.
    pub(super) fn backward(
        &self,
        mut kept: Kept,
        outer: &[f32],
        mut gradient: Gradient,
    ) -> Gradient {
        let outer = output::Outer {
            gradient: outer,
            texts: &self.chunk.ranges,
        };
        let (output, values) = (self.model.output, self.pass.values);
        let mut rows = output.backward(values, &kept.output, outer, &mut gradient.values);
        let (lowest, tables) = self.model.slots.lowest();
        for index in (lowest..self.model.base.config().layers).rev() {
            let layer = self.layer(index);
            let (input, stored) = match kept.layers.pop() {
                Some(Stored::Whole(stored)) => (self.input(index, &kept), stored),
                Some(Stored::Input(input)) => (input.clone(), layer.forward(input)),
                None => return gradient,
            };
            rows = layer.backward(&input, &stored, rows, &mut gradient.values);
        }
        if tables {
            let start = self.start();
            let norm = self.norm();
            norm.backward(&start, &mut rows, &mut gradient.values);
            gradient.add_tables(&self.model.slots, &self.table_rows(), rows);
        }
        gradient
    }

    /// What went into a layer.
    fn input(&self, index: usize, kept: &Kept) -> Vec<f32> {
        match (index.checked_sub(1), kept.layers.last()) {
            (Some(below), Some(Stored::Whole(layer))) => {
                layer.output(self.layer(below).output_norm())
            }
            _ => self.start().scaled(self.norm().affine),
        }
    }

    /// The norm behind the embedding tables.
    fn norm(&self) -> TrainedNorm<'p> {
        let (base, slots) = (self.model.base, &self.model.slots);
        TrainedNorm::new(base.norm(), &slots.norm, self.pass.values)
    }

    fn layer(&self, index: usize) -> LayerPass<'p> {
        let (base, slots) = (self.model.base, &self.model.slots);
        let config = base.config();
        let (lowest, tables) = slots.lowest();
        LayerPass {
            base,
            index,
            slots: &slots.layers[index],
            below: index > lowest || tables,
            pass: self.pass,
            heads: Heads {
                count: config.heads,
                size: config.head_size(),
                relative: base.relative(),
            },
            epsilon: config.norm_epsilon,
            texts: &self.chunk.ranges,
            first: self.chunk.first,
        }
    }

    /// Which rows of the tables of positions and types each token has.
    fn table_rows(&self) -> Vec<[usize; 2]> {
        let Chunk {
            ids,
            ranges,
            seconds,
            ..
        } = self.chunk;
        let config = self.model.base.config();
        let texts = ranges.iter().zip(seconds);
        let rows = texts.flat_map(|(text, &second)| config.table_rows(&ids[text.clone()], second));
        rows.collect()
    }

    /// The sum of the embedding tables' rows, normalised.
    fn start(&self) -> Normed {
        let config = self.model.base.config();
        let width = config.hidden;
        let [words, positions, types] = self.model.base.tables();
        let slots = &self.model.slots;
        let mut rows = vec![0.0; self.chunk.ids.len() * width];
        let tokens = self.chunk.ids.iter().zip(self.table_rows());
        for ((&id, [position, kind]), row) in tokens.zip(rows.chunks_exact_mut(width)) {
            let pass = self.pass;
            pass.add_row(slots.words.as_ref(), words, id as usize, row);
            pass.add_row(slots.positions.as_ref(), positions, position, row);
            pass.add_row(slots.types.as_ref(), types, kind, row);
        }
        let mut normed = Normed::default();
        normed.keep(rows, width, config.norm_epsilon);
        normed
    }
}
