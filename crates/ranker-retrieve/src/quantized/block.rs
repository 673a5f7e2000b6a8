//! Rows that never change, and which of them still count.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Filter, Profile};

use super::bitmap::Bitmap;
use super::codes::{BitCodes, ByteCodes};
use super::columns::Columns;
use super::frame::Frame;
use crate::scan::Row;

/// Rows, their codes and their facts. Immutable, so that searches share it.
#[derive(Debug, Default)]
pub(super) struct Block {
    dimension: usize,
    ids: Vec<CandidateId>,
    vectors: Vec<f32>,
    profiles: Vec<Option<Arc<Profile>>>,
    bytes: ByteCodes,
    columns: Columns,
}

impl Block {
    pub(super) fn new<'a>(dimension: usize, rows: impl Iterator<Item = Row<'a>>) -> Self {
        let mut block = Self {
            dimension,
            ..Self::default()
        };
        for row in rows {
            block.ids.push(row.id.clone());
            block.vectors.extend_from_slice(row.vector);
            block.profiles.push(row.profile.cloned());
        }
        block.bytes = ByteCodes::of(block.vectors.chunks_exact(dimension.max(1)));
        block.columns = columns(&block.profiles);
        block
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn row(&self, at: usize) -> Row<'_> {
        Row {
            id: &self.ids[at],
            vector: &self.vectors[at * self.dimension..][..self.dimension],
            profile: self.profiles[at].as_ref(),
        }
    }

    pub(super) fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    pub(super) fn bytes(&self) -> &ByteCodes {
        &self.bytes
    }

    fn passing(&self, filter: &Filter) -> Bitmap {
        self.columns.passing(filter).unwrap_or_else(|| {
            let mut rows = Bitmap::none(self.len());
            for (at, profile) in self.profiles.iter().enumerate() {
                if profile.as_ref().is_some_and(|p| filter.matches(p.facts())) {
                    rows.insert(at);
                }
            }
            rows
        })
    }
}

fn columns(profiles: &[Option<Arc<Profile>>]) -> Columns {
    let facts = profiles.iter();
    Columns::new(facts.map(|profile| profile.as_ref().map(|profile| profile.facts())))
}

/// A block with its 1-bit codes, which follow the collection's frame, and its tombstones.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) block: Arc<Block>,
    pub(super) bits: Arc<BitCodes>,
    pub(super) live: Arc<Bitmap>,
    pub(super) live_count: usize,
}

impl Segment {
    pub(super) fn new(block: Block, frame: &Frame) -> Self {
        Self {
            bits: Arc::new(BitCodes::of(frame, &block.vectors, block.dimension)),
            live: Arc::new(Bitmap::all(block.len())),
            live_count: block.len(),
            block: Arc::new(block),
        }
    }

    /// A segment whose 1-bit codes are still to come ([`Self::reframe`]).
    pub(super) fn bare(block: Block) -> Self {
        Self {
            bits: Arc::default(),
            live: Arc::new(Bitmap::all(block.len())),
            live_count: block.len(),
            block: Arc::new(block),
        }
    }

    /// One segment of the rows of several, dead ones too: rows keep their places.
    pub(super) fn join(segments: &[Self], frame: &Frame) -> Self {
        let dimension = segments.first().map_or(0, |first| first.block.dimension);
        let rows = segments.iter();
        let rows = rows.flat_map(|one| (0..one.block.len()).map(|at| one.block.row(at)));
        let mut joined = Self::new(Block::new(dimension, rows), frame);
        let live = segments.iter();
        let live = live.flat_map(|one| (0..one.block.len()).map(|at| one.live.get(at)));
        for (at, live) in live.enumerate() {
            if !live {
                joined.strike(at);
            }
        }
        joined
    }

    /// One segment of the live rows of two.
    pub(super) fn compact(&self, other: &Self, frame: &Frame) -> Self {
        let rows = self.live_rows().chain(other.live_rows());
        Self::new(Block::new(self.block.dimension, rows), frame)
    }

    pub(super) fn live_rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.live.rows().map(|at| self.block.row(at as usize))
    }

    /// The same rows seen in another frame.
    pub(super) fn reframe(&mut self, frame: &Frame) {
        let block = &self.block;
        self.bits = Arc::new(BitCodes::of(frame, &block.vectors, block.dimension));
    }

    /// Gives rows their profiles; dead rows need none.
    pub(super) fn hold_profiles(&mut self, profiles: &HashMap<CandidateId, Arc<Profile>>) {
        let held = self.block.ids.iter().map(|id| profiles.get(id).cloned());
        let mut block = Block::new(self.block.dimension, std::iter::empty());
        block.profiles = held.collect();
        block.columns = columns(&block.profiles);
        block.ids.clone_from(&self.block.ids);
        block.vectors.clone_from(&self.block.vectors);
        block.bytes = self.block.bytes.clone();
        self.block = Arc::new(block);
    }

    /// Bytes of vectors and codes.
    pub(super) fn memory(&self) -> usize {
        let block = &self.block;
        size_of_val(&*block.vectors) + block.bytes.memory() + self.bits.memory()
    }

    /// Puts a tombstone on a live row.
    pub(super) fn strike(&mut self, at: usize) {
        Arc::make_mut(&mut self.live).remove(at);
        self.live_count -= 1;
    }

    /// The live rows that pass.
    pub(super) fn allowed(&self, filter: &Filter) -> Cow<'_, Bitmap> {
        if filter.is_all() {
            Cow::Borrowed(&self.live)
        } else {
            Cow::Owned(self.block.passing(filter).and(&self.live))
        }
    }
}
