//! Attention: softmax(Q Kᵀ / √d + bias) V, head by head (Vaswani et al. 2017).

use std::ops::Range;

use crate::kernels::{Kernels, Left, Packed, Tile};
use crate::relative::RelativeBias;

/// Queries whose scores are held at once: with 512 keys they take 96 KiB.
const QUERIES: usize = 48;

/// What the attention of a layer depends on besides its input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attention<'a> {
    pub(crate) kernels: &'a Kernels,
    pub(crate) heads: usize,
    /// The size of a head.
    pub(crate) size: usize,
    pub(crate) relative: Option<&'a RelativeBias>,
}

/// What a head is computed in.
#[derive(Default)]
pub(crate) struct HeadScratch {
    keys: Packed,
    values: Packed,
    scores: Vec<f32>,
}

impl Attention<'_> {
    /// Writes the concatenated heads of some of a text's tokens to `out`. `text` has for each of its
    /// tokens the queries of all heads, their keys and their values; keys and values of the first `attended`
    /// tokens are read.
    pub(crate) fn apply(
        &self,
        scratch: &mut HeadScratch,
        ((text, rows), attended): ((Left<'_>, Range<usize>), usize),
        out: &mut [f32],
    ) {
        let mut rest = Tile::new(out, self.heads * self.size);
        for head in 0..self.heads {
            let part = |which: usize| {
                let start = (which * self.heads + head) * self.size;
                text.columns(start..start + self.size)
            };
            scratch.keys.pack_turned(part(1).take_rows(0..attended));
            scratch.values.pack(part(2).take_rows(0..attended));
            let (own, others) = rest.split_columns(self.size);
            rest = others;
            self.head(scratch, (part(0), head, attended), (rows.clone(), own));
        }
    }

    /// One head, whose keys and values are packed, as many as `length`.
    fn head(
        &self,
        scratch: &mut HeadScratch,
        (queries, head, length): (Left<'_>, usize, usize),
        (rows, out): (Range<usize>, Tile<'_>),
    ) {
        let scale = (self.size as f32).sqrt().recip();
        let mut rest = out;
        for start in rows.clone().step_by(QUERIES) {
            let range = start..rows.end.min(start + QUERIES);
            let (mut out, others) = rest.split_rows(range.len());
            rest = others;
            scratch.scores.clear();
            scratch.scores.resize(range.len() * length, 0.0);
            if let Some(relative) = self.relative {
                let rows = scratch.scores.chunks_exact_mut(length);
                for (row, query) in rows.zip(range.clone()) {
                    row.copy_from_slice(relative.row(head, query, length));
                }
            }
            let mut scores = Tile::new(&mut scratch.scores, length);
            let queries = queries.take_rows(range);
            self.kernels
                .multiply(&mut scores, queries, (&scratch.keys, 0));
            for row in 0..scores.rows() {
                self.kernels.softmax(scores.row(row), scale);
                out.row(row).fill(0.0);
            }
            let weights = Left::new(&scratch.scores, length);
            self.kernels
                .multiply(&mut out, weights, (&scratch.values, 0));
        }
    }
}
