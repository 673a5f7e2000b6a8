//! Losses on the scores of a cross-encoder.

use super::Value;
use crate::error::LoraError;
use crate::train::TokenList;

/// The loss of a cross-encoder, which scores each text by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScoreLoss {
    /// −log softmax of the positive's score among those of its own negatives (listwise; with one
    /// negative, the pairwise logistic loss). Every list needs a negative.
    #[default]
    Softmax,
    /// Cross-entropy of the sigmoid: 1 for a positive, or the list's score, which is then a
    /// probability; 0 for a negative.
    BinaryCrossEntropy,
    /// The squared distance to a teacher's score. Every list needs a score and no negatives.
    MeanSquaredError,
}

impl ScoreLoss {
    /// The number that stands for it in a checkpoint's fingerprint.
    pub(crate) fn code(self) -> u64 {
        match self {
            Self::Softmax => 0,
            Self::BinaryCrossEntropy => 1,
            Self::MeanSquaredError => 2,
        }
    }

    /// Why a list does not suit this loss.
    pub(crate) fn refuse(self, list: &TokenList) -> Result<(), &'static str> {
        match (self, list.score) {
            (Self::Softmax, _) if list.negatives.is_empty() => Err("softmax needs a negative"),
            (Self::BinaryCrossEntropy, Some(score)) if !(0.0..=1.0).contains(&score) => {
                Err("cross-entropy needs a score from 0 to 1")
            }
            (Self::MeanSquaredError, score)
                if !score.is_some_and(f32::is_finite) || !list.negatives.is_empty() =>
            {
                Err("the squared error needs a score and no negatives")
            }
            _ => Ok(()),
        }
    }

    /// The loss of the scores of `lists`: for each its positive's, then its negatives'.
    pub(crate) fn value(self, scores: &[f32], lists: &[&TokenList]) -> Value {
        let mut value = Value {
            loss: 0.0,
            gradient: Vec::with_capacity(scores.len()),
        };
        let total: f64 = lists.iter().map(|list| self.share(list)).sum();
        let mut rest = scores;
        for list in lists {
            let (own, after) = rest.split_at(1 + list.negatives.len());
            let (loss, slopes) = self.of_list(own, list.score);
            let weight = f64::from(list.weight) / total;
            value.loss += weight * loss;
            let slopes = slopes.into_iter().map(|slope| (weight * slope) as f32);
            value.gradient.extend(slopes);
            rest = after;
        }
        value
    }

    /// How much a list counts before the mean is taken: cross-entropy is one of texts.
    fn share(self, list: &TokenList) -> f64 {
        let texts = match self {
            Self::BinaryCrossEntropy => 1 + list.negatives.len(),
            Self::Softmax | Self::MeanSquaredError => 1,
        };
        f64::from(list.weight) * texts as f64
    }

    /// The sum of one list, and its slope by every score.
    fn of_list(self, scores: &[f32], target: Option<f32>) -> (f64, Vec<f64>) {
        let scores: Vec<f64> = scores.iter().copied().map(f64::from).collect();
        match self {
            Self::Softmax => softmax(&scores),
            Self::BinaryCrossEntropy => {
                let first = f64::from(target.unwrap_or(1.0));
                let label = |index| if index == 0 { first } else { 0.0 };
                let terms = scores.iter().enumerate();
                let terms = terms.map(|(index, &score)| cross_entropy(score, label(index)));
                let (losses, slopes): (Vec<f64>, Vec<f64>) = terms.unzip();
                (losses.iter().sum(), slopes)
            }
            Self::MeanSquaredError => {
                let error = scores[0] - f64::from(target.unwrap_or_default());
                (error * error, vec![2.0 * error])
            }
        }
    }
}

/// −log softmax of the first score.
fn softmax(scores: &[f64]) -> (f64, Vec<f64>) {
    let top = scores.iter().fold(f64::NEG_INFINITY, |top, s| top.max(*s));
    let powers: Vec<f64> = scores.iter().map(|score| (score - top).exp()).collect();
    let sum: f64 = powers.iter().sum();
    let mut slopes: Vec<f64> = powers.iter().map(|power| power / sum).collect();
    slopes[0] -= 1.0;
    (sum.ln() - (scores[0] - top), slopes)
}

