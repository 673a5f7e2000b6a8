//! Changes to the collection.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile};
use rayon::prelude::*;

use super::block::{Block, Segment};
use super::frame::Frame;
use super::head::{Head, PIECE};
use super::measure::{self, Measured};
use super::options::QuantizedOptions;
use super::snapshot::Snapshot;
use crate::entry::Entry;
use crate::error::IndexError;
use crate::scan::Row;

/// Rows of a chunk.
pub(super) const CHUNK: usize = 4096;

/// Vectors that a collection's centre is taken from.
const CENTRE_SAMPLE: usize = 1 << 16;

/// Fewer rows are scored exactly at no cost worth a measurement.
const WORTH_MEASURING: usize = 1024;

/// How far the centre may move, as a share of the vectors' distance from it, squared.
const CENTRE_DRIFT: f32 = 0.02;

/// Where a row is: `slot · CHUNK + row`. Rows of the tail (pieces and head) have the places that they
/// keep when the tail becomes a chunk.
pub(super) type Place = u64;

/// The next snapshot, and what it takes to make the one after.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) now: Snapshot,
    pub(super) options: QuantizedOptions,
    /// The slot that the tail will take.
    tail: usize,
    free: Vec<usize>,
}

impl Writer {
    pub(super) fn new(holds_profiles: bool, options: QuantizedOptions) -> Self {
        Self {
            now: Snapshot {
                holds_profiles,
                ..Snapshot::default()
            },
            options,
            tail: 0,
            free: Vec::new(),
        }
    }

    /// The entry as this index keeps it.
    pub(super) fn admit(&self, entry: Entry) -> Result<Entry, IndexError> {
        admit(entry, self.now.known_dimension(), self.now.holds_profiles)
    }

    pub(super) fn check_dimension(&self, vector: &Embedding) -> Result<(), IndexError> {
        check_dimension(self.now.known_dimension(), vector)
    }

    /// Fills an empty collection with admitted entries, in their order.
    pub(super) fn fill(
        &mut self,
        entries: impl Iterator<Item = Result<Entry, IndexError>>,
    ) -> Result<(), IndexError> {
        self.take(blocks(entries)?);
        self.now.frame = Arc::new(self.centred());
        self.reframe();
        self.remeasure();
        Ok(())
    }

    /// As [`Self::fill`], with the frame and the measurement of an earlier time.
    pub(super) fn restore(
        &mut self,
        entries: impl Iterator<Item = Entry>,
        frame: Frame,
        measured: Option<Measured>,
    ) -> Result<(), IndexError> {
        let mut dimension = None;
        self.take(blocks(entries.map(|entry| {
            let entry = admit(entry, dimension, false)?;
            dimension = Some(entry.embedding.dimension());
            Ok(entry)
        }))?);
        let expected = self.now.dimension;
        let actual = frame.centre().len();
        if expected != actual {
            return Err(IndexError::Dimension { expected, actual });
        }
        self.now.frame = Arc::new(frame);
        self.reframe();
        self.now.measured = measured.map(Arc::new);
        Ok(())
    }

    fn take(&mut self, blocks: Vec<Block>) {
        let first = blocks.first().filter(|block| block.len() > 0);
        self.now.dimension = first.map_or(0, |block| block.row(0).vector.len());
        self.tail = blocks.len();
        self.now.chunks = Arc::new(blocks.into_iter().map(Segment::bare).collect());
    }

    /// Adds a row behind all others.
    pub(super) fn append(&mut self, entry: Entry) -> Place {
        if self.now.dimension == 0 {
            self.now.dimension = entry.embedding.dimension();
            self.now.frame = Arc::new(Frame::at(vec![0.0; self.now.dimension]));
        }
        let row = self.now.pieces.len() * PIECE + self.now.head.taken();
        Arc::make_mut(&mut self.now.head).push(entry);
        (self.tail * CHUNK + row) as Place
    }

