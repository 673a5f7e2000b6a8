//! A search of the coded rows: the stages of its plan, one after the other.

use rayon::prelude::*;

use super::block::Segment;
use super::cut::{self, Shares};
use super::exact;
use super::plan::ScanPlan;
use super::shortlist::{RowAt, Shortlist};
use super::stages::{self, Part, PreparedQuery, SignWidths};
use crate::error::FileError;
use crate::scored::Scored;
use crate::top_k::TopK;

/// Candidates that are not worth another thread.
const FEW: usize = 1024;

/// As [`FEW`], for those scored in f32.
const FEW_EXACT: usize = 64;

/// What a search reads, and how.
#[derive(Debug)]
pub(super) struct Search<'s> {
    /// The rows that may be found.
    pub(super) parts: Vec<Part<'s>>,
    /// All segments of the snapshot, by place.
    pub(super) segments: Vec<&'s Segment>,
    pub(super) plan: ScanPlan,
    pub(super) k: usize,
    /// Threads that it is worth.
    pub(super) threads: usize,
}

/// How many rows the 1-bit codes and the int8 codes leave.
#[derive(Debug, Clone, Copy)]
struct Widths {
    candidates: usize,
    rescored: usize,
}

impl<'s> Search<'s> {
    /// How many rows may be found.
    fn allowed(&self) -> usize {
        self.parts.iter().map(|part| part.count).sum()
    }

    /// Rows that a stage has to leave. Where it leaves fewer, the cutoff was too low: the sample held too
    /// few of the rows that pass the filter.
    fn least(&self, wanted: usize) -> usize {
        wanted.min(self.allowed())
    }

    /// Gives queries the cutoffs of the plan.
    pub(super) fn cut(&self, prepared: &mut [PreparedQuery<'_>]) {
        if let ScanPlan::Bits {
            near, candidates, ..
        } = self.plan
        {
            let allowed = self.allowed().max(1) as f64;
            let shares = Shares {
                near: near as f64 / allowed,
                candidates: candidates as f64 / allowed,
            };
            cut::cut(prepared, &self.parts, shares);
        }
    }

    /// One query's best, the reading shared by all threads.
    pub(super) fn best(&self, prepared: &PreparedQuery<'_>) -> Result<TopK<Scored<'s>>, FileError> {
        let one = std::slice::from_ref(prepared);
        let rows = match self.plan {
            ScanPlan::Exact => return self.exact(prepared.vector),
            ScanPlan::Bytes { rescored } => {
                self.shared(|parts| stages::by_bytes(one, parts, rescored))
            }
            ScanPlan::Bits {
                candidates,
                rescored,
                ..
            } => {
                let find = |prepared: &[PreparedQuery<'_>]| {
                    self.shared(|parts| stages::by_bits(prepared, parts, candidates))
                };
                let mut rows = find(one);
                if rows.len() < self.least(rescored) {
                    rows = find(&[prepared.uncut()]);
                }
                let each = rows.len().div_ceil(self.threads).max(FEW);
                let runs = rows.par_chunks(each);
                let rescored = runs
                    .flat_map_iter(|rows| stages::rescore(one, &self.segments, &[rows], rescored));
                rescored
                    .reduce_with(Shortlist::merge)
                    .map_or_else(Vec::new, Shortlist::into_rows)
            }
        };
        // Vectors that lie in a file are read one by one.
        let each = rows.len().div_ceil(self.threads).max(FEW_EXACT);
        let runs = rows.par_chunks(each);
        runs.map(|rows| exact::picked(prepared.vector, &self.segments, rows, self.k))
            .try_reduce(|| TopK::new(self.k), |a, b| Ok(a.merge(b)))
    }

    /// Cuts the parts into as many runs as there are threads. The rows found do not depend on the cut:
    /// [`Shortlist`] breaks ties by place.
    fn shared(&self, find: impl Fn(&[Part<'_>]) -> Vec<Shortlist> + Send + Sync) -> Vec<RowAt> {
        let each = self.parts.len().div_ceil(self.threads).max(1);
        let runs = self.parts.par_chunks(each);
        let found = runs.flat_map_iter(find).reduce_with(Shortlist::merge);
        found.map_or_else(Vec::new, Shortlist::into_rows)
    }

    fn exact(&self, query: &[f32]) -> Result<TopK<Scored<'s>>, FileError> {
        let runs = self.parts.par_chunks(8);
        runs.map(|parts| exact::in_turn(query, parts, self.k))
            .try_reduce(|| TopK::new(self.k), |a, b| Ok(a.merge(b)))
    }

    /// The best of several queries, on this thread.
    pub(super) fn best_together(
        &self,
        prepared: &[PreparedQuery<'_>],
    ) -> Result<Vec<TopK<Scored<'s>>>, FileError> {
        let found = match self.plan {
            ScanPlan::Exact => {
                let exact =
                    |one: &PreparedQuery<'_>| exact::in_turn(one.vector, &self.parts, self.k);
                return prepared.iter().map(exact).collect();
            }
            ScanPlan::Bytes { rescored } => stages::by_bytes(prepared, &self.parts, rescored),
            ScanPlan::Bits {
                best,
                slack,
                candidates,
                rescored,
                ..
            } => {
                let widths = Widths {
                    candidates,
                    rescored,
                };
                let signs = SignWidths {
                    width: rescored,
                    best,
                    slack,
                };
                let mut found = match prepared.iter().all(PreparedQuery::is_cut) {
                    true => stages::by_signs(prepared, &self.parts, signs),
                    false => self.estimated(prepared, widths),
                };
                let least = self.least(best);
                for (prepared, found) in prepared.iter().zip(&mut found) {
                    if found.len() < least {
                        let again = self.estimated(&[prepared.uncut()], widths);
                        again.into_iter().for_each(|again| *found = again);
                    }
                }
                found
            }
        };
        let exact = |(found, prepared): (Shortlist, &PreparedQuery<'_>)| {
            let rows = found.into_rows();
            exact::picked(prepared.vector, &self.segments, &rows, self.k)
        };
        found.into_iter().zip(prepared).map(exact).collect()
    }

    /// The best of each query's rows by int8 codes, of its best by 1-bit codes.
    fn estimated(&self, prepared: &[PreparedQuery<'_>], widths: Widths) -> Vec<Shortlist> {
        let found = stages::by_bits(prepared, &self.parts, widths.candidates);
        let rows: Vec<Vec<RowAt>> = found.into_iter().map(Shortlist::into_rows).collect();
        let rows: Vec<&[RowAt]> = rows.iter().map(Vec::as_slice).collect();
        stages::rescore(prepared, &self.segments, &rows, widths.rescored)
    }
}
