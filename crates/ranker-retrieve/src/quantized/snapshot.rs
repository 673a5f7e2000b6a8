//! The collection of one moment, and how it is searched.

use std::sync::Arc;

#[cfg(feature = "collection")]
use ranker_core::Filter;
use rayon::prelude::*;

use super::block::Segment;
use super::frame::Frame;
use super::head::{Head, PIECE};
use super::measured::Measured;
use super::place::{Place, split};
use super::plan::{Pool, ScanPlan};
use super::search::Search;
use super::selection::Selection;
use super::several;
use super::stages::{Part, PreparedQuery};
use super::vectors::Scratch;
use crate::dot::dot;
use crate::error::FileError;
use crate::scan::{Found, Scan};
use crate::scored::Scored;
use crate::top_k::TopK;

/// Bytes of codes below which one thread is faster than handing parts to others.
pub(super) const SMALL: usize = 1 << 20;

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
    /// Rows beyond one a candidate: 0 where each has one vector.
    pub(super) further: usize,
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
            further: 0,
        }
    }
}

/// What is looked for: all queries at once, each for itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct SearchParams<'q> {
    pub(super) k: usize,
    pub(super) selection: Selection<'q>,
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

    /// How many rows there are, one a vector.
    pub(super) fn len(&self) -> usize {
        let coded: usize = self.segments().iter().map(|one| one.live_count).sum();
        coded + self.head.len()
    }

    /// How many candidates there are.
    pub(super) fn candidates(&self) -> usize {
        self.len() - self.further
    }

    /// Bytes that a search reads at least.
    pub(super) fn work(&self) -> usize {
        self.len() * (self.dimension / 8)
    }

    /// The rows of all segments that may be found.
    fn parts(&self, selection: Selection<'_>) -> Vec<Part<'_>> {
        let part = |(segment, place): (_, u32)| {
            let segment: &Segment = segment;
            let allowed = segment.allowed(selection);
            let count = match selection.is_all() {
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
        if selection.is_all() || self.work() < SMALL {
            return segments.into_iter().zip(0..).map(part).collect();
        }
        let places: Vec<(&Segment, u32)> = segments.into_iter().zip(0..).collect();
        places.into_par_iter().map(part).collect()
    }

    fn plan_of(&self, parts: &[Part<'_>], k: usize) -> ScanPlan {
        let measured = self.measured.as_deref();
        let ladder = measured.map_or(&[][..], |measured| &measured.ladder);
        let pool = Pool {
            rows: parts.iter().map(|part| part.segment.live_count).sum(),
            allowed: parts.iter().map(|part| part.count).sum(),
            dimension: self.dimension,
        };
        ScanPlan::choose(ladder, k, pool)
    }

    /// How a search would go.
    pub(super) fn plan(&self, params: SearchParams<'_>) -> ScanPlan {
        let k = several::rows_for(params.k, self.further);
        self.plan_of(&self.parts(params.selection), k)
    }

    fn search_of(&self, params: SearchParams<'_>) -> Search<'_> {
        let parts = self.parts(params.selection);
        Search {
            plan: self.plan_of(&parts, params.k),
            k: params.k,
            segments: self.segments(),
            threads: match self.work() < SMALL {
                true => 1,
                false => rayon::current_num_threads(),
            },
            parts,
        }
    }

    /// The best candidates for one query.
    pub(super) fn search(
        &self,
        query: &[f32],
        params: SearchParams<'_>,
    ) -> Result<TopK<Scored<'_>>, FileError> {
        match self.further {
            0 => self.search_rows(query, params),
            _ => self.search_several(query, params),
        }
    }

    /// The best candidates for each of many queries.
    pub(super) fn search_batch(
        &self,
        queries: &[&[f32]],
        params: SearchParams<'_>,
    ) -> Result<Vec<TopK<Scored<'_>>>, FileError> {
        match self.further {
            0 => self.search_rows_batch(queries, params),
            _ => self.search_several_batch(queries, params),
        }
    }

    /// The best rows for one query.
    pub(super) fn search_rows(
        &self,
        query: &[f32],
        params: SearchParams<'_>,
    ) -> Result<TopK<Scored<'_>>, FileError> {
        let search = self.search_of(params);
        let mut prepared = PreparedQuery::new(query, &self.frame);
        search.cut(std::slice::from_mut(&mut prepared));
        let found = search.best(&prepared)?;
        Ok(found.merge(self.of_head(query, params)))
    }

    /// The best rows for each of many queries.
    pub(super) fn search_rows_batch(
        &self,
        queries: &[&[f32]],
        params: SearchParams<'_>,
    ) -> Result<Vec<TopK<Scored<'_>>>, FileError> {
        let search = self.search_of(params);
        let together = |queries: &[&[f32]]| {
            let prepared = queries.iter();
            let prepared = prepared.map(|query| PreparedQuery::new(query, &self.frame));
            let mut prepared: Vec<PreparedQuery<'_>> = prepared.collect();
            search.cut(&mut prepared);
            search.best_together(&prepared)
        };
        let found: Result<Vec<_>, FileError> = queries
            .par_chunks(together_of(queries.len()))
            .map(together)
            .collect();
        let mut found: Vec<TopK<Scored<'_>>> = found?.into_iter().flatten().collect();
        for (found, query) in found.iter_mut().zip(queries) {
            for scored in self.of_head(query, params).into_items() {
                found.push(scored);
            }
        }
        Ok(found)
    }

    fn of_head(
        &self,
        query: &[f32],
        SearchParams { k, selection }: SearchParams<'_>,
    ) -> TopK<Scored<'_>> {
        let found = Found::nothing(k);
        let rows = self.head.rows();
        let scan = |filter| Scan { query, k, filter };
        let found = match selection {
            Selection::Passing(filter) => found.scan(scan(filter), rows),
            #[cfg(feature = "collection")]
            Selection::Numbered(numbers) => {
                let rows = rows.filter(|row| row.number.is_some_and(|number| numbers.has(number)));
                found.scan(scan(&Filter::All), rows)
            }
        };
        found.into_top()
    }
}

/// Queries of a batch of so many that a thread answers together.
fn together_of(queries: usize) -> usize {
    let each = queries.div_ceil(rayon::current_num_threads());
    each.clamp(1, TOGETHER)
}
