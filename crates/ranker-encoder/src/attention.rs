//! Attention: softmax(Q Kᵀ / √d + bias) V, text by text and head by head (Vaswani et al. 2017).

use std::ops::Range;

use rayon::prelude::*;

use crate::kernels::{Kernels, Left, Packed, Tile};
use crate::relative::RelativeBias;

/// Queries whose scores are held at once: with 512 keys they take 96 KiB.
const QUERIES: usize = 48;

/// What all texts of a batch share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attention<'a> {
    pub(crate) kernels: &'a Kernels,
    pub(crate) heads: usize,
    /// The size of a head.
    pub(crate) size: usize,
    pub(crate) relative: Option<&'a RelativeBias>,
}

/// What one thread works in.
#[derive(Default)]
struct Scratch {
    keys: Packed,
    values: Packed,
    scores: Vec<f32>,
}

impl Attention<'_> {
    /// Writes the concatenated heads of each text to its rows of `out`. `joined` has for each row the
    /// queries of all heads, their keys and their values.
    pub(crate) fn apply(&self, joined: &[f32], texts: &[Range<usize>], out: &mut [f32]) {
        let hidden = self.heads * self.size;
        let joined = Left::new(joined, 3 * hidden);
        let mut parts = Vec::with_capacity(texts.len() * self.heads);
        let mut rest = Tile::new(out, hidden);
        for text in texts {
            let (mut rows, others) = rest.split_rows(text.len());
            rest = others;
            let text = joined.take_rows(text.clone());
            for head in 0..self.heads {
                let (own, others) = rows.split_columns(self.size);
                rows = others;
                parts.push((text, head, own));
            }
        }
        parts
            .into_par_iter()
            .for_each_init(Scratch::default, |scratch, (text, head, out)| {
                self.head(scratch, (text, head), out);
            });
    }

    fn head(&self, scratch: &mut Scratch, (text, head): (Left<'_>, usize), out: Tile<'_>) {
        let part = |which: usize| {
            let start = (which * self.heads + head) * self.size;
            text.columns(start..start + self.size)
        };
        let (queries, length) = (part(0), text.rows());
        scratch.keys.pack_turned(part(1));
        scratch.values.pack(part(2));
        let mut rest = out;
        for start in (0..length).step_by(QUERIES) {
            let range = start..length.min(start + QUERIES);
            let (mut out, others) = rest.split_rows(range.len());
            rest = others;
            scratch.scores.clear();
            scratch.scores.resize(range.len() * length, 0.0);
            let rows = scratch.scores.chunks_exact_mut(length).zip(range.clone());
            if let Some(relative) = self.relative {
                rows.for_each(|(row, query)| {
                    row.copy_from_slice(relative.row(head, query, length))
                });
            }
            let mut scores = Tile::new(&mut scratch.scores, length);
            let queries = queries.take_rows(range);
            self.kernels
                .multiply(&mut scores, queries, (&scratch.keys, 0));
            let scale = (self.size as f32).sqrt().recip();
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
