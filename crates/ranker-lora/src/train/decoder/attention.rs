//! softmax(Q Kᵀ / √d) V for every text and head, forward and backward, where a token reads itself and those before it,
//! and heads of queries share those of keys and values (Ainslie et al. 2023, <https://arxiv.org/abs/2305.13245>). The
//! weights are computed again in the backward pass.

use std::ops::Range;

use crate::kernel::activation::{softmax_backward, softmax_before};
use crate::kernel::product::{Into, View, ViewMut, multiply};

/// The sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heads {
    pub(super) queries: usize,
    /// How many heads have keys and values of their own; it divides `queries`.
    pub(super) keys: usize,
    /// d, the width of a head.
    pub(super) size: usize,
}

/// Rows of Q, K and V, or of their gradients: `[tokens, queries · size]`, and twice `[tokens, keys · size]`.
pub(super) type Three = [Vec<f32>; 3];

/// Some neighbouring columns of the rows of one text.
#[derive(Clone, Copy)]
struct Window<'t> {
    text: &'t Range<usize>,
    /// How many columns a row has.
    stride: usize,
    first: usize,
    columns: usize,
}

impl Window<'_> {
    fn of(self, rows: &[f32]) -> View<'_> {
        let start = self.text.start * self.stride + self.first;
        let shape = (self.text.len(), self.columns);
        View::window(&rows[start..], shape, self.stride)
    }

    fn of_mut(self, rows: &mut [f32]) -> ViewMut<'_> {
        let start = self.text.start * self.stride + self.first;
        let shape = (self.text.len(), self.columns);
        ViewMut::window(&mut rows[start..], shape, self.stride)
    }
}

impl Heads {
    fn scale(self) -> f32 {
        (self.size as f32).sqrt().recip()
    }

    /// Where one head's queries lie, and the keys and values that it reads.
    fn windows(self, text: &Range<usize>, head: usize) -> [Window<'_>; 2] {
        let shared = head / (self.queries / self.keys);
        [(self.queries, head), (self.keys, shared)].map(|(heads, own)| Window {
            text,
            stride: heads * self.size,
            first: own * self.size,
            columns: self.size,
        })
    }

    /// The weights of one head of one text: a row for each token.
    fn weights(self, out: &mut Vec<f32>, query: View<'_>, key: View<'_>) {
        let length = query.rows();
        out.resize(length * length, 0.0);
        multiply(ViewMut::new(out, length), Into::Replace, query.by(key.t()));
        softmax_before(out, length, self.scale());
    }

    /// The context of every token; each of `texts` is a range of rows.
    pub(super) fn forward(self, rows: &Three, texts: &[Range<usize>]) -> Vec<f32> {
        let [query, key, value] = rows;
        let mut context = vec![0.0; query.len()];
        let mut weights = Vec::new();
        for text in texts {
            for head in 0..self.queries {
                let [own, shared] = self.windows(text, head);
                self.weights(&mut weights, own.of(query), shared.of(key));
                let factors = View::new(&weights, text.len()).by(shared.of(value));
                multiply(own.of_mut(&mut context), Into::Replace, factors);
            }
        }
        context
    }

    /// The gradients of Q, K and V from that of the context.
    pub(super) fn backward(self, rows: &Three, gradient: &[f32], texts: &[Range<usize>]) -> Three {
        let [query, key, value] = rows;
        let [mut dq, mut dk, mut dv] = [query, key, value].map(|rows| vec![0.0; rows.len()]);
        let (mut weights, mut scores) = (Vec::new(), Vec::new());
        for text in texts {
            let length = text.len();
            for head in 0..self.queries {
                let [own, shared] = self.windows(text, head);
                let (q, k, v, g) = (
                    own.of(query),
                    shared.of(key),
                    shared.of(value),
                    own.of(gradient),
                );
                self.weights(&mut weights, q, k);
                scores.resize(length * length, 0.0);
                multiply(
                    ViewMut::new(&mut scores, length),
                    Into::Replace,
                    g.by(v.t()),
                );
                // What is not read has a weight of 0, and so a gradient of 0.
                softmax_backward(&mut scores, &weights, length, self.scale());
                let (weights, scores) = (View::new(&weights, length), View::new(&scores, length));
                multiply(own.of_mut(&mut dq), Into::Replace, scores.by(k));
                multiply(shared.of_mut(&mut dk), Into::Add, scores.t().by(q));
                multiply(shared.of_mut(&mut dv), Into::Add, weights.t().by(g));
            }
        }
        [dq, dk, dv]
    }
}
