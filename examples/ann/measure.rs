//! What an index finds, and what that takes.

use std::time::Instant;

use ranker::core::{Embedding, Filter};
use ranker_examples::Outcome;

use crate::index::Built;

/// What is asked of an index.
pub(crate) struct Asked<'a> {
    pub(crate) queries: &'a [Embedding],
    /// The numbers of the first queries' true best.
    pub(crate) truth: &'a [Vec<u32>],
    pub(crate) k: usize,
    pub(crate) filter: Filter,
}

/// What was measured; times in seconds.
pub(crate) struct Figures {
    /// The share of the true best found.
    pub(crate) recall: f64,
    /// The same of all queries in one call.
    pub(crate) batch_recall: f64,
    /// A query alone: half take no longer.
    pub(crate) p50: f64,
    /// A query alone: one in a hundred takes longer.
    pub(crate) p99: f64,
    /// A query of all in one call.
    pub(crate) batch: f64,
}

pub(crate) fn measure(index: &Built, asked: &Asked<'_>) -> Outcome<Figures> {
    let search = |query: &Embedding| index.search(query, asked.k, &asked.filter);
    // The pass that finds the recall warms everything that gets warm.
    let found: Vec<Vec<u32>> = asked.queries.iter().map(search).collect::<Outcome<_>>()?;
    let times = times(index, asked)?;
    let at = |share: f64| times[(share * (times.len() - 1) as f64).round() as usize];
    let start = Instant::now();
    let together = index.search_batch(asked.queries, asked.k, &asked.filter)?;
    let batch = start.elapsed().as_secs_f64();
    Ok(Figures {
        recall: recall(&found, asked),
        batch_recall: recall(&together, asked),
        p50: at(0.50),
        p99: at(0.99),
        batch: batch / asked.queries.len() as f64,
    })
}

fn recall(found: &[Vec<u32>], asked: &Asked<'_>) -> f64 {
    let (mut hits, mut all) = (0, 0);
    for (found, truth) in found.iter().zip(asked.truth) {
        let truth = &truth[..truth.len().min(asked.k)];
        hits += truth.iter().filter(|one| found.contains(one)).count();
        all += truth.len();
    }
    f64::from(hits as u32) / f64::from(all.max(1) as u32)
}

/// What each query took alone, ascending.
fn times(index: &Built, asked: &Asked<'_>) -> Outcome<Vec<f64>> {
    let time = |query| {
        let start = Instant::now();
        index.search(query, asked.k, &asked.filter)?;
        Ok(start.elapsed().as_secs_f64())
    };
    let mut times = asked
        .queries
        .iter()
        .map(time)
        .collect::<Outcome<Vec<_>>>()?;
    times.sort_unstable_by(f64::total_cmp);
    Ok(times)
}
