//! Losses, computed from the embeddings of a batch, with their gradients.

mod cosent;
mod margins;
mod preference;
mod ranking;
mod scores;

use crate::digest::Digest;
use crate::error::LoraError;
use crate::kernel::sums;

pub use scores::ScoreLoss;
pub(crate) use scores::check_weight;

/// The loss of an encoder. All compare embeddings by their cosine.
///
/// The temperature of the first three is a scale of 20, as in sentence-transformers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// Multiple negatives ranking (Henderson et al. 2017, <https://arxiv.org/abs/1705.00652>): each
    /// query must find its positive among the positives and negatives of the whole batch. Pairs of
    /// the same group, or with the same text, do not count as each other's negatives.
    MultipleNegatives,
    /// The same, and each positive must find its query among the queries: the mean of both.
    #[default]
    Symmetric,
    /// CoSENT (Su 2022): pairs must be as similar as their scores order them. Every pair needs a
    /// score; only the order of the scores counts.
    CoSent,
    /// max(0, margin + cos(q, n) − cos(q, p)), on average over every negative n of a pair. Every
    /// pair needs a negative.
    Triplet {
        /// By how much a positive must be closer than a negative.
        margin: f32,
    },
    /// (cos(q, p) − cos(q, n) − score)²: a teacher's margins are learned (Hofstätter et al. 2020,
    /// <https://arxiv.org/abs/2010.02666>). Every pair needs a score and one negative.
    MarginMse,
    /// −log σ(β (Δ − Δ₀)), on average over every negative of a pair: direct preference optimisation
    /// (Rafailov et al. 2023, equation 7, <https://arxiv.org/abs/2305.18290>) of a model that answers
    /// a query with a text in proportion to exp(20 cos). Then Δ = 20 (cos(q, p) − cos(q, n)), and Δ₀
    /// is the same of the untrained encoder, so that the encoder departs from it only as far as the preferences require.
    /// Every pair needs a negative: the text that was rejected where the positive was preferred.
    Preference {
        /// β: the strength of the pull towards the untrained encoder. Usual: 0.1 to 0.5.
        beta: f32,
    },
}

/// The temperature of a softmax over cosines.
const SCALE: f32 = 20.0;

/// A batch whose embeddings are known: a row of `width` for each query, then for each positive,
/// then for each negative.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'b> {
    pub(crate) embeddings: &'b [f32],
    pub(crate) width: usize,
    pub(crate) pairs: &'b [Row],
    /// The pair that each negative belongs to.
    pub(crate) owners: &'b [usize],
    /// The number that stands for the text of each negative.
    pub(crate) negatives: &'b [u64],
    /// The untrained encoder's cos(q, p) − cos(q, n) of each negative, where the loss needs it.
    pub(crate) margins: &'b [f32],
}

/// A pair in a batch, without its embeddings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// How much the pair counts.
    pub(crate) weight: f32,
    pub(crate) score: f32,
    /// Pairs with the same group are no negatives of each other; nor are pairs with the same query
    /// or the same positive. A negative that is a pair's own query or positive is none for it.
    pub(crate) group: u64,
    pub(crate) query: u64,
    pub(crate) positive: u64,
}

/// A loss and the gradient of every embedding.
#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) loss: f64,
    pub(crate) gradient: Vec<f32>,
}

impl Loss {
    pub(crate) fn value(self, rows: Rows<'_>) -> Value {
        match self {
            Self::MultipleNegatives => ranking::value(rows, ranking::Ways::Queries),
            Self::Symmetric => ranking::value(rows, ranking::Ways::Both),
            Self::CoSent => cosent::value(rows),
            Self::Triplet { margin } => margins::triplet(rows, margin),
            Self::MarginMse => margins::mse(rows),
            Self::Preference { beta } => preference::value(rows, beta),
        }
    }

    /// Adds the loss to a fingerprint.
    pub(crate) fn digest(self, digest: &mut Digest) {
        let (code, parameter) = match self {
            Self::MultipleNegatives => (0, 0.0),
            Self::Symmetric => (1, 0.0),
            Self::CoSent => (2, 0.0),
            Self::Triplet { margin } => (3, margin),
            Self::MarginMse => (4, 0.0),
            Self::Preference { beta } => (5, beta),
        };
        digest.number(code).real(parameter.into());
    }

