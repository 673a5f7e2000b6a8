//! The gradient of a part of a batch, down to the embedding tables.

use std::sync::{Mutex, PoisonError};

use super::chunk::Chunk;
use super::parameters::Slots;
use crate::kernel::sums;

/// The gradient of one chunk.
#[derive(Debug)]
pub(crate) struct Gradient {
    /// As the trained values lie, without the table of words.
    pub(crate) values: Vec<f32>,
    /// Of that table's rows: one for each token of the chunk, or none where it is not trained.
    words: Vec<f32>,
}

/// Where gradients come from and go back to: with all weights trained they are so large that memory
/// from the system would cost as much as the products.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<f32>>>);

impl Buffers {
    /// A gradient of zeros.
    pub(crate) fn take(&self, slots: &Slots) -> Gradient {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut values = known.unwrap_or_default();
        values.clear();
        values.resize(slots.dense(), 0.0);
        Gradient {
            values,
            words: Vec::new(),
        }
    }

    pub(crate) fn give_back(&self, gradient: Gradient) {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spare.push(gradient.values);
    }
}

impl Gradient {
    /// Adds the gradients of the tables, from that of the sum of their rows; `tokens` are the rows of
    /// the tables of positions and types that each token has.
    pub(crate) fn add_tables(&mut self, slots: &Slots, tokens: &[[usize; 2]], rows: Vec<f32>) {
        let width = rows.len() / tokens.len().max(1);
        for (token, row) in tokens.iter().zip(rows.chunks_exact(width)) {
            for (table, place) in [&slots.positions, &slots.types].into_iter().zip(token) {
                if let Some(table) = table {
                    let start = table.start + place * width;
                    sums::add_scaled(&mut self.values[start..start + width], 1.0, row);
                }
            }
        }
        if slots.words.is_some() {
            self.words = rows;
        }
    }

    /// Adds all to the gradient of the batch.
    pub(crate) fn add_to(&self, sum: &mut [f32], slots: &Slots, chunk: &Chunk) {
        sums::add_scaled(sum, 1.0, &self.values);
        let Some(words) = &slots.words else { return };
        let width = self.words.len() / chunk.ids.len().max(1);
        for (&id, row) in chunk.ids.iter().zip(self.words.chunks_exact(width)) {
            let start = words.start + id as usize * width;
            sums::add_scaled(&mut sum[start..start + width], 1.0, row);
        }
    }
}
