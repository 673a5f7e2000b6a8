//! The collection of one moment, and how it is searched.

use std::sync::Arc;

#[cfg(feature = "collection")]
use ranker_core::Filter;
use rayon::prelude::*;

use super::block::Segment;
use super::cut;
use super::exact;
use super::frame::Frame;
use super::head::{Head, PIECE};
use super::measure::Measured;
use super::plan::{Pool, ScanPlan};
use super::stages::{self, Asked, Part};
use super::vectors::Scratch;
use super::who::Who;
use super::widest::{RowAt, Widest};
use super::writer::{Place, split};
use crate::dot::dot;
use crate::error::FileError;
use crate::scan::{Found, Scan};
use crate::scored::Scored;
use crate::top_k::TopK;

/// Bytes of codes below which one thread is faster than handing parts to others.
pub(super) const SMALL: usize = 1 << 20;

/// Candidates that are not worth another thread.
const FEW: usize = 1024;

/// The most queries of a batch that one thread answers at a time: they share the reading of the codes.
const TOGETHER: usize = 1024;

/// The rows of one moment. Cheap to take, and no change is seen through it.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    /// 0 until the first entry comes.
    pub(super) dimension: usize,
    pub(super) holds_profiles: bool,
    /// Segments by slot; a slot that was freed is empty.
    pub(super) chunks: Arc<Vec<Segment>>,
    /// The latest rows, in small segments that will become a chunk.
    pub(super) pieces: Arc<Vec<Segment>>,
    /// The very latest, without codes.
    pub(super) head: Arc<Head>,
    pub(super) frame: Arc<Frame>,
    pub(super) measured: Option<Arc<Measured>>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            dimension: 0,
            holds_profiles: false,
            chunks: Arc::default(),
            pieces: Arc::default(),
            head: Arc::default(),
            frame: Arc::new(Frame::at(Vec::new())),
            measured: None,
        }
    }
}

/// What is looked for: all queries at once, each for itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'q> {
    pub(super) k: usize,
    pub(super) who: Who<'q>,
}

impl Snapshot {
    pub(super) fn segments(&self) -> Vec<&Segment> {
        self.chunks.iter().chain(self.pieces.iter()).collect()
    }

    pub(super) fn known_dimension(&self) -> Option<usize> {
        (self.dimension > 0).then_some(self.dimension)
    }

    /// The score of the row at a place that is taken.
    pub(super) fn score(&self, query: &[f32], place: Place) -> Result<f32, FileError> {
        let (slot, row) = split(place);
        let chunk = self.chunks.get(slot).filter(|one| row < one.block.len());
        let mut scratch = Scratch::default();
        let vector = match chunk {
            Some(chunk) => chunk.block.vector(row, &mut scratch)?,
            None => match self.pieces.get(row / PIECE) {
                Some(piece) => piece.block.vector(row % PIECE, &mut scratch)?,
                None => self.head.entry(row % PIECE).embedding.as_slice(),
            },
        };
        Ok(dot(query, vector))
    }

    /// Reads every vector that was left in a file.
    pub(super) fn verify(&self) -> Result<(), FileError> {
        let segments = self.segments();
        segments
            .into_par_iter()
            .try_for_each(|one| one.block.vectors().map(drop))
    }

    pub(super) fn len(&self) -> usize {
        let coded: usize = self.segments().iter().map(|one| one.live_count).sum();
        coded + self.head.len()
    }

    /// Bytes that a search reads at least.
    pub(super) fn work(&self) -> usize {
        self.len() * (self.dimension / 8)
    }

