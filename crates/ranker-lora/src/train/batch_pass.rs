//! A batch through an encoder in training: embeddings or scores, and the gradient of what is trained.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::chunk::{Chunk, Text, chunks};
use super::chunk_pass::{ChunkPass, Kept};
use super::model::Model;
use super::ordered::sum_in_order;
use super::pass::{Memory, Pass, Ready};
use super::tables::{Buffers, Gradient};

impl Model<'_> {
    /// The embeddings or scores of `texts`, a row each.
    pub(crate) fn run(&self, pass: Pass<'_>, texts: &[Text<'_>]) -> Vec<f32> {
        let norms = self.row_norms(pass.values);
        let pass = pass.ready(&norms);
        let rows: Vec<Vec<f32>> = chunks(texts)
            .par_iter()
            .map(|chunk| {
                let kept = self.over(pass, chunk).forward(Memory::Recompute);
                kept.output.values().to_vec()
            })
            .collect();
        rows.concat()
    }

    fn over<'p>(&'p self, pass: Ready<'p>, chunk: &'p Chunk) -> ChunkPass<'p> {
        ChunkPass {
            model: self,
            pass,
            chunk,
        }
    }

    /// Runs `texts`, hands what comes out to `loss`, and takes their gradient back through the
    /// encoder. Returns what `loss` returned beside the gradient of the trained values.
    ///
    /// The forward pass of all chunks comes first, since the loss compares texts of the whole batch;
    /// then each chunk goes back by itself, and the gradients are added in the order of the chunks.
    pub(crate) fn gradient<L>(
        &self,
        pass: Pass<'_>,
        texts: &[Text<'_>],
        memory: Memory,
        loss: impl FnOnce(&[f32]) -> (L, Vec<f32>),
    ) -> (L, Vec<f32>) {
        let norms = self.row_norms(pass.values);
        let pass = pass.ready(&norms);
        let chunks = chunks(texts);
        let kept: Vec<Kept> = chunks
            .par_iter()
            .map(|chunk| self.over(pass, chunk).forward(memory))
            .collect();
        let outputs = kept.iter().flat_map(|kept| kept.output.values());
        let outputs: Vec<f32> = outputs.copied().collect();
        let (loss, outer) = loss(&outputs);
        let kept: Vec<Mutex<Option<Kept>>> =
            kept.into_iter().map(|own| Mutex::new(Some(own))).collect();
        let buffers = Buffers::default();
        let work = |number: usize| {
            let chunk: &Chunk = &chunks[number];
            let over = self.over(pass, chunk);
            let mut own = kept[number].lock().unwrap_or_else(PoisonError::into_inner);
            let kept = match (memory, own.take()) {
                (Memory::Keep, Some(kept)) => kept,
                _ => over.forward(Memory::Keep),
            };
            let width = self.width();
            let own = &outer[chunk.texts.start * width..chunk.texts.end * width];
            over.backward(kept, own, buffers.take(&self.slots))
        };
        let add = |sum: &mut Vec<f32>, number: usize, gradient: Gradient| {
            gradient.add_to(sum, &self.slots, &chunks[number]);
            buffers.give_back(gradient);
        };
        let sum = vec![0.0; self.slots.count()];
        (loss, sum_in_order(chunks.len(), sum, work, add))
    }
}
