//! Drawing a list.

use super::walk::Walk;
use crate::random::Stream;

/// A list that was drawn, and with what chances.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Drawn {
    /// The rows shown, from the top.
    pub order: Vec<usize>,
    /// Of each position, the chance of its row given who was shown above, in `(0, 1]`.
    pub propensities: Vec<f64>,
    pub(super) candidates: usize,
}

impl Drawn {
    /// The chance of the whole list, as a logarithm: long lists have chances too small for a float.
    #[must_use]
    pub fn log_chance(&self) -> f64 {
        self.propensities.iter().map(|p| p.ln()).sum()
    }

    /// Out of how many candidates the list was drawn.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.candidates
    }

    /// The list as an impression logs it: `ids` names the rows.
    ///
    /// # Errors
    ///
    /// [`super::ExploreError::Candidates`] unless every row has an id.
    #[cfg(feature = "log")]
    pub fn shown(
        &self,
        ids: &[ranker_core::CandidateId],
    ) -> Result<Vec<crate::Shown>, super::ExploreError> {
        if ids.len() != self.candidates {
            return Err(super::ExploreError::Candidates {
                expected: self.candidates,
                actual: ids.len(),
            });
        }
        let places = self.order.iter().zip(&self.propensities).zip(1..);
        let shown = places.map(|((&row, &propensity), position)| {
            crate::Shown::new(ids[row].clone(), position).with_propensity(propensity)
        });
        Ok(shown.collect())
    }
}

pub(super) fn draw(mut walk: Walk, (seed, ranking): (u64, &str), shown: usize) -> Drawn {
    let mut stream = Stream::named(seed, ranking);
    let positions = shown.min(walk.len());
    let mut drawn = Drawn {
        order: Vec::with_capacity(positions),
        propensities: Vec::with_capacity(positions),
        candidates: walk.len(),
    };
    for _ in 0..positions {
        let chances = walk.chances();
        let row = pick(&chances, stream.unit());
        drawn.order.push(row);
        drawn.propensities.push(chances[row].min(1.0));
        walk.show(row);
    }
    drawn
}

/// The row at which the running sum of chances passes `unit`.
pub(crate) fn pick(chances: &[f64], unit: f64) -> usize {
    let mut sum = 0.0;
    let mut last = 0;
    for (row, &chance) in chances.iter().enumerate() {
        if chance > 0.0 {
            sum += chance;
            last = row;
            if unit < sum {
                break;
            }
        }
    }
    // Rounding can leave the sum a hair below 1: then it is the last row that has a chance.
    last
}

/// Of each position of a list, the chance of its row given who is above.
pub(super) fn propensities(mut walk: Walk, order: &[usize]) -> Vec<f64> {
    let mut propensities = Vec::with_capacity(order.len());
    for &row in order {
        propensities.push(walk.chances()[row].min(1.0));
        walk.show(row);
    }
    // Past a row without a chance the policy has no list to go on with.
    if let Some(end) = propensities.iter().position(|&chance| chance == 0.0) {
        propensities[end..].fill(0.0);
    }
    propensities
}
