//! The rewards to come, regressed.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::list::LoggedList;
use super::replay::{Replay, Step};
use crate::learn::Matrix;

/// The ridge's strength, in lists, on the scale of the features' mean squares.
const RIDGE: f64 = 1.0;

/// Which fold each list belongs to: lists of one job are in one fold.
///
/// Jobs are dealt in the order of their names; with fewer jobs than folds, lists are dealt.
pub(super) fn folds(lists: &[LoggedList], count: usize) -> Vec<usize> {
    let mut jobs: BTreeMap<&str, usize> = lists.iter().map(|list| (list.job(), 0)).collect();
    for (place, slot) in jobs.values_mut().enumerate() {
        *slot = place;
    }
    let by_list = jobs.len() < count;
    let fold = |(at, list): (usize, &LoggedList)| {
        let place = if by_list { at } else { jobs[list.job()] };
        place % count
    };
    lists.iter().enumerate().map(fold).collect()
}

/// The value of each list by cascade-DR: `Σ_k w_k (r_k - Q_k) + w_{k-1} E[Q_k]` (Kiyohara et al.
/// 2022, eq. 6), where the `Q` of a list was fitted to the other folds.
///
/// `Q_k`, the rewards from position k on under the policy, is fitted from the last position
/// backwards: to `r_k + E[Q_{k+1}]` of the lists that reach position k.
pub(super) fn cascade_dr(lists: &[LoggedList], replays: &[Replay], count: usize) -> Vec<f64> {
    let folds = folds(lists, count);
    let depth = replays.iter().map(|replay| replay.weights.len()).max();
    let cases: Vec<Case<'_>> = lists
        .iter()
        .zip(replays)
        .map(|(list, replay)| Case::new(list, replay))
        .collect();
    let models: Vec<Vec<Vec<f64>>> = (0..count)
        .into_par_iter()
        .map(|fold| fit(&cases, &folds, (fold, depth.unwrap_or(0))))
        .collect();
    let values = cases.par_iter().zip(&folds);
    values
        .map(|(case, &fold)| case.value(&models[fold]))
        .collect()
}

/// One list, and from each position on whether anything above earned a reward.
struct Case<'a> {
    list: &'a LoggedList,
    replay: &'a Replay,
    earned: Vec<bool>,
}

/// The coefficients of each position, fitted without one fold.
fn fit(cases: &[Case<'_>], folds: &[usize], (fold, depth): (usize, usize)) -> Vec<Vec<f64>> {
    let kept: Vec<usize> = (0..cases.len()).filter(|&at| folds[at] != fold).collect();
    let mut models: Vec<Vec<f64>> = vec![Vec::new(); depth];
    let mut to_come = vec![0.0; cases.len()];
    for k in (0..depth).rev() {
        let reach: Vec<usize> = kept
            .iter()
            .copied()
            .filter(|&at| cases[at].earned.len() > k)
            .collect();
        models[k] = ridge(cases, &reach, (k, &to_come));
        for &at in &reach {
            to_come[at] = dot(&models[k], &cases[at].expected_inputs(k));
        }
    }
    models
}

/// Ridge regression of `r_k + to_come` on the inputs of position k.
fn ridge(cases: &[Case<'_>], reach: &[usize], (k, to_come): (usize, &[f64])) -> Vec<f64> {
    let Some(&first) = reach.first() else {
        return Vec::new();
    };
    let size = cases[first].inputs(k).len();
    let mut gram = Matrix::zero(size);
    let mut moments = vec![0.0; size];
    for &at in reach {
        let inputs = cases[at].inputs(k);
        let outcome = cases[at].list.shown()[k].reward + to_come[at];
        for (i, &x) in inputs.iter().enumerate() {
            if x != 0.0 {
                gram.add_row(i, x, &inputs[..=i]);
                moments[i] += x * outcome;
            }
        }
    }
    for i in 0..size {
        // On the scale of the column, and never 0: a constant column has no coefficient to find.
        *gram.at(i, i) += RIDGE * (gram.get(i, i) / reach.len() as f64 + 1e-6);
    }
    gram.solve(&moments)
        .filter(|model| model.iter().all(|weight| weight.is_finite()))
        .unwrap_or_default()
}

fn dot(model: &[f64], inputs: &[f64]) -> f64 {
    model.iter().zip(inputs).map(|(a, b)| a * b).sum()
}

impl<'a> Case<'a> {
    fn new(list: &'a LoggedList, replay: &'a Replay) -> Self {
        let mut earned = Vec::with_capacity(list.shown().len());
        let mut any = false;
        for shown in list.shown() {
            earned.push(any);
            any |= shown.reward != 0.0;
        }
        Self {
            list,
            replay,
            earned,
        }
    }

    fn value(&self, models: &[Vec<f64>]) -> f64 {
        let mut above = 1.0;
        let mut sum = 0.0;
        for (k, shown) in self.list.shown().iter().enumerate() {
            let weight = self.replay.weights[k];
            let shown_q = dot(&models[k], &self.inputs(k));
            let expected_q = dot(&models[k], &self.expected_inputs(k));
            sum += weight * (shown.reward - shown_q) + above * expected_q;
            above = weight;
        }
        sum
    }

    /// What the regression sees of the candidate shown at position k.
    fn inputs(&self, k: usize) -> Vec<f64> {
        let row = self.list.shown()[k].row;
        let features = self.list.features().row(row).unwrap_or_default();
        self.arrange(k, features.iter().map(|&x| f64::from(x)))
    }

    /// The mean of that over the candidates that the policy would show at position k. The inputs
    /// are linear in the candidate's features, so it is enough to average those.
    fn expected_inputs(&self, k: usize) -> Vec<f64> {
        self.arrange(k, self.replay.steps[k].expected.iter().copied())
    }

    fn arrange(&self, k: usize, candidate: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
        let Step { rest, left, .. } = &self.replay.steps[k];
        let others = left.saturating_sub(1).max(1) as f64;
        let mut inputs = Vec::with_capacity(4 * rest.len() + 2);
        inputs.push(1.0);
        inputs.extend(candidate.clone());
        inputs.extend(
            rest.iter()
                .zip(candidate)
                .map(|(rest, x)| (rest - x) / others),
        );
        let half = inputs.len();
        for at in 0..half {
            let input = if self.earned[k] { inputs[at] } else { 0.0 };
            inputs.push(input);
        }
        inputs
    }
}
