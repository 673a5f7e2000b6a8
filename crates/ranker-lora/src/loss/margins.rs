//! Losses on cos(q, p) − cos(q, n).

use super::{Rows, Value};
use crate::kernel::sums;

pub(super) fn triplet(rows: Rows<'_>, margin: f32) -> Value {
    let hinge = |difference: f32, _: usize| {
        let loss = margin - difference;
        if loss > 0.0 { (loss, -1.0) } else { (0.0, 0.0) }
    };
    over_negatives(rows, hinge)
}

pub(super) fn mse(rows: Rows<'_>) -> Value {
    let square = |difference: f32, negative: usize| {
        let error = difference - rows.pairs[rows.owners[negative]].score;
        (error * error, 2.0 * error)
    };
    over_negatives(rows, square)
}

/// The weighted mean over all negatives of `term`, which gives a loss and its slope from a margin
/// and the negative's number.
pub(super) fn over_negatives(rows: Rows<'_>, term: impl Fn(f32, usize) -> (f32, f32)) -> Value {
    let count = rows.pairs.len();
    let total: f32 = rows
        .owners
        .iter()
        .map(|&pair| rows.pairs[pair].weight)
        .sum();
    let mut gradient = vec![0.0; rows.embeddings.len()];
    let mut sum = 0.0;
    for (index, &pair) in rows.owners.iter().enumerate() {
        let query = rows.query(pair);
        let difference =
            sums::dot(query, rows.positive(pair)) - sums::dot(query, rows.negative(index));
        let (loss, slope) = term(difference, index);
        let weight = rows.pairs[pair].weight / total;
        sum += f64::from(weight * loss);
        rows.add_cosine(&mut gradient, pair, count + pair, weight * slope);
        rows.add_cosine(&mut gradient, pair, 2 * count + index, -weight * slope);
    }
    Value {
        loss: sum,
        gradient,
    }
}
