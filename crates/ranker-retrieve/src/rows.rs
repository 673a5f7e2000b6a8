//! Vectors in memory, shared by searches while they change.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile};
use rayon::prelude::*;

use crate::entry::Entry;
use crate::error::IndexError;
use crate::scan::{Found, Row, SMALL, Scan};

/// Rows of a chunk. A change that meets a running search copies one chunk, never the whole index;
/// a search hands chunks to threads.
const CHUNK: usize = 4096;

/// Rows side by side: vectors row-major, so that a scan reads memory in one stream.
#[derive(Debug, Clone, Default)]
struct Chunk {
    ids: Vec<CandidateId>,
    vectors: Vec<f32>,
    /// Further vectors of each row, one after the other; empty where no row has any.
    further: Vec<Box<[f32]>>,
    profiles: Vec<Option<Arc<Profile>>>,
}

impl Chunk {
    fn row(&self, at: usize, dimension: usize) -> Row<'_> {
        Row {
            id: &self.ids[at],
            vector: &self.vectors[at * dimension..][..dimension],
            further: self.further.get(at).map_or(&[], |further| further),
            profile: self.profiles[at].as_ref(),
            number: None,
        }
    }

    fn push(&mut self, row: Row<'_>) {
        self.ids.push(row.id.clone());
        self.vectors.extend_from_slice(row.vector);
        self.profiles.push(row.profile.cloned());
        self.set_further(self.ids.len() - 1, row.further);
    }

    fn set_further(&mut self, at: usize, further: &[f32]) {
        if further.is_empty() && self.further.is_empty() {
            return;
        }
        self.further.resize(self.ids.len(), Box::default());
        self.further[at] = further.into();
    }

    fn set(&mut self, at: usize, row: Row<'_>) {
        let length = row.vector.len();
        self.vectors[at * length..][..length].copy_from_slice(row.vector);
        self.ids[at] = row.id.clone();
        self.profiles[at] = row.profile.cloned();
        self.set_further(at, row.further);
    }

    fn truncate(&mut self, len: usize, dimension: usize) {
        self.ids.truncate(len);
        self.vectors.truncate(len * dimension);
        self.profiles.truncate(len);
        self.further.truncate(len);
    }
}

/// The rows of one moment. Cheap to take, and no change is seen through it: a search holds no lock
/// while it computes, so it can neither hold up a change nor, working on rayon's threads, wait for
/// itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    dimension: usize,
    /// Components of all further vectors.
    further: usize,
    chunks: Vec<Arc<Chunk>>,
}

impl Snapshot {
    pub(crate) fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        full + self.chunks.last().map_or(0, |chunk| chunk.ids.len())
    }

    /// The multiplications of one scan.
    pub(crate) fn work(&self) -> usize {
        let first = self.len().saturating_mul(self.dimension);
        first.saturating_add(self.further)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.chunks.iter().flat_map(|chunk| self.rows_of(chunk))
    }

    fn rows_of<'a>(&self, chunk: &'a Chunk) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let dimension = self.dimension;
        (0..chunk.ids.len()).map(move |at| chunk.row(at, dimension))
    }

    /// The best rows; on all threads where there is work for them.
    pub(crate) fn search<'a>(&'a self, scan: Scan<'_>) -> Found<'a> {
        let nothing = || Found::nothing(scan.k);
        if self.work() <= SMALL {
            return nothing().scan(scan, self.rows());
        }
        self.chunks
            .par_iter()
            .map(|chunk| nothing().scan(scan, self.rows_of(chunk)))
            .reduce(nothing, Found::merge)
    }
}

/// Rows by id, in chunks that are full but for the last.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    now: Snapshot,
    places: HashMap<CandidateId, usize>,
    holds_profiles: bool,
}

impl Rows {
    pub(crate) fn new(holds_profiles: bool) -> Self {
        Self {
            holds_profiles,
            ..Self::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.now.clone()
    }

    pub(crate) fn holds_profiles(&self) -> bool {
        self.holds_profiles
    }

    /// The number of components, known from the first entry on.
    pub(crate) fn dimension(&self) -> Option<usize> {
        (self.now.dimension > 0).then_some(self.now.dimension)
    }

    fn contains(&self, id: &CandidateId) -> bool {
        self.places.contains_key(id)
    }

    pub(crate) fn get(&self, id: &CandidateId) -> Option<Row<'_>> {
        self.places.get(id).map(|&place| self.row(place))
    }

