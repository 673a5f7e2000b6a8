//! What training computes from the last hidden states: an embedding a text, or a score.

use std::ops::Range;

use ranker_folder::Pooling;

use super::parameters::{HEAD, Slots};
use super::pool::{self, Pooled};
use crate::cross::Head;
use crate::error::LoraError;
use crate::kernel::product::{Into, View, ViewMut, multiply};
use crate::kernel::sums;

/// The end of the model.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    /// Rows of unit length.
    Embeddings { pooling: Pooling, hidden: usize },
    /// One number a text, from a head that is trained.
    Scores(HeadSlot),
}

/// Where a head's values lie among the trained ones: behind the adapter's, in the order of
/// [`Head::values`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadSlot {
    pub(crate) start: usize,
    pub(crate) hidden: usize,
}

/// The gradient of what came out of some texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outer<'o> {
    /// A row for each text.
    pub(crate) gradient: &'o [f32],
    /// The tokens of each text.
    pub(crate) texts: &'o [Range<usize>],
}

/// What the forward pass keeps.
#[derive(Debug)]
pub(crate) enum Kept {
    Pooled(Pooled),
    Scored(Scored),
}

#[derive(Debug)]
pub(crate) struct Scored {
    /// The first token of each text.
    first: Vec<f32>,
    /// tanh(W h + b)
    active: Vec<f32>,
    scores: Vec<f32>,
}

impl Kept {
    /// Embeddings or scores.
    pub(crate) fn values(&self) -> &[f32] {
        match self {
            Self::Pooled(pooled) => &pooled.embeddings,
            Self::Scored(scored) => &scored.scores,
        }
    }
}

impl Output {
    /// The scores of a head whose values are laid behind all others.
    pub(crate) fn scores(head: &Head, slots: &mut Slots) -> Self {
        Self::Scores(HeadSlot {
            start: slots.append(HEAD, head.values().len()).start,
            hidden: head.hidden(),
        })
    }

    /// How many values a text has.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Embeddings { hidden, .. } => hidden,
            Self::Scores(_) => 1,
        }
    }

    /// From rows of the hidden size, with `values` all trained ones.
    pub(crate) fn forward(self, values: &[f32], rows: &[f32], texts: &[Range<usize>]) -> Kept {
        match self {
            Self::Embeddings { pooling, hidden } => {
                Kept::Pooled(pool::forward(pooling, rows, hidden, texts))
            }
            Self::Scores(slot) => Kept::Scored(slot.forward(values, rows, texts)),
        }
    }

    /// The gradient of the rows from that of the output; that of its own values is added to
    /// `gradient`.
    pub(crate) fn backward(
        self,
        values: &[f32],
        kept: &Kept,
        outer: Outer<'_>,
        gradient: &mut [f32],
    ) -> Vec<f32> {
        match (self, kept) {
            (Self::Embeddings { pooling, .. }, Kept::Pooled(pooled)) => {
                pool::backward(pooling, pooled, outer.gradient, outer.texts)
            }
            (Self::Scores(slot), Kept::Scored(scored)) => {
                slot.backward(values, scored, outer, gradient)
            }
            // A pass keeps what its own model computes.
            (Self::Embeddings { .. }, Kept::Scored(_)) | (Self::Scores(_), Kept::Pooled(_)) => {
                Vec::new()
            }
        }
    }
}

impl HeadSlot {
    /// All its values.
    pub(crate) fn range(self) -> Range<usize> {
        let count = self.hidden * self.hidden + 2 * self.hidden + 1;
        self.start..self.start + count
    }

    /// The ranges of W, b, w and c.
    fn ranges(self) -> [Range<usize>; 4] {
        let mut start = self.start;
        [self.hidden * self.hidden, self.hidden, self.hidden, 1].map(|length| {
            start += length;
            start - length..start
        })
    }

    /// The head with these trained values.
    pub(crate) fn head(self, values: &[f32]) -> Result<Head, LoraError> {
        Head::of_values(self.hidden, &values[self.range()])
    }

    fn forward(self, values: &[f32], rows: &[f32], texts: &[Range<usize>]) -> Scored {
        let hidden = self.hidden;
        let [dense, bias, out, last] = self.ranges().map(|range| &values[range]);
        let row = |text: &Range<usize>| &rows[text.start * hidden..(text.start + 1) * hidden];
        let first: Vec<f32> = texts.iter().flat_map(row).copied().collect();
        let mut active = bias.repeat(texts.len());
        let factors = View::new(&first, hidden).by(View::new(dense, hidden).t());
        multiply(ViewMut::new(&mut active, hidden), Into::Add, factors);
        active
            .iter_mut()
            .for_each(|value| *value = libm::tanhf(*value));
        let score = |row: &[f32]| sums::dot(row, out) + last[0];
        let scores = active.chunks_exact(hidden).map(score).collect();
        Scored {
            first,
            active,
            scores,
        }
    }

    fn backward(
        self,
        values: &[f32],
        kept: &Scored,
        outer: Outer<'_>,
        gradient: &mut [f32],
    ) -> Vec<f32> {
        let texts = outer.texts;
        let hidden = self.hidden;
        let [dense, bias, out, last] = self.ranges();
        // Of W h + b.
        let mut inner = vec![0.0; kept.active.len()];
        let texts_of = inner
            .chunks_exact_mut(hidden)
            .zip(kept.active.chunks_exact(hidden));
        for ((inner, active), &slope) in texts_of.zip(outer.gradient) {
            gradient[last.start] += slope;
            sums::add_scaled(&mut gradient[out.clone()], slope, active);
            for ((inner, active), weight) in inner.iter_mut().zip(active).zip(&values[out.clone()])
            {
                *inner = slope * weight * (1.0 - active * active);
            }
            sums::add_scaled(&mut gradient[bias.clone()], 1.0, inner);
        }
        let factors = View::new(&inner, hidden)
            .t()
            .by(View::new(&kept.first, hidden));
        let target = ViewMut::new(&mut gradient[dense.clone()], hidden);
        multiply(target, Into::Add, factors);
        let mut first = vec![0.0; inner.len()];
        let factors = View::new(&inner, hidden).by(View::new(&values[dense], hidden));
        multiply(ViewMut::new(&mut first, hidden), Into::Replace, factors);
        let mut rows = vec![0.0; texts.last().map_or(0, |text| text.end) * hidden];
        for (text, first) in texts.iter().zip(first.chunks_exact(hidden)) {
            rows[text.start * hidden..(text.start + 1) * hidden].copy_from_slice(first);
        }
        rows
    }
}
