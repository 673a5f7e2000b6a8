//! The true neighbours, by comparing everyone.

use ranker::core::Embedding;
use ranker_examples::{Outcome, dot};

use crate::index::number_of;
use crate::vecs::Vectors;

/// Queries whose neighbours are computed: enough to tell the recall, few enough not to wait for.
const ENOUGH: usize = 200;

/// The numbers of the `k` nearest vectors that pass, for the first queries.
pub(crate) fn compute(
    base: &Vectors,
    queries: &[Embedding],
    (k, filter): (usize, Option<f64>),
) -> Outcome<Vec<Vec<u32>>> {
    let queries = &queries[..queries.len().min(ENOUGH)];
    let rows = base.rows().zip(0_u32..);
    let rows = rows.filter(|(_, row)| filter.is_none_or(|share| number_of(*row) <= share));
    let rows: Vec<(&[f32], u32)> = rows.collect();
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    let mut found = vec![Vec::new(); queries.len()];
    std::thread::scope(|scope| {
        let each = queries.len().div_ceil(threads).max(1);
        for (queries, found) in queries.chunks(each).zip(found.chunks_mut(each)) {
            let rows = &rows;
            scope.spawn(move || {
                for (query, found) in queries.iter().zip(found) {
                    *found = nearest(query.as_slice(), rows, k);
                }
            });
        }
    });
    Ok(found)
}

fn nearest(query: &[f32], rows: &[(&[f32], u32)], k: usize) -> Vec<u32> {
    let score = |&(row, number): &(&[f32], u32)| (dot(query, row), number);
    let mut scored: Vec<(f32, u32)> = rows.iter().map(score).collect();
    let k = k.min(scored.len());
    if k == 0 {
        return Vec::new();
    }
    let best_first = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    scored.select_nth_unstable_by(k - 1, best_first);
    scored.truncate(k);
    scored.sort_by(best_first);
    scored.into_iter().map(|(_, number)| number).collect()
}