    fn row(&self, place: usize) -> Row<'_> {
        self.now.chunks[place / CHUNK].row(place % CHUNK, self.now.dimension)
    }

    pub(crate) fn insert(&mut self, entry: Entry) -> Result<(), IndexError> {
        if self.contains(&entry.id) {
            return Err(IndexError::DuplicateId { id: entry.id });
        }
        let entry = self.admit(entry)?;
        self.now.dimension = entry.embedding.dimension();
        let place = self.len();
        if place.is_multiple_of(CHUNK) {
            self.now.chunks.push(Arc::default());
        }
        self.places.insert(entry.id.clone(), place);
        let further = joined(&entry);
        self.now.further += further.len();
        self.chunk_mut(place).push(Row {
            further: &further,
            ..entry.as_row()
        });
        Ok(())
    }

    pub(crate) fn update(&mut self, entry: Entry) -> Result<(), IndexError> {
        let Some(&place) = self.places.get(&entry.id) else {
            return Err(IndexError::UnknownId { id: entry.id });
        };
        let entry = self.admit(entry)?;
        let further = joined(&entry);
        self.now.further -= self.row(place).further.len();
        self.now.further += further.len();
        let row = Row {
            further: &further,
            ..entry.as_row()
        };
        self.chunk_mut(place).set(place % CHUNK, row);
        Ok(())
    }

    /// Removes a row; the last row takes its place.
    pub(crate) fn remove(&mut self, id: &CandidateId) -> Result<(), IndexError> {
        let unknown = || IndexError::UnknownId { id: id.clone() };
        let place = self.places.remove(id).ok_or_else(unknown)?;
        let last = self.places.len();
        self.now.further -= self.row(place).further.len();
        if place != last {
            // Copied out first: a chunk that is borrowed here would be cloned whole.
            let row = self.row(last);
            let (id, vector, profile) = (row.id.clone(), row.vector.to_vec(), row.profile.cloned());
            let further = row.further.to_vec();
            let moved = Row {
                id: &id,
                vector: &vector,
                further: &further,
                profile: profile.as_ref(),
                number: None,
            };
            self.chunk_mut(place).set(place % CHUNK, moved);
            self.places.insert(id, place);
        }
        let dimension = self.now.dimension;
        self.chunk_mut(last).truncate(last % CHUNK, dimension);
        if last.is_multiple_of(CHUNK) {
            self.now.chunks.pop();
        }
        Ok(())
    }

    /// Whether an indexed candidate may get these vectors.
    #[cfg(feature = "keyword")]
    pub(crate) fn check_update<'v>(
        &self,
        id: &CandidateId,
        mut vectors: impl Iterator<Item = &'v Embedding>,
    ) -> Result<(), IndexError> {
        if self.contains(id) {
            vectors.try_for_each(|vector| self.check_dimension(vector))
        } else {
            Err(IndexError::UnknownId { id: id.clone() })
        }
    }

    fn check_dimension(&self, vector: &Embedding) -> Result<(), IndexError> {
        let actual = vector.dimension();
        match self.dimension() {
            Some(expected) if expected != actual => Err(IndexError::Dimension { expected, actual }),
            Some(_) | None => Ok(()),
        }
    }

    /// Gives every row its profile.
    pub(crate) fn hold_profiles(
        &mut self,
        profiles: &HashMap<CandidateId, Arc<Profile>>,
    ) -> Result<(), IndexError> {
        if let Some(row) = self.now.rows().find(|row| !profiles.contains_key(row.id)) {
            return Err(IndexError::NoProfile { id: row.id.clone() });
        }
        for chunk in &mut self.now.chunks {
            let Chunk {
                ids,
                profiles: held,
                ..
            } = Arc::make_mut(chunk);
            *held = ids.iter().map(|id| profiles.get(id).cloned()).collect();
        }
        self.holds_profiles = true;
        Ok(())
    }

    /// The entry as this index keeps it.
    fn admit(&self, mut entry: Entry) -> Result<Entry, IndexError> {
        let expected = entry.embedding.dimension();
        for vector in entry.vectors() {
            self.check_dimension(vector)?;
            let actual = vector.dimension();
            if actual != expected {
                return Err(IndexError::Dimension { expected, actual });
            }
        }
        if self.holds_profiles && entry.profile.is_none() {
            return Err(IndexError::NoProfile { id: entry.id });
        }
        entry.profile = entry.profile.filter(|_| self.holds_profiles);
        Ok(entry)
    }

    fn chunk_mut(&mut self, place: usize) -> &mut Chunk {
        Arc::make_mut(&mut self.now.chunks[place / CHUNK])
    }
}

/// Further vectors of an entry, one after the other.
fn joined(entry: &Entry) -> Vec<f32> {
    let further = entry.further.iter().map(Embedding::as_slice);
    further.collect::<Vec<_>>().concat()
}
