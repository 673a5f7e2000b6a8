//! How much each leg counts.

use ranker_core::{LegScore, ValueError};

/// The weights of vector search and of keyword search in a hit's score, `Σ weight · share`, where a
/// leg's share is [`LegScore::share`]: its score over the best that the leg gives anyone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    dense: f64,
    words: f64,
}

impl Weights {
    /// Weights of the dense leg and of the leg of words.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for a weight that is negative or not finite.
    pub fn new(dense: f64, words: f64) -> Result<Self, ValueError> {
        for value in [dense, words] {
            if !(0.0..=f64::MAX).contains(&value) {
                return Err(ValueError::OutOfRange {
                    what: "a leg's weight",
                    value,
                    min: 0.0,
                    max: f64::MAX,
                });
            }
        }
        Ok(Self { dense, words })
    }

    /// The weight of vector search.
    #[must_use]
    pub fn dense(self) -> f64 {
        self.dense
    }

    /// The weight of keyword search.
    #[must_use]
    pub fn words(self) -> f64 {
        self.words
    }

    /// The score of a candidate by its legs: all but the dense one are taken for words.
    #[must_use]
    pub fn fuse(self, legs: &[LegScore]) -> f64 {
        let weight = |leg: &LegScore| match &*leg.leg {
            ranker_core::legs::DENSE => self.dense,
            _ => self.words,
        };
        legs.iter().map(|leg| weight(leg) * leg.share()).sum()
    }
}

/// The weights of a `Collection`: 1 and 0.3.
impl Default for Weights {
    fn default() -> Self {
        Self {
            dense: 1.0,
            words: 0.3,
        }
    }
}

#[cfg(test)]
mod tests {
    use ranker_core::Score;

    use super::*;

    #[test]
    fn shares_are_weighed() {
        let leg = |name, score, best| {
            LegScore::new(name, Score::new(score).unwrap(), Score::new(best).unwrap())
        };
        let legs = [leg("dense", 0.4, 0.8), leg("bm25", 3.0, 12.0)];
        let weights = Weights::new(1.0, 0.4).unwrap();
        assert!((weights.fuse(&legs) - 0.6).abs() < 1e-12);
        assert!(Weights::new(-1.0, 0.0).is_err() && Weights::new(0.0, f64::NAN).is_err());
    }
}
