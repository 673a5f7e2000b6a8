//! Several learners together.

use std::fmt;
use std::sync::Arc;

use ranker_core::Scorer;
use ranker_score::{BlendScorer, Member, Model};
use rayon::prelude::*;

use super::best::FOLDS;
use super::error::{LearnError, check_whole};
use super::held_out::{ListFolds, held_out, mean_ndcg};
use super::judged::JudgedList;
use super::learner::{Examples, Learner};

/// Weights are multiples of one part in this many.
const PARTS: usize = 8;

/// The most members: the weights that are tried grow fast with their number.
const MOST_MEMBERS: usize = 6;

/// Learns a [`BlendScorer`]: a weighted sum of several models' standardised scores.
///
/// Every member is learned five times without one fold of the jobs and scores that fold. From these
/// held-out scores come each member's mean and spread (the root mean square of a score's distance
/// from its list's mean), and the weights: of all that are multiples of 1/8 and sum to 1, those with
/// the greatest mean NDCG@10, averaged half and half with equal weights, as the best of many
/// noisy numbers overstates. The members are then learned from all lists.
///
/// With lists of one job only, the scores of the lists themselves standardise and the weights are
/// equal. A member whose held-out scores do not vary gets none.
#[derive(Clone)]
pub struct Blend {
    learners: Vec<Arc<dyn Learner>>,
}

impl Blend {
    /// Blends what these learn (1 to 6 of them).
    pub fn of(learners: impl IntoIterator<Item = Arc<dyn Learner>>) -> Self {
        Self {
            learners: learners.into_iter().collect(),
        }
    }

    /// Learns the members and their weights.
    ///
    /// # Errors
    ///
    /// [`LearnError`]: what a member answers, or no members, too many, or none that tells
    /// candidates apart.
    pub fn fit(&self, examples: &Examples<'_>) -> Result<BlendScorer, LearnError> {
        let lists = examples.lists();
        let count = self.learners.len();
        check_whole("number of blended learners", count, 1..=MOST_MEMBERS)?;
        let models = self.learners.iter().map(|learner| learner.learn(examples));
        let models: Vec<Model> = models.collect::<Result<_, _>>()?;
        let folds = ListFolds::new(lists, FOLDS);
        let scores = self.scores(examples, &models, &folds)?;
        let units: Vec<Option<(f64, f64)>> = scores.iter().map(|s| unit(lists, s)).collect();
        let mut weights = vec![1.0 / count as f64; count];
        if folds.count >= 2 {
            let best = weigh(lists, &scores, &units);
            let halves = weights.iter_mut().zip(best);
            halves.for_each(|(weight, best)| *weight = f64::midpoint(*weight, best));
        }
        let members = models.into_iter().zip(units).zip(weights);
        let members = members.filter_map(|((model, unit), weight)| {
            let (mean, spread) = unit?;
            Some(Member {
                model,
                weight,
                mean,
                spread,
            })
        });
        BlendScorer::new(members.collect()).map_err(|_| {
            let rows = lists.iter().map(|list| list.gains().len()).sum();
            LearnError::ConstantFeatures { rows }
        })
    }

    /// Of each member, the held-out scores of each list's rows.
    fn scores(
        &self,
        examples: &Examples<'_>,
        models: &[Model],
        folds: &ListFolds,
    ) -> Result<Vec<Vec<Vec<f64>>>, LearnError> {
        if folds.count >= 2 {
            let learners = self.learners.iter();
            return learners
                .map(|learner| held_out(&**learner, examples, folds))
                .collect();
        }
        models
            .iter()
            .map(|model| own(model, examples.lists()))
            .collect()
    }
}

impl fmt::Debug for Blend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blend")
            .field("learners", &self.learners.len())
            .finish()
    }
}

impl Learner for Blend {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        self.fit(examples).map(Model::Blend)
    }
}

/// A model's scores of lists that it may have learned from.
fn own(model: &Model, lists: &[JudgedList]) -> Result<Vec<Vec<f64>>, LearnError> {
    let score = |list: &JudgedList| {
        let scores = model.score(list.features());
        Ok(scores?.into_iter().map(|score| score.get()).collect())
    };
    lists.iter().map(score).collect()
}

/// The mean score, and the root mean square of the distance from a list's mean; `None` where scores
/// do not vary within lists.
fn unit(lists: &[JudgedList], scores: &[Vec<f64>]) -> Option<(f64, f64)> {
    let mut lists: Vec<Vec<f64>> = lists
        .iter()
        .zip(scores)
        .map(|(list, scores)| {
            let seen = list.weights().iter().zip(scores).filter(|(w, _)| **w > 0.0);
            let mut scores: Vec<f64> = seen.map(|(_, &score)| score).collect();
            scores.sort_by(f64::total_cmp);
            scores
        })
        .filter(|scores| !scores.is_empty())
        .collect();
    // The order of the sums is that of the numbers: it does not depend on how lists were shuffled.
    lists.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    let count = lists.iter().map(Vec::len).sum::<usize>() as f64;
    let mean = lists.iter().flatten().sum::<f64>() / count;
    let squares = lists.iter().map(|scores| {
        let centre = scores.iter().sum::<f64>() / scores.len() as f64;
        scores.iter().map(|s| (s - centre).powi(2)).sum::<f64>()
    });
    let spread = (squares.sum::<f64>() / count).sqrt();
    let varies = spread > 1e-12 * mean.abs() && spread.is_finite();
    (varies && mean.is_finite()).then_some((mean, spread))
}

/// The weights of the greatest mean NDCG@10; of equals the first in the order of [`simplex`].
fn weigh(lists: &[JudgedList], scores: &[Vec<Vec<f64>>], units: &[Option<(f64, f64)>]) -> Vec<f64> {
    let values: Vec<(Vec<f64>, f64)> = simplex(scores.len(), PARTS)
        .into_par_iter()
        .map(|parts| {
            let weights: Vec<f64> = parts.iter().map(|&p| p as f64 / PARTS as f64).collect();
            let value = mean_ndcg(lists, &blended(scores, units, &weights));
            (weights, value)
        })
        .collect();
    let best = values
        .into_iter()
        .reduce(|a, b| if b.1 > a.1 { b } else { a });
    best.map(|(weights, _)| weights).unwrap_or_default()
}

fn blended(
    scores: &[Vec<Vec<f64>>],
    units: &[Option<(f64, f64)>],
    weights: &[f64],
) -> Vec<Vec<f64>> {
    let mut sums: Vec<Vec<f64>> = scores[0].iter().map(|list| vec![0.0; list.len()]).collect();
    for ((scores, unit), weight) in scores.iter().zip(units).zip(weights) {
        let Some((mean, spread)) = unit else { continue };
        for (sums, scores) in sums.iter_mut().zip(scores) {
            for (sum, score) in sums.iter_mut().zip(scores) {
                *sum += weight * (score - mean) / spread;
            }
        }
    }
    sums
}

/// All ways to deal `parts` to `count` members.
fn simplex(count: usize, parts: usize) -> Vec<Vec<usize>> {
    if count == 1 {
        return vec![vec![parts]];
    }
    let ways = (0..=parts).flat_map(|first| {
        simplex(count - 1, parts - first)
            .into_iter()
            .map(move |mut rest| {
                rest.insert(0, first);
                rest
            })
    });
    ways.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_are_tried_sum_to_one() {
        let ways = simplex(3, PARTS);
        assert_eq!(ways.len(), 45);
        assert!(ways.iter().all(|way| way.iter().sum::<usize>() == PARTS));
    }
}
