//! How good a candidate is.

use std::cmp::Ordering;
use std::fmt;

use super::error::{ValueError, finite};
use super::id::CandidateId;

/// A finite number; **greater is better**, everywhere. Distances are negated at the border.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Score(f64);

impl Score {
    /// Checks and wraps a score.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotFinite`] for NaN and the infinities.
    pub fn new(value: f64) -> Result<Self, ValueError> {
        // Adding zero turns -0.0 into 0.0, so that equal scores are equal under `total_cmp` too.
        finite("score", value).map(|value| Self(value + 0.0))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// The order of a ranking: better scores first, ties by id.
    #[must_use]
    pub fn best_first(a: (Self, &CandidateId), b: (Self, &CandidateId)) -> Ordering {
        b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1))
    }
}

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl TryFrom<f64> for Score {
    type Error = ValueError;

    fn try_from(value: f64) -> Result<Self, ValueError> {
        Self::new(value)
    }
}

impl From<Score> for f64 {
    fn from(score: Score) -> Self {
        score.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_finite_and_totally_ordered() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(Score::new(bad), Err(ValueError::NotFinite { .. })));
        }
        assert_eq!(
            Score::new(-0.0).unwrap().cmp(&Score::new(0.0).unwrap()),
            Ordering::Equal
        );
        assert!(Score::new(1.0).unwrap() > Score::new(-1.0).unwrap());
    }

    #[test]
    fn ties_break_by_id() {
        let (a, b) = (
            CandidateId::new("a").unwrap(),
            CandidateId::new("b").unwrap(),
        );
        let (low, high) = (Score::new(1.0).unwrap(), Score::new(2.0).unwrap());
        assert_eq!(Score::best_first((low, &a), (low, &b)), Ordering::Less);
        assert_eq!(Score::best_first((low, &a), (high, &b)), Ordering::Greater);
    }
}
