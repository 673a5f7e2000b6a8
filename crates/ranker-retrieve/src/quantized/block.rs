//! Rows that never change, and which of them still count.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use ranker_core::{CandidateId, Filter, Profile};

use super::bitmap::Bitmap;
use super::codes::{BitCodes, ByteCodes};
use super::columns::Columns;
use super::frame::Frame;
use super::numbers::Numbers;
use super::selection::Selection;
use super::vectors::{Left, Scratch, VectorFile, Vectors};
use crate::error::FileError;
use crate::scan::Row;
use crate::scored::Scored;

/// Rows, their codes and their facts. Immutable, so that searches share it.
#[derive(Debug, Default, Clone)]
pub(super) struct Block {
    dimension: usize,
    ids: Arc<Vec<CandidateId>>,
    vectors: Arc<Vectors>,
    profiles: Vec<Option<Arc<Profile>>>,
    /// Those by which a collection knows its rows; none elsewhere.
    numbers: Numbers,
    bytes: Arc<ByteCodes>,
    /// Made for the first filter: most blocks are replaced before one comes.
    columns: OnceLock<Columns>,
}

impl Block {
    pub(super) fn new<'a>(dimension: usize, rows: impl Iterator<Item = Row<'a>>) -> Self {
        // Rows come in hundreds or thousands: a vector that grew as they come would be moved often.
        let expected = rows.size_hint().0;
        let mut ids = Vec::with_capacity(expected);
        let mut vectors = Vec::with_capacity(expected * dimension);
        let mut profiles = Vec::with_capacity(expected);
        let mut numbers = Vec::new();
        for row in rows {
            ids.push(row.id.clone());
            vectors.extend_from_slice(row.vector);
            profiles.push(row.profile.cloned());
            numbers.extend(row.number);
        }
        Self {
            dimension,
            ids: Arc::new(ids),
            bytes: Arc::new(ByteCodes::of(&vectors, dimension)),
            vectors: Arc::new(Vectors::Held(vectors)),
            columns: OnceLock::new(),
            profiles,
            numbers: Numbers::of(numbers),
        }
    }

    /// The rows of several, whose vectors are in memory.
    fn join(blocks: &[&Self]) -> Self {
        let all = || blocks.iter().copied();
        let vectors = all().map(Self::held).collect::<Vec<_>>().concat();
        let numbers = all().flat_map(|one| one.numbers.all()).copied();
        Self {
            dimension: blocks.first().map_or(0, |first| first.dimension),
            ids: Arc::new(all().flat_map(|one| one.ids.iter().cloned()).collect()),
            vectors: Arc::new(Vectors::Held(vectors)),
            profiles: all().flat_map(|one| one.profiles.iter().cloned()).collect(),
            numbers: Numbers::of(numbers.collect()),
            bytes: Arc::new(ByteCodes::join(all().map(|one| &*one.bytes))),
            columns: OnceLock::new(),
        }
    }

    /// Rows without profiles whose codes are known already.
    pub(super) fn restored(
        dimension: usize,
        ids: Vec<CandidateId>,
        vectors: Vectors,
        bytes: ByteCodes,
    ) -> Self {
        let profiles = vec![None; ids.len()];
        Self {
            dimension,
            ids: Arc::new(ids),
            vectors: Arc::new(vectors),
            bytes: Arc::new(bytes),
            columns: OnceLock::new(),
            profiles,
            numbers: Numbers::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn dimension(&self) -> usize {
        self.dimension
    }

    pub(super) fn id(&self, at: usize) -> &CandidateId {
        &self.ids[at]
    }

    /// A row with its score.
    pub(super) fn scored(&self, at: usize, score: f32) -> Scored<'_> {
        Scored {
            score,
            id: &self.ids[at],
            profile: self.profiles[at].as_ref(),
            number: self.numbers.get(at),
        }
    }

    /// A row's vector.
    pub(super) fn vector<'a>(
        &'a self,
        at: usize,
        scratch: &'a mut Scratch,
    ) -> Result<&'a [f32], FileError> {
        self.vectors.row(at, self.dimension, scratch)
    }

    pub(super) fn vectors(&self) -> Result<Cow<'_, [f32]>, FileError> {
        self.vectors.all()
    }

    /// The vectors that are in memory.
    pub(super) fn held(&self) -> &[f32] {
        self.vectors.held()
    }

    /// Lets go of the vectors, which a file has from row `first` on.
    pub(super) fn leave(&mut self, file: &Arc<VectorFile>, first: usize) {
        self.vectors = Arc::new(Vectors::Left(Left {
            file: Arc::clone(file),
            first,
            rows: self.len(),
        }));
    }

    /// Lets go of the vectors.
    pub(super) fn forget(&mut self) {
        self.vectors = Arc::default();
    }

    pub(super) fn bytes(&self) -> &ByteCodes {
        &self.bytes
    }

    fn rows<'a>(&'a self, vectors: &'a [f32]) -> impl Iterator<Item = Row<'a>> {
        let vectors = vectors.chunks_exact(self.dimension.max(1));
        let named = self.ids.iter().zip(&self.profiles).zip(0..);
        named.zip(vectors).map(|(((id, profile), at), vector)| Row {
            id,
            vector,
            further: &[],
            profile: profile.as_ref(),
            number: self.numbers.get(at),
        })
    }

    fn columns(&self) -> &Columns {
        self.columns.get_or_init(|| {
            let facts = self.profiles.iter();
            Columns::new(facts.map(|profile| profile.as_ref().map(|profile| profile.facts())))
        })
    }

    fn passing(&self, filter: &Filter) -> Bitmap {
        self.columns().passing(filter).unwrap_or_else(|| {
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

/// A block with its 1-bit codes, which follow the collection's frame, and its tombstones.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) block: Arc<Block>,
    pub(super) bits: Arc<BitCodes>,
    pub(super) live: Arc<Bitmap>,
    pub(super) live_count: usize,
}

impl Segment {
    /// A segment of rows whose vectors are in memory.
    pub(super) fn new(block: Block, frame: &Frame) -> Self {
        let bits = BitCodes::of(frame, block.held(), block.dimension);
        Self::coded(block, bits)
    }

    /// A segment whose 1-bit codes are known.
    pub(super) fn coded(block: Block, bits: BitCodes) -> Self {
        Self {
            bits: Arc::new(bits),
            live: Arc::new(Bitmap::all(block.len())),
            live_count: block.len(),
            block: Arc::new(block),
        }
    }

    /// A segment whose 1-bit codes are still to come ([`Self::reframe`]).
    pub(super) fn bare(block: Block) -> Self {
        Self::coded(block, BitCodes::default())
    }

    /// One segment of the rows of several, dead ones too: rows keep their places, and their codes. Each has
    /// whole words of a [`Bitmap`], and its vectors in memory.
    pub(super) fn join(segments: &[Self]) -> Self {
        let bits = segments.iter().map(|one| &*one.bits);
        let live = segments.iter().map(|one| (*one.live).clone());
        let blocks: Vec<&Block> = segments.iter().map(|one| &*one.block).collect();
        Self {
            block: Arc::new(Block::join(&blocks)),
            bits: Arc::new(BitCodes::join(bits)),
            live: Arc::new(Bitmap::concat(live)),
            live_count: segments.iter().map(|one| one.live_count).sum(),
        }
    }

    /// One segment of the live rows of two.
    pub(super) fn compact(&self, other: &Self, frame: &Frame) -> Result<Self, FileError> {
        let (own, others) = (self.block.vectors()?, other.block.vectors()?);
        let rows = self.live_rows(&own).chain(other.live_rows(&others));
        let block = Block::new(self.block.dimension, rows);
        Ok(Self::new(block, frame))
    }

    /// Live rows, with the block's vectors.
    fn live_rows<'a>(&'a self, vectors: &'a [f32]) -> impl Iterator<Item = Row<'a>> {
        let rows = self.block.rows(vectors).enumerate();
        rows.filter(|(at, _)| self.live.get(*at))
            .map(|(_, row)| row)
    }

    pub(super) fn live_ids(&self) -> impl Iterator<Item = &CandidateId> {
        self.live.rows().map(|at| self.block.id(at as usize))
    }

    /// The same rows seen in another frame.
    pub(super) fn reframe(&mut self, frame: &Frame) -> Result<(), FileError> {
        let vectors = self.block.vectors()?;
        let bits = BitCodes::of(frame, &vectors, self.block.dimension);
        self.bits = Arc::new(bits);
        Ok(())
    }

    /// Gives rows their profiles; dead rows need none.
    pub(super) fn hold_profiles(&mut self, held: Vec<Option<Arc<Profile>>>) {
        let block = Arc::make_mut(&mut self.block);
        block.columns = OnceLock::new();
        block.profiles = held;
    }

    /// Gives all rows their numbers.
    #[cfg(feature = "collection")]
    pub(super) fn number(&mut self, numbers: &[u64]) {
        Arc::make_mut(&mut self.block).numbers = Numbers::of(numbers.to_vec());
    }

    /// The live rows' numbers and ids.
    #[cfg(feature = "collection")]
    pub(super) fn numbered(&self) -> impl Iterator<Item = (u64, &CandidateId)> {
        let live = self.live.rows().map(|at| at as usize);
        live.filter_map(|at| Some((self.block.numbers.get(at)?, self.block.id(at))))
    }

    /// Bytes of vectors and codes in memory.
    pub(super) fn memory(&self) -> usize {
        let block = &self.block;
        size_of_val(block.held()) + block.bytes.memory() + self.bits.memory()
    }

    /// Puts a tombstone on a live row.
    pub(super) fn mark_deleted(&mut self, at: usize) {
        Arc::make_mut(&mut self.live).remove(at);
        self.live_count -= 1;
    }

    /// The live rows that may be found.
    pub(super) fn allowed(&self, selection: Selection<'_>) -> Cow<'_, Bitmap> {
        let rows = match selection {
            Selection::Passing(filter) if filter.is_all() => return Cow::Borrowed(&self.live),
            Selection::Passing(filter) => self.block.passing(filter),
            #[cfg(feature = "collection")]
            Selection::Numbered(numbers) => self.block.numbers.among(numbers),
        };
        Cow::Owned(rows.and(&self.live))
    }
}