    /// The rows of all segments that may be found.
    fn parts(&self, who: Who<'_>) -> Vec<Part<'_>> {
        let part = |(segment, place): (_, u32)| {
            let segment: &Segment = segment;
            let allowed = segment.allowed(who);
            let count = match who.is_everyone() {
                true => segment.live_count,
                false => allowed.count(),
            };
            Part {
                place,
                segment,
                allowed,
                count,
            }
        };
        let segments = self.segments();
        if who.is_everyone() || self.work() < SMALL {
            return segments.into_iter().zip(0..).map(part).collect();
        }
        let places: Vec<(&Segment, u32)> = segments.into_iter().zip(0..).collect();
        places.into_par_iter().map(part).collect()
    }

    fn plan_of(&self, parts: &[Part<'_>], k: usize) -> ScanPlan {
        let ladder = self.measured.as_deref().map_or(&[][..], Measured::ladder);
        let pool = Pool {
            rows: parts.iter().map(|part| part.segment.live_count).sum(),
            allowed: parts.iter().map(|part| part.count).sum(),
            dimension: self.dimension,
        };
        ScanPlan::choose(ladder, k, pool)
    }

    /// How a search for `k` who pass would go.
    pub(super) fn plan(&self, wanted: Wanted<'_>) -> ScanPlan {
        self.plan_of(&self.parts(wanted.who), wanted.k)
    }

    /// The best for one query.
    pub(super) fn search(
        &self,
        query: &[f32],
        wanted: Wanted<'_>,
    ) -> Result<TopK<Scored<'_>>, FileError> {
        let parts = self.parts(wanted.who);
        let plan = self.plan_of(&parts, wanted.k);
        let segments = self.segments();
        let mut asked = Asked::new(query, &self.frame);
        cut(std::slice::from_mut(&mut asked), &parts, plan);
        let found = self.best(&asked, (&parts, &segments), (plan, wanted.k))?;
        Ok(found.merge(self.of_head(query, wanted)))
    }

    /// The best for each of many queries.
    pub(super) fn search_batch(
        &self,
        queries: &[&[f32]],
        wanted: Wanted<'_>,
    ) -> Result<Vec<TopK<Scored<'_>>>, FileError> {
        let parts = self.parts(wanted.who);
        let plan = self.plan_of(&parts, wanted.k);
        let segments = self.segments();
        let together = |queries: &[&[f32]]| {
            let asked = queries.iter().map(|query| Asked::new(query, &self.frame));
            let mut asked: Vec<Asked<'_>> = asked.collect();
            cut(&mut asked, &parts, plan);
            self.best_together(&asked, (&parts, &segments), (plan, wanted.k))
        };
        let found: Result<Vec<_>, FileError> = queries
            .par_chunks(together_of(queries.len()))
            .map(together)
            .collect();
        let mut found: Vec<TopK<Scored<'_>>> = found?.into_iter().flatten().collect();
        for (found, query) in found.iter_mut().zip(queries) {
            for scored in self.of_head(query, wanted).into_items() {
                found.push(scored);
            }
        }
        Ok(found)
    }

