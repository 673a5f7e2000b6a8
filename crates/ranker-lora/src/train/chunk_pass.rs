//! One chunk of a batch through the whole model, forward and backward.

use super::architecture::{Architecture, Part};
use super::output::{self, Output};
use super::pass::{Activations, Memory};
use super::tables::Gradient;

/// A chunk and what it is computed with.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkPass<'p, A> {
    pub(super) base: A,
    pub(super) part: Part<'p>,
    pub(super) output: Output,
    pub(super) activations: Activations,
}

/// What the forward pass over a chunk keeps for the backward one.
#[derive(Debug)]
pub(super) struct Kept<A: Architecture> {
    layers: Vec<Stored<A::Kept>>,
    end: Option<A::End>,
    pub(super) output: output::Kept,
}

/// One layer's part of it.
#[derive(Debug)]
enum Stored<K> {
    /// The layer's input follows from what the layer below kept.
    Whole(K),
    Input(Vec<f32>),
}

impl<A: Architecture> ChunkPass<'_, A> {
    pub(super) fn forward(&self, memory: Memory) -> Kept<A> {
        let (base, part) = (self.base, self.part);
        let mut hidden = base.start(part);
        let mut layers = Vec::new();
        for layer in 0..base.layers() {
            if (memory, self.activations) == (Memory::Keep, Activations::Checkpoint) {
                layers.push(Stored::Input(hidden.clone()));
            }
            let kept = base.forward(part, layer, hidden);
            hidden = base.output(part, layer, &kept);
            if (memory, self.activations) == (Memory::Keep, Activations::Keep) {
                layers.push(Stored::Whole(kept));
            }
        }
        let (states, end) = base.end(hidden);
        let (values, texts) = (part.pass.values, &part.chunk.ranges);
        Kept {
            layers,
            end: Some(end).filter(|_| memory == Memory::Keep),
            output: self.output.forward(values, &states, texts),
        }
    }

    /// Takes the gradient of what came out, `outer`, back to the lowest layer with trained values, and
    /// adds theirs to `gradient`.
    pub(super) fn backward(
        &self,
        mut kept: Kept<A>,
        outer: &[f32],
        mut gradient: Gradient,
    ) -> Gradient {
        let (base, part) = (self.base, self.part);
        let outer = output::Outer {
            gradient: outer,
            texts: &part.chunk.ranges,
        };
        let (output, values) = (self.output, part.pass.values);
        let mut rows = output.backward(values, &kept.output, outer, &mut gradient.values);
        let Some(end) = kept.end.take() else {
            return gradient;
        };
        rows = base.end_backward(&end, rows);
        let (lowest, tables) = part.slots.lowest();
        for layer in (lowest..base.layers()).rev() {
            let (input, stored) = match kept.layers.pop() {
                Some(Stored::Whole(stored)) => (self.input(layer, &kept), stored),
                Some(Stored::Input(input)) => (input.clone(), base.forward(part, layer, input)),
                None => return gradient,
            };
            rows = base.backward(part, layer, (&input, &stored), rows, &mut gradient.values);
        }
        if tables {
            base.start_backward(part, rows, &mut gradient);
        }
        gradient
    }

    /// What went into a layer.
    fn input(&self, layer: usize, kept: &Kept<A>) -> Vec<f32> {
        match (layer.checked_sub(1), kept.layers.last()) {
            (Some(below), Some(Stored::Whole(layer))) => self.base.output(self.part, below, layer),
            _ => self.base.start(self.part),
        }
    }
}