    /// Puts a tombstone on a live row.
    pub(super) fn strike(&mut self, place: Place) {
        let (slot, row) = split(place);
        if slot != self.tail {
            Arc::make_mut(&mut self.now.chunks)[slot].strike(row);
        } else if let Some(piece) = Arc::make_mut(&mut self.now.pieces).get_mut(row / PIECE) {
            piece.strike(row % PIECE);
        } else {
            Arc::make_mut(&mut self.now.head).strike(row % PIECE);
        }
    }

    /// Gives codes to a full head, and makes full pieces a chunk. Whether anything changed.
    pub(super) fn settle(&mut self) -> bool {
        if self.now.head.taken() < PIECE {
            return false;
        }
        let head = std::mem::take(&mut self.now.head);
        let piece = piece(&head, self.now.dimension, &self.now.frame);
        Arc::make_mut(&mut self.now.pieces).push(piece);
        if self.now.pieces.len() * PIECE == CHUNK {
            let pieces = std::mem::take(&mut self.now.pieces);
            self.put(Segment::join(&pieces, &self.now.frame));
        }
        let coded = self.coded();
        let seen = self.now.measured.as_ref().map_or(0, |seen| seen.rows);
        if coded >= WORTH_MEASURING && coded >= 2 * seen {
            self.recentre();
            self.remeasure();
        }
        true
    }

    /// Makes the tail a chunk and begins another.
    fn put(&mut self, chunk: Segment) {
        let chunks = Arc::make_mut(&mut self.now.chunks);
        match chunks.get_mut(self.tail) {
            Some(slot) => *slot = chunk,
            None => chunks.push(chunk),
        }
        self.tail = self.free.pop().unwrap_or(chunks.len());
    }

