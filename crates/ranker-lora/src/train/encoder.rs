//! BERT-like encoders: tables and a norm before the layers, nothing behind them.

use super::architecture::{Architecture, Part};
use super::attention::Heads;
use super::chunk::Chunk;
use super::layer::{KeptLayer, LayerPass};
use super::norm::TrainedNorm;
use super::tables::Gradient;
use crate::encoder::EncoderBase;
use crate::kernel::norm::Normed;

impl Architecture for EncoderBase<'_> {
    type Kept = KeptLayer;
    type End = ();

    fn layers(self) -> usize {
        self.config().layers
    }

    fn start(self, part: Part<'_>) -> Vec<f32> {
        sums(self, part).scaled(norm(self, part).affine)
    }

    fn forward(self, part: Part<'_>, layer: usize, input: Vec<f32>) -> KeptLayer {
        pass(self, part, layer).forward(input)
    }

    fn output(self, part: Part<'_>, layer: usize, kept: &KeptLayer) -> Vec<f32> {
        kept.output(pass(self, part, layer).output_norm())
    }

    fn end(self, rows: Vec<f32>) -> (Vec<f32>, ()) {
        (rows, ())
    }

    fn end_backward(self, (): &(), rows: Vec<f32>) -> Vec<f32> {
        rows
    }

    fn backward(
        self,
        part: Part<'_>,
        layer: usize,
        (input, kept): (&[f32], &KeptLayer),
        rows: Vec<f32>,
        gradient: &mut [f32],
    ) -> Vec<f32> {
        pass(self, part, layer).backward(input, kept, rows, gradient)
    }

    fn start_backward(self, part: Part<'_>, mut rows: Vec<f32>, gradient: &mut Gradient) {
        let start = sums(self, part);
        norm(self, part).backward(&start, &mut rows, &mut gradient.values);
        gradient.add_tables(part.slots, &table_rows(self, part.chunk), rows);
    }
}

/// The norm behind the embedding tables.
fn norm<'p>(base: EncoderBase<'p>, part: Part<'p>) -> TrainedNorm<'p> {
    TrainedNorm::new(base.norm(), &part.slots.norm, part.pass.values)
}

fn pass<'p>(base: EncoderBase<'p>, part: Part<'p>, index: usize) -> LayerPass<'p> {
    let config = base.config();
    LayerPass {
        base,
        index,
        slots: &part.slots.layers[index],
        below: part.below(index),
        pass: part.pass,
        heads: Heads {
            count: config.heads,
            size: config.head_size(),
            relative: base.relative(),
        },
        epsilon: config.norm_epsilon,
        texts: &part.chunk.ranges,
        first: part.chunk.first,
    }
}

/// Which rows of the tables of positions and types each token has.
fn table_rows(base: EncoderBase<'_>, chunk: &Chunk) -> Vec<[usize; 2]> {
    let Chunk {
        ids,
        ranges,
        seconds,
        ..
    } = chunk;
    let config = base.config();
    let texts = ranges.iter().zip(seconds);
    let rows = texts.flat_map(|(text, &second)| config.table_rows(&ids[text.clone()], second));
    rows.collect()
}

/// The sum of the embedding tables' rows, normalised.
fn sums(base: EncoderBase<'_>, part: Part<'_>) -> Normed {
    let config = base.config();
    let width = config.hidden;
    let [words, positions, types] = base.tables();
    let Part { slots, pass, chunk } = part;
    let mut rows = vec![0.0; chunk.ids.len() * width];
    let tokens = chunk.ids.iter().zip(table_rows(base, chunk));
    for ((&id, [position, kind]), row) in tokens.zip(rows.chunks_exact_mut(width)) {
        pass.add_row(slots.words.as_ref(), words, id as usize, row);
        pass.add_row(slots.positions.as_ref(), positions, position, row);
        pass.add_row(slots.types.as_ref(), types, kind, row);
    }
    let mut normed = Normed::default();
    normed.keep(rows, width, config.norm_epsilon);
    normed
}