    pub(crate) fn check(self) -> Result<(), LoraError> {
        let (setting, value, right) = match self {
            Self::Triplet { margin } => ("margin", margin, margin.is_finite()),
            Self::Preference { beta } => ("beta", beta, beta.is_finite() && beta > 0.0),
            _ => return Ok(()),
        };
        match right {
            true => Ok(()),
            false => {
                let rule = "it must be finite, and beta above 0";
                Err(LoraError::setting(setting, value, rule))
            }
        }
    }
}

impl Rows<'_> {
    fn row(&self, index: usize) -> &[f32] {
        &self.embeddings[index * self.width..(index + 1) * self.width]
    }

    fn query(&self, pair: usize) -> &[f32] {
        self.row(pair)
    }

    fn positive(&self, pair: usize) -> &[f32] {
        self.row(self.pairs.len() + pair)
    }

    fn negative(&self, index: usize) -> &[f32] {
        self.row(2 * self.pairs.len() + index)
    }

    /// The sum of all weights.
    fn weight(&self) -> f32 {
        self.pairs.iter().map(|pair| pair.weight).sum()
    }

    /// Adds the gradient of `slope` · cos(a, b) for the rows `a` and `b`.
    fn add_cosine(&self, gradient: &mut [f32], a: usize, b: usize, slope: f32) {
        let width = self.width;
        let mut add = |to: usize, from: usize| {
            let target = &mut gradient[to * width..(to + 1) * width];
            sums::add_scaled(target, slope, self.row(from));
        };
        add(a, b);
        add(b, a);
    }
}

/// The mean squared distance of embeddings to where they should be, and its gradient.
pub(crate) fn distance(embeddings: &[f32], targets: &[f32], width: usize) -> Value {
    let count = (embeddings.len() / width.max(1)).max(1) as f32;
    let differences = embeddings.iter().zip(targets).map(|(e, t)| e - t);
    let gradient: Vec<f32> = differences
        .map(|difference| 2.0 * difference / count)
        .collect();
    let squares: f64 = gradient.iter().map(|g| f64::from(*g).powi(2)).sum();
    Value {
        loss: squares * f64::from(count) / 4.0,
        gradient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 6;

    fn unit(values: &mut [f32]) {
        for row in values.chunks_exact_mut(WIDTH) {
            let length = sums::dot(row, row).sqrt();
            row.iter_mut().for_each(|value| *value /= length);
        }
    }

    fn embeddings(rows: usize) -> Vec<f32> {
        let value = |i: usize| ((i * 7919 + 13) % 101) as f32 / 50.0 - 1.0;
        let mut values: Vec<f32> = (0..rows * WIDTH).map(value).collect();
        unit(&mut values);
        values
    }

    fn pairs() -> Vec<Row> {
        let row = |index: u64| Row {
            weight: 1.0 + index as f32 / 2.0,
            score: [0.3, 0.9, 0.1, 0.5][index as usize],
            group: index / 2,
            query: 10 + index,
            positive: 20 + index,
        };
        (0..4).map(row).collect()
    }

    #[test]
    fn gradients_are_slopes() {
        let (pairs, owners) = (pairs(), [0, 1, 2, 3, 3]);
        let values = embeddings(13);
        let losses = [
            Loss::MultipleNegatives,
            Loss::Symmetric,
            Loss::CoSent,
            Loss::Triplet { margin: 0.7 },
            Loss::MarginMse,
            Loss::Preference { beta: 0.3 },
        ];
        for loss in losses {
            let at = |embeddings: &[f32]| {
                loss.value(Rows {
                    embeddings,
                    width: WIDTH,
                    pairs: &pairs,
                    owners: &owners,
                    negatives: &[30, 31, 32, 33, 34],
                    margins: &[0.2, -0.4, 0.1, 0.9, 0.0],
                })
            };
            let gradient = at(&values).gradient;
            assert!(gradient.iter().any(|g| g.abs() > 1e-3), "{loss:?}");
            for i in 0..values.len() {
                let (mut above, mut below) = (values.clone(), values.clone());
                above[i] += 1e-3;
                below[i] -= 1e-3;
                let slope = (at(&above).loss - at(&below).loss) / 2e-3;
                let distance = (slope - f64::from(gradient[i])).abs();
                assert!(
                    distance < 2e-3 * (1.0 + slope.abs()),
                    "{loss:?} {i}: {slope}, {}",
                    gradient[i]
                );
            }
        }
    }

    #[test]
    fn distances_are_means_over_texts() {
        let value = distance(&[1.0, 0.0, 0.0, 1.0], &[0.0, 0.0, 0.0, 1.0], 2);
        assert!((value.loss - 0.5).abs() < 1e-9);
        assert_eq!(value.gradient, [1.0, 0.0, 0.0, 0.0]);
    }
}
