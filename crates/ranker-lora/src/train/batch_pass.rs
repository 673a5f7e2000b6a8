//! A batch through a model in training: embeddings or scores, and the gradient of what is trained.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::architecture::{Architecture, Part};
use super::chunk::{Chunk, Text, chunks};
use super::chunk_pass::{ChunkPass, Kept};
use super::model::Model;
use super::ordered::sum_in_order;
use super::pass::{Memory, Pass, Ready};
use super::tables::{Buffers, Gradient};
use crate::base::Kind;

impl Model<'_> {
    /// The embeddings or scores of `texts`, a row each.
    pub(crate) fn run(&self, pass: Pass<'_>, texts: &[Text<'_>]) -> Vec<f32> {
        match self.base.kind() {
            Kind::Encoder(base) => self.run_on(base, pass, texts),
            Kind::Decoder(base) => self.run_on(base, pass, texts),
        }
    }

    fn run_on(&self, base: impl Architecture, pass: Pass<'_>, texts: &[Text<'_>]) -> Vec<f32> {
        let norms = self.row_norms(pass.values);
        let pass = pass.ready(&norms);
        let rows: Vec<Vec<f32>> = chunks(texts)
            .par_iter()
            .map(|chunk| {
                let kept = self.over(base, pass, chunk).forward(Memory::Recompute);
                kept.output.values().to_vec()
            })
            .collect();
        rows.concat()
    }

    fn over<'p, A>(&'p self, base: A, pass: Ready<'p>, chunk: &'p Chunk) -> ChunkPass<'p, A> {
        ChunkPass {
            base,
            part: Part {
                slots: &self.slots,
                pass,
                chunk,
            },
            output: self.output,
            activations: self.activations,
        }
    }

    /// Runs `texts`, hands what comes out to `loss`, and takes their gradient back through the
    /// model. Returns what `loss` returned beside the gradient of the trained values.
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
        match self.base.kind() {
            Kind::Encoder(base) => self.gradient_on(base, pass, (texts, memory), loss),
            Kind::Decoder(base) => self.gradient_on(base, pass, (texts, memory), loss),
        }
    }

    fn gradient_on<L, A: Architecture>(
        &self,
        base: A,
        pass: Pass<'_>,
        (texts, memory): (&[Text<'_>], Memory),
        loss: impl FnOnce(&[f32]) -> (L, Vec<f32>),
    ) -> (L, Vec<f32>) {
        let norms = self.row_norms(pass.values);
        let pass = pass.ready(&norms);
        let chunks = chunks(texts);
        let kept: Vec<Kept<A>> = chunks
            .par_iter()
            .map(|chunk| self.over(base, pass, chunk).forward(memory))
            .collect();
        let outputs = kept.iter().flat_map(|kept| kept.output.values());
        let outputs: Vec<f32> = outputs.copied().collect();
        let (loss, outer) = loss(&outputs);
        let kept: Vec<Mutex<Option<Kept<A>>>> =
            kept.into_iter().map(|own| Mutex::new(Some(own))).collect();
        let buffers = Buffers::default();
        let work = |number: usize| {
            let chunk: &Chunk = &chunks[number];
            let over = self.over(base, pass, chunk);
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
