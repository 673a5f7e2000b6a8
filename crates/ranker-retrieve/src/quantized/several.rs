//! Candidates with several vectors: a row each, of which the best counts.

use std::collections::HashSet;

use ranker_core::CandidateId;

use super::snapshot::{SearchParams, Snapshot};
use crate::error::FileError;
use crate::scored::Scored;
use crate::top_k::TopK;

/// Rows that are looked for at first, for each candidate wanted: more where too few candidates share them.
const AT_FIRST: usize = 2;

/// The rows that a search for the best `k` candidates looks for at first.
pub(super) fn rows_for(k: usize, further: usize) -> usize {
    match further {
        0 => k,
        _ => k.saturating_mul(AT_FIRST),
    }
}

impl Snapshot {
    /// The best candidates, each with its best row's score.
    ///
    /// The best rows come from as many candidates or fewer. Where that are too few, twice as many rows are
    /// looked for, until there are enough or no rows are left. A candidate's first row in their order
    /// is its best, so the first `k` candidates are the best `k`, as far as the rows are the best.
    pub(super) fn search_several(
        &self,
        query: &[f32],
        params: SearchParams<'_>,
    ) -> Result<TopK<Scored<'_>>, FileError> {
        self.search_from(query, params, rows_for(params.k, self.further))
    }

    /// As [`Self::search_several`], looking for so many rows at first.
    fn search_from(
        &self,
        query: &[f32],
        params: SearchParams<'_>,
        mut rows: usize,
    ) -> Result<TopK<Scored<'_>>, FileError> {
        loop {
            let found = self.search_rows(query, SearchParams { k: rows, ..params })?;
            match best_of_each(found, params.k, rows) {
                Some(best) => return Ok(best),
                None => rows = rows.saturating_mul(2),
            }
        }
    }

    /// As [`Self::search_several`] for each of many queries. Those for which the first rows are of too few
    /// candidates are answered again alone.
    pub(super) fn search_several_batch(
        &self,
        queries: &[&[f32]],
        params: SearchParams<'_>,
    ) -> Result<Vec<TopK<Scored<'_>>>, FileError> {
        let rows = rows_for(params.k, self.further);
        let found = self.search_rows_batch(queries, SearchParams { k: rows, ..params })?;
        let found = found.into_iter().zip(queries);
        let each = found.map(|(found, query)| match best_of_each(found, params.k, rows) {
            Some(best) => Ok(best),
            None => self.search_from(query, params, rows.saturating_mul(2)),
        });
        each.collect()
    }
}

/// The best `k` candidates of the best rows, of which so many were looked for; `None` where more rows may bring more
/// candidates.
fn best_of_each(found: TopK<Scored<'_>>, k: usize, rows: usize) -> Option<TopK<Scored<'_>>> {
    let found = found.into_sorted();
    let (count, mut seen) = (found.len(), HashSet::<&CandidateId>::new());
    let mut best = TopK::new(k);
    let firsts = found.into_iter().filter(|row| seen.insert(row.id)).take(k);
    firsts.for_each(|row| best.push(row));
    let enough = best.items().count() == k || count < rows;
    enough.then_some(best)
}
