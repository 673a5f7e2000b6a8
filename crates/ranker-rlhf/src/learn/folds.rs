//! Held-out data, whole jobs at a time.

use std::collections::BTreeMap;

use super::duels::{Duel, Duels};
use super::objective::Objective;

/// Which fold each pair belongs to.
#[derive(Debug)]
pub(super) struct Folds {
    pub(super) count: usize,
    pub(super) jobs: usize,
    fold_of: Vec<usize>,
}

impl Folds {
    /// Deals the jobs, in the order of their names, to at most `most` folds: the pairs' order does not
    /// matter.
    pub(super) fn new(pairs: &Duels, most: usize) -> Self {
        let mut places: BTreeMap<&str, usize> = pairs.jobs().map(|job| (&**job, 0)).collect();
        places
            .values_mut()
            .enumerate()
            .for_each(|(place, slot)| *slot = place);
        let jobs = places.len();
        let count = jobs.min(most);
        Self {
            count,
            jobs,
            fold_of: pairs.jobs().map(|job| places[&**job] % count).collect(),
        }
    }

    /// The pairs outside of a fold, and those in it.
    pub(super) fn split(&self, duels: &[Duel], fold: usize) -> (Vec<Duel>, Vec<Duel>) {
        let folds = self.fold_of.iter();
        let (kept, out): (Vec<_>, Vec<_>) =
            duels.iter().zip(folds).partition(|(_, of)| **of != fold);
        let duels =
            |pairs: Vec<(&Duel, &usize)>| pairs.into_iter().map(|(duel, _)| *duel).collect();
        (duels(kept), duels(out))
    }
}

/// How well parameters predict the outcomes of pairs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    loss: f64,
    weight: f64,
    right: f64,
    margins: f64,
    preferences: f64,
}

impl Tally {
    /// Of the objective's pairs; the parameters may have been fitted elsewhere.
    pub(super) fn of(objective: &Objective<'_>, x: &[f64]) -> Self {
        let mut tally = Self::default();
        for (duel, odds) in objective.odds(x) {
            tally.loss += duel.weight * odds.loss(duel.tie);
            tally.weight += duel.weight;
            if !duel.tie {
                tally.right += duel.weight * rightness(odds.difference);
                tally.margins += duel.weight * odds.difference;
                tally.preferences += duel.weight;
            }
        }
        tally
    }

    pub(super) fn add(self, other: Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            weight: self.weight + other.weight,
            right: self.right + other.right,
            margins: self.margins + other.margins,
            preferences: self.preferences + other.preferences,
        }
    }

    /// `-log P` of the mean comparison.
    pub(super) fn log_loss(&self) -> f64 {
        self.loss / self.weight
    }

    /// The share of preferences predicted.
    pub(super) fn accuracy(&self) -> f64 {
        self.right / self.preferences
    }

    /// The mean of the preferred row's score less the other's.
    pub(super) fn margin(&self) -> f64 {
        self.margins / self.preferences
    }
}

/// 1 where the better candidate scores more, a half for equal scores.
pub(super) fn rightness(difference: f64) -> f64 {
    if difference > 0.0 {
        1.0
    } else if difference < 0.0 {
        0.0
    } else {
        0.5
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ranker_core::{FeatureSchema, FeatureSpec};

    use super::*;
    use crate::{Comparison, Outcome};

    #[test]
    fn a_job_is_held_out_as_a_whole() {
        let names = ["b", "a", "c", "b", "d", "a"];
        let comparison =
            |job: &str| Comparison::new(job, Outcome::Preferred, vec![1.0], vec![0.0]).unwrap();
        let comparisons: Vec<Comparison> = names.iter().map(|job| comparison(job)).collect();
        let column = FeatureSpec::new("a", "a test's", 0.0..=1.0);
        let schema = Arc::new(FeatureSchema::new(vec![column]).unwrap());
        let pairs = Duels::of_comparisons(&comparisons, &schema).unwrap();
        let folds = Folds::new(&pairs, 3);
        assert_eq!((folds.count, folds.jobs), (3, 4));
        let places =
            |duels: Vec<Duel>| -> Vec<usize> { duels.iter().map(|duel| duel.first / 2).collect() };
        let (kept, held_out) = folds.split(&pairs.duels, 0);
        assert_eq!(
            (places(kept), places(held_out)),
            (vec![0, 2, 3], vec![1, 4, 5])
        );
        assert_eq!(places(folds.split(&pairs.duels, 1).1), [0, 3]);
        assert_eq!(places(folds.split(&pairs.duels, 2).1), [2]);
    }
}
