//! CoSENT: log(1 + Σ exp(20 (cos i − cos j))) over all pairs i, j where j has the greater score.

use super::{Rows, SCALE, Value};
use crate::kernel::sums;

pub(super) fn value(rows: Rows<'_>) -> Value {
    let count = rows.pairs.len();
    let cosine = |pair| f64::from(SCALE * sums::dot(rows.query(pair), rows.positive(pair)));
    let cosines: Vec<f64> = (0..count).map(cosine).collect();
    let ordered = || {
        (0..count)
            .flat_map(|i| (0..count).map(move |j| (i, j)))
            .filter(|&(i, j)| rows.pairs[i].score < rows.pairs[j].score)
    };
    let top = ordered().fold(0.0_f64, |top, (i, j)| top.max(cosines[i] - cosines[j]));
    let weight = |i: usize, j: usize| f64::from(rows.pairs[i].weight * rows.pairs[j].weight);
    let term = |(i, j): (usize, usize)| weight(i, j) * (cosines[i] - cosines[j] - top).exp();
    let sum = (-top).exp() + ordered().map(term).sum::<f64>();
    let mut slopes = vec![0.0_f64; count];
    for (i, j) in ordered() {
        let slope = term((i, j)) / sum;
        slopes[i] += slope;
        slopes[j] -= slope;
    }
    let mut gradient = vec![0.0; rows.embeddings.len()];
    for (pair, slope) in slopes.into_iter().enumerate() {
        rows.add_cosine(&mut gradient, pair, count + pair, SCALE * slope as f32);
    }
    Value {
        loss: top + sum.ln(),
        gradient,
    }
}
