//! A logged list under another policy.

use rayon::prelude::*;

use super::error::OffPolicyError;
use super::estimator::Estimator;
use super::list::LoggedList;
use super::target::Target;
use crate::explore::Walk;
use ranker_core::Score;

/// A logged list under another policy: the weights of its positions, and for the regression what
/// the policy would show.
#[derive(Debug)]
pub(super) struct Replay {
    /// `w_k`, or for IIPS the ratio of the marginal chances.
    pub(super) weights: Vec<f64>,
    /// Before each position: the policy's mean features of the next row, and the sum of the
    /// features of all rows that are left. Empty unless a regression needs them.
    pub(super) steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) expected: Vec<f64>,
    pub(super) rest: Vec<f64>,
    /// How many rows are left, with the one shown here.
    pub(super) left: usize,
}

pub(super) fn replay_all(
    lists: &[LoggedList],
    target: &Target<'_>,
    estimator: Estimator,
) -> Result<Vec<Replay>, OffPolicyError> {
    let replays = lists.par_iter().map(|list| replay(list, target, estimator));
    replays.collect()
}

fn replay(
    list: &LoggedList,
    target: &Target<'_>,
    estimator: Estimator,
) -> Result<Replay, OffPolicyError> {
    let scores = target
        .scores(list.features())
        .map_err(OffPolicyError::Score)?;
    if estimator == Estimator::Iips {
        return independent(list, target, &scores);
    }
    let mut walk = target.policy().walk(&scores);
    let mut weight = 1.0;
    let mut replay = Replay {
        weights: Vec::with_capacity(list.shown().len()),
        steps: Vec::new(),
    };
    for shown in list.shown() {
        let chances = walk.chances();
        if estimator == Estimator::CascadeDr {
            replay.steps.push(Step::of(list, &walk, &chances));
        }
        weight *= chances[shown.row] / shown.propensity;
        replay.weights.push(weight);
        walk.show(shown.row);
    }
    Ok(replay)
}

fn independent(
    list: &LoggedList,
    target: &Target<'_>,
    scores: &[f64],
) -> Result<Replay, OffPolicyError> {
    let logged = list.marginals();
    let logged = logged.ok_or(OffPolicyError::NoMarginals { source: None })?;
    let scores: Vec<Score> = scores
        .iter()
        .map(|&score| Score::new(score).unwrap_or_default())
        .collect();
    let marginals = target.policy().marginals(&scores, logged.len());
    let marginals = marginals.map_err(|source| OffPolicyError::NoMarginals {
        source: Some(source),
    })?;
    let positions = list.shown().iter().zip(logged).enumerate();
    let ratio = |(at, (shown, logged)): (usize, (&super::list::ShownRow, &f64))| {
        marginals.chance(at, shown.row) / logged
    };
    Ok(Replay {
        weights: positions.map(ratio).collect(),
        steps: Vec::new(),
    })
}

impl Step {
    fn of(list: &LoggedList, walk: &Walk, chances: &[f64]) -> Self {
        let columns = list.features().schema().len();
        let (mut expected, mut rest) = (vec![0.0; columns], vec![0.0; columns]);
        let mut left = 0;
        for (row, features) in list.features().rows().enumerate() {
            if walk.is_shown(row) {
                continue;
            }
            left += 1;
            for ((&x, expected), rest) in features.iter().zip(&mut expected).zip(&mut rest) {
                *expected += chances[row] * f64::from(x);
                *rest += f64::from(x);
            }
        }
        Self {
            expected,
            rest,
            left,
        }
    }
}