    fn of_head(&self, query: &[f32], Wanted { k, who }: Wanted<'_>) -> TopK<Scored<'_>> {
        let found = Found::nothing(k);
        let rows = self.head.rows();
        let scan = |filter| Scan { query, k, filter };
        let found = match who {
            Who::Passing(filter) => found.scan(scan(filter), rows),
            #[cfg(feature = "collection")]
            Who::Numbered(numbers) => {
                let rows = rows.filter(|row| row.number.is_some_and(|number| numbers.has(number)));
                found.scan(scan(&Filter::All), rows)
            }
        };
        found.into_top()
    }

    /// One query's best, the reading shared by all threads.
    fn best<'s>(
        &'s self,
        asked: &Asked<'_>,
        (parts, segments): (&[Part<'s>], &[&'s Segment]),
        (plan, k): (ScanPlan, usize),
    ) -> Result<TopK<Scored<'s>>, FileError> {
        let one = std::slice::from_ref(asked);
        let rows = match plan {
            ScanPlan::Exact => return exact_by_parts(asked.vector, parts, k),
            ScanPlan::Bytes { rescored } => {
                self.shared(parts, |parts| stages::by_bytes(one, parts, rescored))
            }
            ScanPlan::Bits {
                candidates,
                rescored,
                ..
            } => {
                let find = |asked: &[Asked<'_>]| {
                    self.shared(parts, |parts| stages::by_bits(asked, parts, candidates))
                };
                let mut rows = find(one);
                if rows.len() < least(parts, rescored) {
                    rows = find(&[asked.uncut()]);
                }
                let each = rows.len().div_ceil(self.threads()).max(FEW);
                let runs = rows.par_chunks(each);
                let rescored =
                    runs.flat_map_iter(|rows| stages::rescore(one, segments, &[rows], rescored));
                rescored
                    .reduce_with(Widest::merge)
                    .map_or_else(Vec::new, Widest::into_rows)
            }
        };
        exact::picked(asked.vector, segments, rows.into_iter(), k)
    }

    /// Threads that a search is worth.
    fn threads(&self) -> usize {
        match self.work() < SMALL {
            true => 1,
            false => rayon::current_num_threads(),
        }
    }

    /// Cuts the parts into as many runs as there are threads. What is found depends on the cut in
    /// no way: [`Widest`] sees to that.
    fn shared(
        &self,
        parts: &[Part<'_>],
        find: impl Fn(&[Part<'_>]) -> Vec<Widest> + Send + Sync,
    ) -> Vec<RowAt> {
        let runs = parts.par_chunks(parts.len().div_ceil(self.threads()).max(1));
        let found = runs.flat_map_iter(find).reduce_with(Widest::merge);
        found.map_or_else(Vec::new, Widest::into_rows)
    }

    /// The best of several queries, on this thread.
    fn best_together<'s>(
        &'s self,
        asked: &[Asked<'_>],
        (parts, segments): (&[Part<'s>], &[&'s Segment]),
        (plan, k): (ScanPlan, usize),
    ) -> Result<Vec<TopK<Scored<'s>>>, FileError> {
        let found = match plan {
            ScanPlan::Exact => {
                let all = asked.iter();
                let exact = |asked: &Asked<'_>| exact::in_turn(asked.vector, parts, k);
                return all.map(exact).collect();
            }
            ScanPlan::Bytes { rescored } => stages::by_bytes(asked, parts, rescored),
            ScanPlan::Bits {
                best,
                slack,
                candidates,
                rescored,
                ..
            } => {
                let mut found = match asked.iter().all(Asked::is_cut) {
                    true => stages::by_signs(asked, parts, (rescored, best, slack)),
                    false => estimated(asked, (parts, segments), (candidates, rescored)),
                };
                let least = least(parts, best);
                for (asked, found) in asked.iter().zip(&mut found) {
                    if found.len() < least {
                        let asked = [asked.uncut()];
                        let again = estimated(&asked, (parts, segments), (candidates, rescored));
                        again.into_iter().for_each(|again| *found = again);
                    }
                }
                found
            }
        };
        let exact = |(found, asked): (Widest, &Asked<'_>)| {
            exact::picked(asked.vector, segments, found.into_rows().into_iter(), k)
        };
        found.into_iter().zip(asked).map(exact).collect()
    }
}

/// Rows that a stage has to leave: fewer, and a sample told too little of those that pass the filter.
fn least(parts: &[Part<'_>], wanted: usize) -> usize {
    let allowed: usize = parts.iter().map(|part| part.count).sum();
    wanted.min(allowed)
}

/// The `rescored` best of each query's `candidates` best by their 1-bit codes.
fn estimated(
    asked: &[Asked<'_>],
    (parts, segments): (&[Part<'_>], &[&Segment]),
    (candidates, rescored): (usize, usize),
) -> Vec<Widest> {
    let found = stages::by_bits(asked, parts, candidates);
    let rows: Vec<Vec<RowAt>> = found.into_iter().map(Widest::into_rows).collect();
    let rows: Vec<&[RowAt]> = rows.iter().map(Vec::as_slice).collect();
    stages::rescore(asked, segments, &rows, rescored)
}

/// Queries of a batch of so many that a thread answers together.
fn together_of(queries: usize) -> usize {
    let each = queries.div_ceil(rayon::current_num_threads());
    each.clamp(1, TOGETHER)
}

/// Lets queries pass over whom the plan does not want estimated.
fn cut(asked: &mut [Asked<'_>], parts: &[Part<'_>], plan: ScanPlan) {
    if let ScanPlan::Bits {
        near, candidates, ..
    } = plan
    {
        let allowed: usize = parts.iter().map(|part| part.count).sum();
        let share = |width: usize| width as f64 / allowed.max(1) as f64;
        cut::cut(asked, parts, (share(near), share(candidates)));
    }
}

fn exact_by_parts<'s>(
    query: &[f32],
    parts: &[Part<'s>],
    k: usize,
) -> Result<TopK<Scored<'s>>, FileError> {
    let runs = parts.par_chunks(8);
    runs.map(|parts| exact::in_turn(query, parts, k))
        .try_reduce(|| TopK::new(k), |a, b| Ok(a.merge(b)))
}
