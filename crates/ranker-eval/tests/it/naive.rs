//! The metrics by their textbook definitions, one loop each, over a list in its final order.

use std::collections::BTreeMap;

use ranker_eval::Metric;

/// The value of a metric for documents in order; `None` without a relevant document. Grades
/// from 1 are relevant.
pub(crate) fn value(
    metric: Metric,
    documents: &[&str],
    grades: &BTreeMap<String, i32>,
) -> Option<f64> {
    let total = grades.values().filter(|grade| **grade > 0).count();
    if total == 0 {
        return None;
    }
    let k = metric
        .cutoff()
        .map_or(usize::MAX, std::num::NonZeroUsize::get);
    let grade = |document: &&str| grades.get(*document).copied().unwrap_or(0).max(0);
    let seen: Vec<i32> = documents.iter().take(k).map(grade).collect();
    let hits = seen.iter().filter(|grade| **grade > 0).count() as f64;
    Some(match metric {
        Metric::Mrr(_) => match seen.iter().position(|grade| *grade > 0) {
            Some(place) => 1.0 / (place as f64 + 1.0),
            None => 0.0,
        },
        Metric::Map(_) => average_precision(&seen) / total as f64,
        Metric::Recall(_) => hits / total as f64,
        Metric::Precision(Some(k)) => hits / k.get() as f64,
        Metric::Precision(None) if seen.is_empty() => 0.0,
        Metric::Precision(None) => hits / seen.len() as f64,
        Metric::Success(_) => f64::from(hits > 0.0),
        Metric::Ndcg(_) => ndcg(&seen, grades, k, f64::from),
        Metric::NdcgExp(_) => ndcg(&seen, grades, k, |grade| 2_f64.powi(grade) - 1.0),
        other => panic!("no definition of {other}"),
    })
}

fn average_precision(seen: &[i32]) -> f64 {
    let mut sum = 0.0;
    for place in 0..seen.len() {
        if seen[place] > 0 {
            let hits = seen[..=place].iter().filter(|grade| **grade > 0).count();
            sum += hits as f64 / (place as f64 + 1.0);
        }
    }
    sum
}

fn ndcg(seen: &[i32], grades: &BTreeMap<String, i32>, k: usize, gain: fn(i32) -> f64) -> f64 {
    let dcg = |grades: &[i32]| -> f64 {
        let gains = grades.iter().enumerate();
        gains
            .map(|(place, grade)| gain(*grade) / (place as f64 + 2.0).log2())
            .sum()
    };
    let mut best: Vec<i32> = grades.values().map(|grade| (*grade).max(0)).collect();
    best.sort_by_key(|grade| std::cmp::Reverse(*grade));
    best.truncate(k);
    dcg(seen) / dcg(&best)
}

/// All orders of a list.
pub(crate) fn permutations<T: Copy>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in 0..items.len() {
        let mut rest = items.to_vec();
        let item = rest.remove(first);
        for mut order in permutations(&rest) {
            order.insert(0, item);
            all.push(order);
        }
    }
    all
}
