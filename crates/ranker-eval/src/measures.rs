//! The formulas of the metrics, as expectations over the order of tied documents.
//!
//! McSherry and Najork (2008) give them for groups of tied documents; with groups of one
//! document they are the usual definitions.

use std::num::NonZeroUsize;

use crate::judged::{Group, Judged};
use crate::metric::Metric;

/// The value of a metric for one query; `None` if the query has no relevant document.
pub(crate) fn value(metric: Metric, judged: &Judged, relevant_from: i32) -> Option<f64> {
    let k = metric.cutoff().map_or(usize::MAX, NonZeroUsize::get);
    let value = match metric {
        Metric::Ndcg(_) => ndcg(judged, k, f64::from)?,
        Metric::NdcgExp(_) => ndcg(judged, k, exponential_gain(judged))?,
        _ => binary(metric, judged, relevant_from)?,
    };
    // Sums of shares of groups can exceed the whole by a rounding error.
    Some(value.min(1.0))
}

fn binary(metric: Metric, judged: &Judged, relevant_from: i32) -> Option<f64> {
    let relevant = match judged.relevant(relevant_from) {
        0 => return None,
        relevant => relevant as f64,
    };
    let k = metric.cutoff().map_or(usize::MAX, NonZeroUsize::get);
    let shares = Shares {
        judged,
        relevant_from,
        k,
    };
    Some(match metric {
        Metric::Mrr(_) => shares.reciprocal_rank(),
        Metric::Map(_) => shares.precisions() / relevant,
        Metric::Recall(_) => shares.hits() / relevant,
        Metric::Precision(Some(k)) => shares.hits() / k.get() as f64,
        Metric::Precision(None) => shares.hits() / judged.retrieved().max(1) as f64,
        Metric::Success(_) => shares.success(),
        Metric::Ndcg(_) | Metric::NdcgExp(_) => return None,
    })
}

/// A ranking of relevant and other documents, of which the first `k` ranks are looked at.
struct Shares<'a> {
    judged: &'a Judged,
    relevant_from: i32,
    k: usize,
}

/// A group, of which `relevant` out of `size` documents are relevant and the first `seen`
/// ranks are looked at.
struct Share {
    before: usize,
    size: usize,
    relevant: usize,
    seen: usize,
}

impl Shares<'_> {
    /// The groups with a relevant document that begin within the first `k` ranks.
    fn iter(&self) -> impl Iterator<Item = Share> {
        let groups = self.judged.groups().iter();
        groups
            .map(|group| Share {
                before: group.before,
                size: group.grades.len(),
                relevant: self.relevant_in(group),
                seen: group.within(self.k),
            })
            .take_while(|share| share.seen > 0)
            .filter(|share| share.relevant > 0)
    }

    fn relevant_in(&self, group: &Group) -> usize {
        let relevant =
            |grade: &&Option<i32>| grade.is_some_and(|grade| grade >= self.relevant_from);
        group.grades.iter().filter(relevant).count()
    }

    /// The expected number of relevant documents.
    fn hits(&self) -> f64 {
        let hits = |share: Share| share.density() * share.seen as f64;
        self.iter().map(hits).sum()
    }

    /// The probability of any relevant document. Groups are shuffled independently.
    fn success(&self) -> f64 {
        let misses = self
            .iter()
            .map(|share| share.misses().last().unwrap_or(1.0));
        1.0 - misses.product::<f64>()
    }

    /// The expectation of 1 / rank of the first relevant document, which is in the first group
    /// that has one.
    fn reciprocal_rank(&self) -> f64 {
        let Some(share) = self.iter().next() else {
            return 0.0;
        };
        let mut missed = 1.0;
        let mut expected = 0.0;
        for (rank, misses) in (share.before + 1..).zip(share.misses()) {
            expected += (missed - misses) / rank as f64;
            missed = misses;
        }
        expected
    }

    /// The expected sum over relevant documents of the precision at their rank.
    ///
    /// At the `j`-th rank of a group, a relevant document (probability `r / n`) has before it
    /// those of the earlier groups and, expected, `(j - 1) (r - 1) / (n - 1)` of its own.
    fn precisions(&self) -> f64 {
        let mut found = 0;
        let mut sum = 0.0;
        for share in self.iter() {
            let others = (share.relevant - 1) as f64 / (share.size - 1).max(1) as f64;
            for j in 0..share.seen {
                let hits = 1.0 + found as f64 + j as f64 * others;
                sum += share.density() * hits / (share.before + j + 1) as f64;
            }
            found += share.relevant;
        }
        sum
    }
}

impl Share {
    fn density(&self) -> f64 {
        self.relevant as f64 / self.size as f64
    }

    /// For each rank looked at: the probability that no relevant document has been seen yet.
    fn misses(&self) -> impl Iterator<Item = f64> {
        let others = self.size - self.relevant;
        let size = self.size;
        (0..self.seen).scan(1.0, move |missed, j| {
            *missed *= others.saturating_sub(j) as f64 / (size - j) as f64;
            Some(*missed)
        })
    }
}

/// `None` if no judged document gains anything.
fn ndcg(judged: &Judged, k: usize, gain: impl Fn(i32) -> f64) -> Option<f64> {
    if judged.ideal.is_empty() {
        return None;
    }
    let gained = |grade: &Option<i32>| grade.filter(|grade| *grade > 0).map_or(0.0, &gain);
    let groups = judged
        .groups()
        .iter()
        .take_while(|group| group.within(k) > 0);
    let dcg: f64 = groups
        .map(|group| {
            let total: f64 = group.grades.iter().map(gained).sum();
            if total == 0.0 {
                return 0.0;
            }
            let ranks = group.before + 1..=group.before + group.within(k);
            total / group.grades.len() as f64 * ranks.map(discount).sum::<f64>()
        })
        .sum();
    let best: f64 = (1..=k)
        .zip(&judged.ideal)
        .map(|(rank, grade)| gain(*grade) * discount(rank))
        .sum();
    Some(dcg / best)
}

fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 1.0).log2()
}

/// `2^grade - 1`, divided by `2^best`: nDCG does not change, and no grade overflows.
fn exponential_gain(judged: &Judged) -> impl Fn(i32) -> f64 + use<> {
    let best = judged.ideal.first().copied().unwrap_or(0);
    let unit = f64::exp2(-f64::from(best));
    move |grade| f64::exp2(f64::from(grade) - f64::from(best)) - unit
}
