//! Held-out data, whole jobs at a time.

use std::collections::BTreeMap;

use super::comparison::Comparison;
use super::objective::Objective;

/// Which fold each comparison belongs to.
#[derive(Debug)]
pub(super) struct Folds {
    pub(super) count: usize,
    pub(super) jobs: usize,
    fold_of: Vec<usize>,
}

impl Folds {
    /// Deals the jobs, in the order of their names, to at most `most` folds: the comparisons' order
    /// does not matter.
    pub(super) fn new(comparisons: &[Comparison], most: usize) -> Self {
        let mut places: BTreeMap<&str, usize> = comparisons
            .iter()
            .map(|comparison| (comparison.job(), 0))
            .collect();
        places
            .values_mut()
            .enumerate()
            .for_each(|(place, slot)| *slot = place);
        let jobs = places.len();
        let count = jobs.min(most);
        let fold = |comparison: &Comparison| places[comparison.job()] % count;
        Self {
            count,
            jobs,
            fold_of: comparisons.iter().map(fold).collect(),
        }
    }

    /// The comparisons outside of a fold, and those in it.
    pub(super) fn split(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        (0..self.fold_of.len()).partition(|&at| self.fold_of[at] != fold)
    }
}

/// How well parameters foretell comparisons that they were not fitted to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    loss: f64,
    weight: f64,
    right: f64,
    preferences: f64,
}

impl Tally {
    /// Of the cases `chosen` by `held_out`, with parameters fitted elsewhere.
    pub(super) fn of(held_out: &Objective<'_>, x: &[f64]) -> Self {
        let mut tally = Self::default();
        for &at in held_out.chosen {
            let case = held_out.standard.case(at);
            let odds = held_out.odds(&case, x);
            tally.loss += case.weight * odds.loss(case.tie);
            tally.weight += case.weight;
            if !case.tie {
                tally.right += case.weight * rightness(odds.difference);
                tally.preferences += case.weight;
            }
        }
        tally
    }

    pub(super) fn add(self, other: Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            weight: self.weight + other.weight,
            right: self.right + other.right,
            preferences: self.preferences + other.preferences,
        }
    }

    /// `-log P` of the mean comparison.
    pub(super) fn log_loss(&self) -> f64 {
        self.loss / self.weight
    }

    /// The share of preferences foretold.
    pub(super) fn accuracy(&self) -> f64 {
        self.right / self.preferences
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
    use super::super::comparison::Outcome;
    use super::*;

    #[test]
    fn a_job_is_held_out_as_a_whole() {
        let names = ["b", "a", "c", "b", "d", "a"];
        let comparison =
            |job: &str| Comparison::new(job, Outcome::Preferred, vec![1.0], vec![0.0]).unwrap();
        let comparisons: Vec<Comparison> = names.iter().map(|job| comparison(job)).collect();
        let folds = Folds::new(&comparisons, 3);
        assert_eq!((folds.count, folds.jobs), (3, 4));
        assert_eq!(folds.split(0), (vec![0, 2, 3], vec![1, 4, 5]));
        assert_eq!(folds.split(1).1, [0, 3]);
        assert_eq!(folds.split(2).1, [2]);
    }
}
