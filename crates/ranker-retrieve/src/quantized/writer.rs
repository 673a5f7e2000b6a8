//! Changes to the collection.

use std::path::Path;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile};
use rayon::prelude::*;

use super::block::{Block, Segment};
use super::frame::{Frame, Mean};
use super::head::{Head, PIECE};
use super::header::Header;
use super::measure;
use super::options::QuantizedOptions;
use super::place::{CHUNK, Moved, Place, Places, split};
use super::save::{SECTIONS, Spill, write_rest};
use super::snapshot::Snapshot;
use super::vectors::{Scratch, VectorFile};
use crate::entry::Entry;
use crate::error::{FileError, IndexError};
use crate::file::{self, Kind, Stream, Tag, unreadable};

/// Vectors that a collection's centre is taken from.
const CENTRE_SAMPLE: usize = 1 << 16;

/// Fewer rows are scored exactly at no cost worth a measurement.
const WORTH_MEASURING: usize = 1024;

/// How far the centre may move, as a share of the vectors' distance from it, squared.
const CENTRE_DRIFT: f32 = 0.02;

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
        let held = |_: &[Entry], _: &mut [Block]| Ok(());
        self.take(blocks(entries, held)?);
        self.begin()
    }

    /// As [`Self::fill`], with the vectors in a file that becomes that of the index.
    pub(super) fn fill_file(
        &mut self,
        entries: impl Iterator<Item = Result<Entry, IndexError>>,
        path: &Path,
    ) -> Result<(), IndexError> {
        file::write_by(path, |file| {
            let mut out = Stream::begin(file, path, Kind::Quantized, SECTIONS)?;
            let start = out.position();
            let (mut blocks, sums) = out.section(Tag::Vectors, |out| {
                let mut spill = Spill {
                    out,
                    sums: Vec::new(),
                };
                let blocks = blocks(entries, |entries, blocks| {
                    self.now.dimension = entries.first().map_or(0, |one| one.embedding.dimension());
                    Ok(spill.take(entries, blocks)?)
                })?;
                Ok::<_, IndexError>((blocks, spill.sums))
            })?;
            out.flush()?;
            let kept = Arc::new(VectorFile {
                path: path.to_owned(),
                file: file.try_clone().map_err(|e| unreadable(path, e))?,
                start,
                dimension: self.now.dimension,
                sums,
            });
            let firsts = (0..).step_by(CHUNK);
            let blocks_at = blocks.iter_mut().zip(firsts);
            blocks_at.for_each(|(block, first)| block.leave(&kept, first));
            self.take(blocks);
            self.begin()?;
            write_rest(&mut out, &kept.sums, &self.now, self.options)?;
            Ok(out.finish()?)
        })
    }

    /// The frame and the widths of a collection that was filled.
    fn begin(&mut self) -> Result<(), IndexError> {
        self.now.frame = Arc::new(self.centred()?);
        self.reframe()?;
        self.remeasure()?;
        Ok(())
    }

    /// What a file held.
    pub(super) fn restore(header: Header, chunks: Vec<Segment>, further: usize) -> Self {
        let mut writer = Self::new(false, header.options);
        writer.now.dimension = header.frame.centre().len();
        writer.now.frame = Arc::new(header.frame);
        writer.now.measured = header.measured.map(Arc::new);
        writer.now.further = further;
        writer.tail = chunks.len();
        writer.now.chunks = Arc::new(chunks);
        writer
    }

    fn take(&mut self, blocks: Vec<Block>) {
        let first = blocks.first().filter(|block| block.len() > 0);
        if let Some(first) = first {
            self.now.dimension = first.dimension();
        }
        self.tail = blocks.len();
        self.now.chunks = Arc::new(blocks.into_iter().map(Segment::bare).collect());
    }

    /// Adds a candidate, if there is none of this id.
    #[cfg(feature = "collection")]
    pub(super) fn add(&mut self, entry: Entry, places: &mut Places) -> Result<(), IndexError> {
        let entry = self.admit(entry)?;
        let id = entry.id.clone();
        if places.contains(&id) {
            return Err(IndexError::DuplicateId { id });
        }
        let added = self.append_all(entry);
        added.into_iter().for_each(|place| {
            places.add(&id, place);
        });
        Ok(())
    }

    /// Takes a candidate out; returns where it was.
    pub(super) fn take_out(
        &mut self,
        id: &CandidateId,
        places: &mut Places,
    ) -> Result<Vec<Place>, IndexError> {
        let unknown = || IndexError::UnknownId { id: id.clone() };
        let taken = places.take(id).ok_or_else(unknown)?;
        self.mark_all_deleted(&taken);
        Ok(taken)
    }

    /// Puts tombstones on all rows of a candidate.
    pub(super) fn mark_all_deleted(&mut self, places: &[Place]) {
        places.iter().for_each(|&place| self.mark_deleted(place));
        self.now.further -= places.len().saturating_sub(1);
    }

    /// Adds a row for each vector of an admitted entry. A head that is full in between gets its codes; one
    /// that the last has filled is left as it is ([`Self::settle`]).
    pub(super) fn append_all(&mut self, entry: Entry) -> Vec<Place> {
        self.now.further += entry.further.len();
        let mut places = Vec::with_capacity(1 + entry.further.len());
        for part in entry.parts() {
            if !places.is_empty() {
                self.settle();
            }
            places.push(self.append(part));
        }
        places
    }

    /// Adds a row behind all others.
    fn append(&mut self, entry: Entry) -> Place {
        if self.now.dimension == 0 {
            self.now.dimension = entry.embedding.dimension();
            self.now.frame = Arc::new(Frame::at(vec![0.0; self.now.dimension]));
        }
        let row = self.now.pieces.len() * PIECE + self.now.head.taken();
        Arc::make_mut(&mut self.now.head).push(entry);
        (self.tail * CHUNK + row) as Place
    }

    /// Puts a tombstone on a live row.
    fn mark_deleted(&mut self, place: Place) {
        let (slot, row) = split(place);
        if slot != self.tail {
            Arc::make_mut(&mut self.now.chunks)[slot].mark_deleted(row);
        } else if let Some(piece) = Arc::make_mut(&mut self.now.pieces).get_mut(row / PIECE) {
            piece.mark_deleted(row % PIECE);
        } else {
            Arc::make_mut(&mut self.now.head).mark_deleted(row % PIECE);
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
            self.put(Segment::join(&pieces));
        }
        let coded = self.coded();
        let seen = self.now.measured.as_ref().map_or(0, |seen| seen.rows);
        if coded >= WORTH_MEASURING && coded >= 2 * seen {
            // Vectors that cannot be read leave frame and widths as they were: a search that needs
            // such a vector reports it.
            let _ = self.recentre().and_then(|()| self.remeasure());
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
    /// chunk; returns their new places.
    pub(super) fn compact(&mut self, place: Place) -> Vec<Moved> {
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
        let Ok(joined) = chunk.compact(&self.now.chunks[other], &self.now.frame) else {
            // Vectors that cannot be read stay where they are.
            return Vec::new();
        };
        let from = |slot: usize| {
            let rows = self.now.chunks[slot].live.rows();
            rows.map(move |row| (slot * CHUNK + row as usize) as Place)
        };
        let from = from(slot).chain(from(other));
        let moved = joined.live_ids().zip(from).zip((slot * CHUNK) as Place..);
        let moved = moved.map(|((id, from), to)| Moved {
            id: id.clone(),
            from,
            to,
        });
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
    fn centred(&self) -> Result<Frame, FileError> {
        let segments = self.now.segments();
        let sample = measure::sample(&segments, CENTRE_SAMPLE);
        let mut mean = Mean::of(self.now.dimension);
        let mut scratch = Scratch::default();
        for (at, row) in sample {
            let block = &segments[at as usize].block;
            mean.add(block.vector(row as usize, &mut scratch)?);
        }
        Ok(Frame::at(mean.get()))
    }

    /// Moves the frame where the collection's centre has moved.
    fn recentre(&mut self) -> Result<(), FileError> {
        let frame = self.centred()?;
        let [old, new] = [self.now.frame.centre(), frame.centre()];
        let moved: f32 = old.iter().zip(new).map(|(a, b)| (a - b) * (a - b)).sum();
        // Unit vectors with the mean `c` are `1 - |c|²` from it on average, squared.
        let spread = 1.0 - new.iter().map(|x| x * x).sum::<f32>();
        if moved > CENTRE_DRIFT * spread.max(0.0) {
            let old = std::mem::replace(&mut self.now.frame, Arc::new(frame));
            let before = (Arc::clone(&self.now.chunks), Arc::clone(&self.now.pieces));
            if let Err(error) = self.reframe() {
                self.now.frame = old;
                (self.now.chunks, self.now.pieces) = before;
                return Err(error);
            }
        }
        Ok(())
    }

    fn reframe(&mut self) -> Result<(), FileError> {
        let frame = Arc::clone(&self.now.frame);
        for segments in [&mut self.now.chunks, &mut self.now.pieces] {
            let segments = Arc::make_mut(segments);
            let each = segments.par_iter_mut();
            each.try_for_each(|one| one.reframe(&frame))?;
        }
        Ok(())
    }

    /// Gives every live row the profile that belongs to its place.
    pub(super) fn hold_profiles(&mut self, profiles: impl Iterator<Item = (Place, Arc<Profile>)>) {
        let empty = |rows: usize| vec![None; rows];
        let chunks = self.now.chunks.iter().map(|one| empty(one.block.len()));
        let mut chunks: Vec<Vec<Option<Arc<Profile>>>> = chunks.collect();
        // Those of the tail, by their row in it.
        let mut tail = empty(self.now.pieces.len() * PIECE + self.now.head.taken());
        for (place, profile) in profiles {
            let (slot, row) = split(place);
            let rows = match slot == self.tail {
                true => Some(&mut tail),
                false => chunks.get_mut(slot),
            };
            if let Some(held) = rows.and_then(|rows| rows.get_mut(row)) {
                *held = Some(profile);
            }
        }
        let mut tail = tail.into_iter();
        let own = Arc::make_mut(&mut self.now.chunks).iter_mut();
        own.zip(chunks)
            .for_each(|(one, held)| one.hold_profiles(held));
        for piece in Arc::make_mut(&mut self.now.pieces) {
            piece.hold_profiles(tail.by_ref().take(PIECE).collect());
        }
        Arc::make_mut(&mut self.now.head).hold_profiles(tail);
        self.now.holds_profiles = true;
    }

    /// Gives the rows of a file, which lie in chunks, their numbers.
    #[cfg(feature = "collection")]
    pub(super) fn number(&mut self, numbers: &[u64]) -> Result<(), &'static str> {
        if numbers.len() != self.now.len() {
            return Err("it does not list the rows of the index");
        }
        let chunks = Arc::make_mut(&mut self.now.chunks).iter_mut();
        chunks
            .zip(numbers.chunks(CHUNK))
            .for_each(|(chunk, own)| chunk.number(own));
        Ok(())
    }

    /// Measures with queries of the caller's.
    pub(super) fn measure(&mut self, queries: &[&[f32]]) -> Result<(), FileError> {
        if self.coded() >= WORTH_MEASURING && !queries.is_empty() {
            let measured = measure::by_queries(&self.now, queries, self.options)?;
            self.now.measured = Some(Arc::new(measured));
        }
        Ok(())
    }

    fn remeasure(&mut self) -> Result<(), FileError> {
        if self.coded() >= WORTH_MEASURING {
            let measured = measure::by_sample(&self.now, self.options)?;
            self.now.measured = Some(Arc::new(measured));
        }
        Ok(())
    }
}

/// Blocks of entries, read a few at a time: codes take the place of what was read. `keep` sees the
/// entries and what became of them.
fn blocks(
    entries: impl Iterator<Item = Result<Entry, IndexError>>,
    mut keep: impl FnMut(&[Entry], &mut [Block]) -> Result<(), IndexError>,
) -> Result<Vec<Block>, IndexError> {
    let mut entries = entries.peekable();
    let mut blocks = Vec::new();
    let mut many = Vec::with_capacity(AT_A_TIME);
    while entries.peek().is_some() {
        many.clear();
        for entry in entries.by_ref().take(AT_A_TIME) {
            many.push(entry?);
        }
        let block = |rows: &[Entry]| {
            let dimension = rows.first().map_or(0, |row| row.embedding.dimension());
            Block::new(dimension, rows.iter().map(Entry::as_row))
        };
        let from = blocks.len();
        blocks.par_extend(many.par_chunks(CHUNK).map(block));
        keep(&many, &mut blocks[from..])?;
    }
    Ok(blocks)
}

/// Entries that are read before they become blocks, whole chunks of them: few enough that an allocator
/// gives the same memory to the next, instead of handing it back to a system that has to clear it.
const AT_A_TIME: usize = 2 * CHUNK;

/// The entry as an index of this dimension keeps it.
pub(super) fn admit(
    mut entry: Entry,
    dimension: Option<usize>,
    holds_profiles: bool,
) -> Result<Entry, IndexError> {
    check_dimension(dimension, &entry.embedding)?;
    for further in &entry.further {
        check_dimension(Some(entry.embedding.dimension()), further)?;
    }
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

fn piece(head: &Head, dimension: usize, frame: &Frame) -> Segment {
    let rows = head.places().map(|(entry, _)| entry.as_row());
    let mut piece = Segment::new(Block::new(dimension, rows), frame);
    for (at, (_, live)) in head.places().enumerate() {
        if !live {
            piece.mark_deleted(at);
        }
    }
    piece
}
