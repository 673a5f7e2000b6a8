//! nDCG on judged lists.

use ranker_core::ScoreError;

use crate::JudgedList;
use crate::learn::ndcg_of;
use crate::off_policy::Target;

/// `nDCG@k` of each list under a model; lists without a positive gain are left out.
pub(super) fn ndcg(
    lists: &[JudgedList],
    target: &Target<'_>,
    k: usize,
) -> Result<Vec<f64>, ScoreError> {
    let mut values = Vec::with_capacity(lists.len());
    for list in lists {
        let scores = target.scores(list.features())?;
        let judged = list.gains().iter().zip(list.weights());
        let rows = scores.into_iter().zip(judged);
        let rows = rows.filter(|(_, (_, weight))| **weight > 0.0);
        let rows: Vec<(f64, f64)> = rows
            .map(|(score, (&gain, _))| (score, gain.max(0.0)))
            .collect();
        values.extend(ndcg_of(rows, k));
    }
    Ok(values)
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