/// log(1 + eˢ) − label · s, without overflow.
fn cross_entropy(score: f64, label: f64) -> (f64, f64) {
    let loss = score.max(0.0) - label * score + (-score.abs()).exp().ln_1p();
    let sigmoid = 1.0 / (1.0 + (-score).exp());
    (loss, sigmoid - label)
}

/// A weight of pairs, lists, tasks and anchors.
pub(crate) fn check_weight(weight: f32) -> Result<(), LoraError> {
    if weight.is_finite() && weight > 0.0 {
        return Ok(());
    }
    let rule = "it must be a finite number above 0";
    Err(LoraError::setting("weight", weight, rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PairIds;

    fn list(negatives: usize, score: Option<f32>, weight: f32) -> TokenList {
        let pair = PairIds::new(vec![1], 1);
        TokenList {
            negatives: vec![pair.clone(); negatives],
            score,
            weight,
            ..TokenList::new(pair)
        }
    }

    #[test]
    fn gradients_are_slopes() {
        let scores = [0.4, -1.3, 2.1, 0.7, -0.2];
        let lists = [list(2, Some(0.8), 1.0), list(1, None, 2.5)];
        let single =
            [0.1, 0.5, -2.0, 9.0, 0.3].map(|score| list(0, Some(score), 0.5 + score.abs()));
        for (loss, lists) in [
            (ScoreLoss::Softmax, &lists[..]),
            (ScoreLoss::BinaryCrossEntropy, &lists[..]),
            (ScoreLoss::MeanSquaredError, &single[..]),
        ] {
            let lists: Vec<&TokenList> = lists.iter().collect();
            let gradient = loss.value(&scores, &lists).gradient;
            for index in 0..scores.len() {
                let at = |step: f32| {
                    let mut moved = scores;
                    moved[index] += step;
                    loss.value(&moved, &lists).loss
                };
                let slope = (at(1e-2) - at(-1e-2)) / 2e-2;
                let ours = f64::from(gradient[index]);
                assert!(
                    (slope - ours).abs() < 1e-4,
                    "{loss:?} {index}: {slope} {ours}"
                );
            }
        }
    }

    #[test]
    fn by_hand() {
        let one = list(1, None, 3.0);
        let value = |loss: ScoreLoss, list: &TokenList| loss.value(&[0.0, 0.0], &[list]).loss;
        let ln2 = std::f64::consts::LN_2;
        assert!((value(ScoreLoss::Softmax, &one) - ln2).abs() < 1e-9);
        assert!((value(ScoreLoss::BinaryCrossEntropy, &one) - ln2).abs() < 1e-9);
        let taught = list(0, Some(2.0), 1.0);
        assert_eq!(
            ScoreLoss::MeanSquaredError.value(&[0.5], &[&taught]).loss,
            2.25
        );
        // Scores far out stay finite.
        let value = ScoreLoss::BinaryCrossEntropy.value(&[-1e9, 1e9], &[&one]);
        assert!(value.loss.is_finite() && value.gradient.iter().all(|g| g.is_finite()));
    }

    #[test]
    fn lists_that_do_not_suit_are_refused() {
        assert!(ScoreLoss::Softmax.refuse(&list(0, None, 1.0)).is_err());
        let refused = ScoreLoss::BinaryCrossEntropy.refuse(&list(1, Some(1.5), 1.0));
        assert!(refused.is_err());
        assert!(
            ScoreLoss::MeanSquaredError
                .refuse(&list(0, None, 1.0))
                .is_err()
        );
        assert!(
            ScoreLoss::MeanSquaredError
                .refuse(&list(1, Some(1.0), 1.0))
                .is_err()
        );
        assert!(ScoreLoss::Softmax.refuse(&list(1, None, 1.0)).is_ok());
    }
}
