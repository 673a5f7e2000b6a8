//! One vector for several neighbouring tokens.
//!
//! Clavié, Chaffin and Adams ("Reducing the footprint of multi-vector retrieval with minimal performance
//! impact via token pooling", 2024) join a document's tokens by Ward's method; here only neighbours are
//! joined, which costs a thousandth of it, and leaves each vector one place in the text.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use ranker_core::TokenEmbeddings;

use crate::dot::dot;

/// Neighbouring tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// The sum of their vectors.
    pub(super) sum: Vec<f32>,
    /// The squared length of the sum.
    square: f32,
    tokens: usize,
    pub(super) bytes: Range<usize>,
}

impl Run {
    fn of(vector: &[f32], bytes: &Range<usize>) -> Self {
        Self {
            sum: vector.to_vec(),
            square: dot(vector, vector),
            tokens: 1,
            bytes: bytes.clone(),
        }
    }

    /// By how much a join adds to the squared distances of tokens from the means of their runs.
    fn cost(&self, next: &Self) -> f32 {
        let (n, m) = (self.tokens as f32, next.tokens as f32);
        let apart = self.square / (n * n) + next.square / (m * m)
            - 2.0 * dot(&self.sum, &next.sum) / (n * m);
        apart * n * m / (n + m)
    }

    fn join(&mut self, next: Self) {
        self.sum
            .iter_mut()
            .zip(&next.sum)
            .for_each(|(x, y)| *x += y);
        self.square = dot(&self.sum, &self.sum);
        self.tokens += next.tokens;
        self.bytes = self.bytes.start.min(next.bytes.start)..self.bytes.end.max(next.bytes.end);
    }
}

/// A join that was the cheapest when its two runs were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Join {
    /// The bits of the cost, which is not negative: they are ordered as it is.
    cost: u32,
    left: usize,
    right: usize,
    /// How many tokens both had then: a join of runs that have grown since is out of date.
    tokens: usize,
}

/// The runs of a text, `factor` tokens each on average, in their order; cheapest joins first.
pub(super) fn runs(tokens: &TokenEmbeddings, factor: usize) -> Vec<Run> {
    let each = tokens.vectors().zip(tokens.spans());
    let mut runs: Vec<Option<Run>> = each
        .map(|(vector, bytes)| Some(Run::of(vector, bytes)))
        .collect();
    let n = runs.len();
    let mut after: Vec<usize> = (1..=n).collect();
    let mut before: Vec<Option<usize>> = (0..n).map(|at| at.checked_sub(1)).collect();
    let mut joins: BinaryHeap<Reverse<Join>> = (1..n)
        .filter_map(|right| join(&runs, right - 1, right))
        .collect();
    let mut left = n - n.div_ceil(factor.max(1)).min(n);
    while left > 0 {
        let Some(Reverse(next)) = joins.pop() else {
            break;
        };
        let both = [next.left, next.right].map(|at| runs[at].as_ref().map_or(0, |run| run.tokens));
        if both.contains(&0) || both[0] + both[1] != next.tokens {
            continue;
        }
        let (Some(right), Some(run)) = (runs[next.right].take(), runs[next.left].as_mut()) else {
            continue;
        };
        run.join(right);
        left -= 1;
        after[next.left] = after[next.right];
        if let Some(before) = before.get_mut(after[next.left]) {
            *before = Some(next.left);
        }
        joins.extend(before[next.left].and_then(|at| join(&runs, at, next.left)));
        joins.extend(join(&runs, next.left, after[next.left]));
    }
    runs.into_iter().flatten().collect()
}

fn join(runs: &[Option<Run>], left: usize, right: usize) -> Option<Reverse<Join>> {
    let (a, b) = (runs.get(left)?.as_ref()?, runs.get(right)?.as_ref()?);
    Some(Reverse(Join {
        cost: a.cost(b).max(0.0).to_bits(),
        left,
        right,
        tokens: a.tokens + b.tokens,
    }))
}