    /// Where most rows of a chunk are dead, moves the others together with those of another such
    /// chunk, and says where each of them is now.
    pub(super) fn compact(&mut self, place: Place) -> Vec<(CandidateId, Place)> {
        let (slot, _) = split(place);
        let sparse = |one: &Segment| one.block.len() > 0 && 2 * one.live_count <= CHUNK;
        let Some(chunk) = self.now.chunks.get(slot).filter(|one| sparse(one)) else {
            return Vec::new();
        };
        let others = self.now.chunks.iter().enumerate();
        let mut others = others.filter(|&(at, one)| at != slot && at != self.tail && sparse(one));
        let other = match others.next() {
            Some((at, _)) => at,
            None if chunk.live_count == 0 => {
                self.release(slot);
                return Vec::new();
            }
            None => return Vec::new(),
        };
        let joined = chunk.compact(&self.now.chunks[other], &self.now.frame);
        let moved = joined.live_rows().zip(0..);
        let moved =
            moved.map(|(row, at): (Row<'_>, u64)| (row.id.clone(), (slot * CHUNK) as u64 + at));
        let moved = moved.collect();
        Arc::make_mut(&mut self.now.chunks)[slot] = joined;
        self.release(other);
        moved
    }

    fn release(&mut self, slot: usize) {
        let empty = Segment::new(
            Block::new(self.now.dimension, std::iter::empty()),
            &self.now.frame,
        );
        Arc::make_mut(&mut self.now.chunks)[slot] = empty;
        self.free.push(slot);
    }

    fn coded(&self) -> usize {
        let segments = self.now.segments();
        segments.iter().map(|one| one.live_count).sum()
    }

    /// A frame around the mean of a sample.
    fn centred(&self) -> Frame {
        let segments = self.now.segments();
        let sample = measure::sample(&segments, CENTRE_SAMPLE);
        let rows = sample.into_iter();
        let rows = rows.map(|(at, row)| segments[at as usize].block.row(row as usize).vector);
        Frame::around(self.now.dimension, rows)
    }

    /// Moves the frame where the collection's centre has moved.
    fn recentre(&mut self) {
        let frame = self.centred();
        let [old, new] = [self.now.frame.centre(), frame.centre()];
        let moved: f32 = old.iter().zip(new).map(|(a, b)| (a - b) * (a - b)).sum();
        // Unit vectors with the mean `c` are `1 - |c|²` from it on average, squared.
        let spread = 1.0 - new.iter().map(|x| x * x).sum::<f32>();
        if moved > CENTRE_DRIFT * spread.max(0.0) {
            self.now.frame = Arc::new(frame);
            self.reframe();
        }
    }

    fn reframe(&mut self) {
        let frame = Arc::clone(&self.now.frame);
        for segments in [&mut self.now.chunks, &mut self.now.pieces] {
            let segments = Arc::make_mut(segments);
            segments.par_iter_mut().for_each(|one| one.reframe(&frame));
        }
    }

    /// Gives every live row its profile.
    pub(super) fn hold_profiles(
        &mut self,
        profiles: &HashMap<CandidateId, Arc<Profile>>,
    ) -> Result<(), IndexError> {
        let segments = self.now.segments();
        let coded = segments.iter().flat_map(|one| one.live_rows());
        let mut rows = coded.chain(self.now.head.rows());
        if let Some(row) = rows.find(|row| !profiles.contains_key(row.id)) {
            return Err(IndexError::NoProfile { id: row.id.clone() });
        }
        drop(rows);
        for segments in [&mut self.now.chunks, &mut self.now.pieces] {
            let segments = Arc::make_mut(segments);
            segments
                .par_iter_mut()
                .for_each(|one| one.hold_profiles(profiles));
        }
        Arc::make_mut(&mut self.now.head).hold_profiles(profiles);
        self.now.holds_profiles = true;
        Ok(())
    }

    /// Measures with queries of the caller's.
    pub(super) fn measure(&mut self, queries: &[&[f32]]) {
        if self.coded() >= WORTH_MEASURING && !queries.is_empty() {
            let measured = measure::by_queries(&self.now, queries, self.options);
            self.now.measured = Some(Arc::new(measured));
        }
    }

    fn remeasure(&mut self) {
        if self.coded() >= WORTH_MEASURING {
            let measured = measure::by_sample(&self.now, self.options);
            self.now.measured = Some(Arc::new(measured));
        }
    }
}

/// Blocks of entries, read a few at a time: codes take the place of what was read.
fn blocks(
    entries: impl Iterator<Item = Result<Entry, IndexError>>,
) -> Result<Vec<Block>, IndexError> {
    let mut entries = entries.peekable();
    let mut blocks = Vec::new();
    while entries.peek().is_some() {
        let many = entries.by_ref().take(16 * CHUNK);
        let many: Vec<Entry> = many.collect::<Result<_, _>>()?;
        let block = |rows: &[Entry]| {
            let dimension = rows.first().map_or(0, |row| row.embedding.dimension());
            Block::new(dimension, rows.iter().map(Entry::as_row))
        };
        blocks.par_extend(many.par_chunks(CHUNK).map(block));
    }
    Ok(blocks)
}

/// The entry as an index of this dimension keeps it.
pub(super) fn admit(
    mut entry: Entry,
    dimension: Option<usize>,
    holds_profiles: bool,
) -> Result<Entry, IndexError> {
    check_dimension(dimension, &entry.embedding)?;
    if holds_profiles && entry.profile.is_none() {
        return Err(IndexError::NoProfile { id: entry.id });
    }
    entry.profile = entry.profile.filter(|_| holds_profiles);
    Ok(entry)
}

fn check_dimension(expected: Option<usize>, vector: &Embedding) -> Result<(), IndexError> {
    let actual = vector.dimension();
    match expected {
        Some(expected) if expected != actual => Err(IndexError::Dimension { expected, actual }),
        Some(_) | None => Ok(()),
    }
}

/// The chunk's slot and the row in it.
pub(super) fn split(place: Place) -> (usize, usize) {
    let place = place as usize;
    (place / CHUNK, place % CHUNK)
}

fn piece(head: &Head, dimension: usize, frame: &Frame) -> Segment {
    let rows = head.places().map(|(entry, _)| entry.as_row());
    let mut piece = Segment::new(Block::new(dimension, rows), frame);
    for (at, (_, live)) in head.places().enumerate() {
        if !live {
            piece.strike(at);
        }
    }
    piece
}
