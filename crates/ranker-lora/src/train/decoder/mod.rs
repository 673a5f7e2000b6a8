//! Decoders as Llama, Mistral and Qwen: a table before the layers, a normalisation behind them.

mod attention;
mod layer;
mod memory;
mod rotary;

use super::architecture::{Architecture, Part};
use super::tables::Gradient;
use crate::decoder::DecoderBase;
use crate::kernel::rms::Rms;
use layer::{KeptLayer, LayerPass};
pub use memory::{TrainingMemory, TrainingPlan};

impl Architecture for DecoderBase<'_> {
    type Kept = KeptLayer;
    /// What went into the normalisation.
    type End = Vec<f32>;

    fn layers(self) -> usize {
        self.config().layers
    }

    fn start(self, part: Part<'_>) -> Vec<f32> {
        let width = self.config().hidden;
        let mut rows = vec![0.0; part.chunk.ids.len() * width];
        for (&id, row) in part.chunk.ids.iter().zip(rows.chunks_exact_mut(width)) {
            self.words().add_row(id as usize, row);
        }
        rows
    }

    fn forward(self, part: Part<'_>, layer: usize, input: Vec<f32>) -> KeptLayer {
        LayerPass::new(self, part, layer).forward(input)
    }

    fn output(self, _: Part<'_>, _: usize, kept: &KeptLayer) -> Vec<f32> {
        kept.output().to_vec()
    }

    fn end(self, rows: Vec<f32>) -> (Vec<f32>, Vec<f32>) {
        (norm(self).forward(&rows), rows)
    }

    fn end_backward(self, kept: &Vec<f32>, mut rows: Vec<f32>) -> Vec<f32> {
        norm(self).backward(kept, &mut rows);
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
        LayerPass::new(self, part, layer).backward((input, kept), rows, gradient)
    }

    /// The table of a decoder is not trained.
    fn start_backward(self, _: Part<'_>, _: Vec<f32>, _: &mut Gradient) {}
}

fn norm(base: DecoderBase<'_>) -> Rms<'_> {
    Rms {
        weight: base.norm(),
        epsilon: base.config().epsilon as f32,
    }
}
