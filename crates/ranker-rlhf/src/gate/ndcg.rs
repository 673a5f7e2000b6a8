//! nDCG on judged lists.

use std::collections::{BTreeMap, HashSet};

use ranker_core::ScoreError;

use crate::JudgedList;
use crate::learn::ndcg_of;
use crate::off_policy::Target;

/// By how much `nDCG@k` differs between a candidate and the serving model: a value a judged list, and the
/// mean over its pairs for each job that has pairs alone. Lists without a positive gain are left out.
pub(super) fn differences<'l>(
    lists: impl Iterator<Item = &'l JudgedList>,
    pairs: impl Iterator<Item = &'l JudgedList>,
    (candidate, serving, k): (&Target<'_>, &Target<'_>, usize),
) -> Result<Vec<f64>, ScoreError> {
    let difference = |list: &JudgedList| {
        let both = (ndcg(list, candidate, k)?, ndcg(list, serving, k)?);
        Ok::<_, ScoreError>(
            both.0
                .zip(both.1)
                .map(|(candidate, serving)| candidate - serving),
        )
    };
    let (mut differences, mut listed) = (Vec::new(), HashSet::new());
    for list in lists {
        differences.extend(difference(list)?);
        listed.insert(list.job());
    }
    // Pairs of one job are no independent evidence: together they count once.
    let mut of_jobs: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for pair in pairs.filter(|pair| !listed.contains(pair.job())) {
        let of_job = of_jobs.entry(pair.job()).or_default();
        of_job.extend(difference(pair)?);
    }
    let of_jobs = of_jobs.into_values().filter(|of_job| !of_job.is_empty());
    differences.extend(of_jobs.map(|of_job| of_job.iter().sum::<f64>() / of_job.len() as f64));
    Ok(differences)
}

/// `nDCG@k` of a list under a model; `None` without a positive gain.
fn ndcg(list: &JudgedList, target: &Target<'_>, k: usize) -> Result<Option<f64>, ScoreError> {
    let scores = target.scores(list.features())?;
    let judged = list.gains().iter().zip(list.weights());
    let rows = scores.into_iter().zip(judged);
    let rows = rows.filter(|(_, (_, weight))| **weight > 0.0);
    let rows = rows.map(|(score, (&gain, _))| (score, gain.max(0.0)));
    Ok(ndcg_of(rows.collect(), k))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_order_is_worth_one_and_ties_the_mean_of_their_orders() {
        assert_eq!(ndcg_of(vec![(2.0, 3.0), (1.0, 1.0)], 10), Some(1.0));
        let [right, wrong] = [(2.0, 1.0), (1.0, 2.0)]
            .map(|(a, b)| ndcg_of(vec![(a, 3.0), (b, 1.0), (0.0, 0.0)], 2).unwrap());
        let tied = ndcg_of(vec![(1.0, 3.0), (1.0, 1.0), (0.0, 0.0)], 2).unwrap();
        assert!((tied - (right + wrong) / 2.0).abs() < 1e-12);
        assert_eq!(ndcg_of(vec![(1.0, 0.0)], 10), None);
    }
}
