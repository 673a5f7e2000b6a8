//! What a learner says of lists that it has not seen.

use std::collections::{BTreeMap, HashSet};

use ranker_core::Scorer;
use rayon::prelude::*;

use super::comparison::Comparison;
use super::error::LearnError;
use super::judged::JudgedList;
use super::learner::{Examples, Learner};
use super::ndcg::ndcg;

/// The places that NDCG looks at where learners are compared.
pub(super) const PLACES: usize = 10;

/// A part of the lists, by their jobs' names: those of one job are held out together.
#[derive(Debug)]
pub(super) struct ListFolds {
    pub(super) count: usize,
    fold_of: Vec<usize>,
}

impl ListFolds {
    /// Deals the jobs, in the order of their names, to at most `most` folds.
    pub(super) fn new(lists: &[JudgedList], most: usize) -> Self {
        let mut places: BTreeMap<&str, usize> = lists.iter().map(|l| (l.job(), 0)).collect();
        let jobs = places.values_mut().enumerate();
        jobs.for_each(|(place, slot)| *slot = place);
        let count = places.len().min(most);
        let fold = |list: &JudgedList| places[list.job()] % count;
        Self {
            count,
            fold_of: lists.iter().map(fold).collect(),
        }
    }
}

/// The scores of each list's rows, by a model that was learned without the list's fold.
pub(super) fn held_out(
    learner: &dyn Learner,
    examples: &Examples<'_>,
    folds: &ListFolds,
) -> Result<Vec<Vec<f64>>, LearnError> {
    let lists = examples.lists();
    let of_fold = |fold: usize| {
        let is_kept = |(at, _): &(usize, &JudgedList)| folds.fold_of[*at] != fold;
        let (kept, out): (Vec<_>, Vec<_>) = lists.iter().enumerate().partition(is_kept);
        let kept: Vec<JudgedList> = kept.into_iter().map(|(_, list)| list.clone()).collect();
        // What compares candidates of a job that is held out is held out as well.
        let jobs: HashSet<&str> = out.iter().map(|(_, list)| list.job()).collect();
        let comparisons = examples.comparisons().iter();
        let comparisons = comparisons.filter(|comparison| !jobs.contains(comparison.job()));
        let comparisons: Vec<Comparison> = comparisons.cloned().collect();
        let mut training = Examples::of(&kept).with_comparisons(&comparisons);
        if let Some(serving) = examples.serving() {
            training = training.with_serving(serving);
        }
        let model = learner.learn(&training)?;
        let scores = out.into_iter().map(|(at, list)| {
            let scores = model.score(list.features());
            Ok((at, scores?.into_iter().map(|score| score.get()).collect()))
        });
        scores.collect::<Result<Vec<(usize, Vec<f64>)>, LearnError>>()
    };
    let parts = (0..folds.count).into_par_iter().map(of_fold);
    let parts: Vec<Vec<_>> = parts.collect::<Result<_, LearnError>>()?;
    let mut scores = vec![Vec::new(); lists.len()];
    for (at, list) in parts.into_iter().flatten() {
        scores[at] = list;
    }
    Ok(scores)
}

/// The mean NDCG of the lists that one can rank well or badly.
pub(super) fn mean_ndcg(lists: &[JudgedList], scores: &[Vec<f64>]) -> f64 {
    let values = lists.iter().zip(scores);
    let mut values: Vec<f64> = values
        .filter_map(|(list, scores)| {
            let seen = |row: &usize| list.weights()[*row] > 0.0;
            let rows: Vec<usize> = (0..scores.len()).filter(seen).collect();
            let gains: Vec<f64> = rows.iter().map(|&row| list.gains()[row]).collect();
            let scores: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
            ndcg(&gains, &scores, PLACES)
        })
        .collect();
    // The order of the sum is that of the numbers: it does not depend on how lists were shuffled.
    values.sort_by(f64::total_cmp);
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
