//! Direct preference optimisation of cosines.

use super::margins::over_negatives;
use super::{Rows, SCALE, Value};

pub(super) fn value(rows: Rows<'_>, beta: f32) -> Value {
    let factor = beta * SCALE;
    let term = |difference: f32, negative: usize| {
        let x = factor * (difference - rows.margins[negative]);
        // log(1 + exp(−x)), without overflow for a great |x|.
        let loss = (-x).max(0.0) + (-x.abs()).exp().ln_1p();
        let wrong = 1.0 / (1.0 + x.exp());
        (loss, -factor * wrong)
    };
    over_negatives(rows, term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::Row;

    fn loss(margin: f32) -> Value {
        let pair = Row {
            weight: 1.0,
            score: 0.0,
            group: 0,
            query: 0,
            positive: 1,
        };
        // cos(q, p) = 1, cos(q, n) = 0.
        value(
            Rows {
                embeddings: &[1.0, 0.0, 1.0, 0.0, 0.0, 1.0],
                width: 2,
                pairs: &[pair],
                owners: &[0],
                negatives: &[2],
                margins: &[margin],
            },
            0.1,
        )
    }

    #[test]
    fn by_hand() {
        // As the untrained encoder: σ(0) is a half.
        assert!((loss(1.0).loss - 2.0_f64.ln()).abs() < 1e-6);
        // By 1.5 more than it: −log σ(0.1 · 20 · 1.5).
        let expected = (1.0 + (-3.0_f64).exp()).ln();
        assert!((loss(-0.5).loss - expected).abs() < 1e-6);
        let slope = loss(-0.5).gradient[4];
        assert!((f64::from(slope) - 2.0 / (1.0 + 3.0_f64.exp())).abs() < 1e-6);
        assert!(loss(-1e6).loss.abs() < 1e-9 && loss(1e6).loss.is_finite());
    }
}
