//! The chance of a candidate at a position, whoever is above.

use std::collections::BTreeMap;

use super::error::ExploreError;
use super::walk::Walk;

/// The most sets of shown candidates that are counted.
const MOST_SETS: usize = 1 << 16;

/// The chance of each candidate at each position, whoever is above.
#[derive(Debug, Clone, PartialEq)]
pub struct Marginals(Vec<Vec<f64>>);

impl Marginals {
    /// The chance of a row at a position, both from 0; 0 where there is no such row or position.
    #[must_use]
    pub fn chance(&self, position: usize, row: usize) -> f64 {
        let at = self.0.get(position).and_then(|chances| chances.get(row));
        at.copied().unwrap_or(0.0)
    }

    /// The chances of a list's rows at their positions.
    #[must_use]
    pub fn of(&self, order: &[usize]) -> Vec<f64> {
        let chance = |(position, &row)| self.chance(position, row);
        order.iter().enumerate().map(chance).collect()
    }
}

/// The policy's chances depend on the *set* of those shown above, not on their order, so all lists
/// are counted by the sets of their beginnings.
pub(super) fn count(mut walk: Walk, shown: usize) -> Result<Marginals, ExploreError> {
    let too_many = ExploreError::TooMany {
        candidates: walk.len(),
        limit: MOST_SETS,
    };
    if walk.len() > 128 {
        return Err(too_many);
    }
    let mut sets: BTreeMap<u128, f64> = BTreeMap::from([(0, 1.0)]);
    let mut positions = Vec::new();
    for _ in 0..shown.min(walk.len()) {
        let mut here = vec![0.0; walk.len()];
        let mut next: BTreeMap<u128, f64> = BTreeMap::new();
        for (set, chance) in sets {
            walk.with_shown(|row| (set >> row) & 1 == 1);
            for (row, share) in walk.chances().into_iter().enumerate() {
                if share > 0.0 {
                    here[row] += chance * share;
                    *next.entry(set | (1 << row)).or_default() += chance * share;
                }
            }
            if next.len() > MOST_SETS {
                return Err(too_many);
            }
        }
        positions.push(here);
        sets = next;
    }
    Ok(Marginals(positions))
}
