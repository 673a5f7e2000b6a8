//! One pass over a batch: the values that it computes with, and what is kept for the way back.

use std::ops::Range;

use super::dropout::Dropout;
use crate::encoder::Rows;

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

impl<'p> Pass<'p> {
    pub(super) fn ready(self, norms: &'p [f32]) -> Ready<'p> {
        Ready {
            values: self.values,
            dropout: self.dropout,
            norms,
        }
    }
}

impl Ready<'_> {
    /// Adds a table's row: of the trained values, where they have that table, or else of the encoder.
    pub(super) fn add_row(
        self,
        slot: Option<&Range<usize>>,
        table: &dyn Rows,
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
