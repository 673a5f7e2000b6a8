//! softmax(Q Kᵀ / √d + bias) V for every text and head, forward and backward. The weights are computed
//! again in the backward pass: kept, they would take more memory than anything else.

use std::ops::Range;

use crate::encoder::RelativeBias;
use crate::kernel::activation::{softmax, softmax_backward};
use crate::kernel::product::{Into, View, ViewMut, multiply};

/// The sizes of an attention, and the bias of its scores where the encoder has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads<'p> {
    pub(crate) count: usize,
    /// d, the width of a head.
    pub(crate) size: usize,
    /// It is frozen, so it changes the weights and has no gradient.
    pub(crate) relative: Option<&'p RelativeBias>,
}

/// Rows of Q, K and V, or of their gradients: `[tokens, count · size]` each.
pub(crate) type Three<T> = [T; 3];

impl Heads<'_> {
    /// The hidden size.
    pub(crate) fn width(self) -> usize {
        self.count * self.size
    }

    fn scale(self) -> f32 {
        (self.size as f32).sqrt().recip()
    }

    /// One head of one text.
    fn view<'r>(self, rows: &'r [f32], text: &Range<usize>, head: usize) -> View<'r> {
        let start = text.start * self.width() + head * self.size;
        View::window(&rows[start..], (text.len(), self.size), self.width())
    }

    fn view_mut<'r>(self, rows: &'r mut [f32], text: &Range<usize>, head: usize) -> ViewMut<'r> {
        let start = text.start * self.width() + head * self.size;
        ViewMut::window(&mut rows[start..], (text.len(), self.size), self.width())
    }

    /// The weights of one head of one text: a row for each token.
    fn weights(self, out: &mut Vec<f32>, head: usize, query: View<'_>, key: View<'_>) {
        let length = query.rows();
        out.resize(length * length, 0.0);
        let into = match self.relative {
            // Softmax scales the sum, so the bias comes in times √d.
            Some(relative) => {
                relative.fill(head, length, out);
                Into::Add
            }
            None => Into::Replace,
        };
        multiply(ViewMut::new(out, length), into, query.by(key.t()));
        softmax(out, length, self.scale());
    }

    /// The context of every token; each of `texts` is a range of rows.
    pub(crate) fn forward(self, rows: &Three<Vec<f32>>, texts: &[Range<usize>]) -> Vec<f32> {
        let [query, key, value] = rows;
        let mut context = vec![0.0; query.len()];
        let mut weights = Vec::new();
        for text in texts {
            for head in 0..self.count {
                let [q, k, v] = [query, key, value].map(|rows| self.view(rows, text, head));
                self.weights(&mut weights, head, q, k);
                let factors = View::new(&weights, text.len()).by(v);
                let target = self.view_mut(&mut context, text, head);
                multiply(target, Into::Replace, factors);
            }
        }
        context
    }

    /// The gradients of Q, K and V from that of the context.
    pub(crate) fn backward(
        self,
        rows: &Three<Vec<f32>>,
        gradient: &[f32],
        texts: &[Range<usize>],
    ) -> Three<Vec<f32>> {
        let [query, key, value] = rows;
        let mut out = [(); 3].map(|()| vec![0.0; gradient.len()]);
        let (mut weights, mut scores) = (Vec::new(), Vec::new());
        for text in texts {
            let length = text.len();
            for head in 0..self.count {
                let [q, k, v] = [query, key, value].map(|rows| self.view(rows, text, head));
                let g = self.view(gradient, text, head);
                self.weights(&mut weights, head, q, k);
                scores.resize(length * length, 0.0);
                let target = ViewMut::new(&mut scores, length);
                multiply(target, Into::Replace, g.by(v.t()));
                softmax_backward(&mut scores, &weights, length, self.scale());
                let (weights, scores) = (View::new(&weights, length), View::new(&scores, length));
                let products = [scores.by(k), scores.t().by(q), weights.t().by(g)];
                for (out, factors) in out.iter_mut().zip(products) {
                    let target = self.view_mut(out, text, head);
                    multiply(target, Into::Replace, factors);
                }
            }
        }
        out
    }
}
