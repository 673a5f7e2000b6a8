//! The inverted index and the profiles that it points to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ranker_core::{BoxError, CandidateId, Profile};
use tantivy::indexer::{IndexWriter, IndexWriterOptions};
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher, TantivyError};

use super::IndexView;
use super::analyzer::{ANALYZER, english};
use super::documents::Slots;
use super::fields::{Fields, schema};
use super::options::KeywordOptions;
use crate::error::IndexError;

/// Memory of one indexing thread before it writes a segment: the least that tantivy takes.
const LEAST_MEMORY: usize = 15_000_000;
/// As [`LEAST_MEMORY`], for a large pool.
const LARGE_MEMORY: usize = 100_000_000;
/// Profiles from which on a pool is large.
const LARGE_POOL: usize = 10_000;

/// What changes the index: used by one thread at a time.
pub(super) struct Writer {
    writer: IndexWriter,
    reader: IndexReader,
}

/// What a search sees.
pub(super) struct State {
    pub(super) searcher: Searcher,
    pub(super) fields: Fields,
    /// Profiles by slot; a removed profile's slot is used again.
    profiles: Vec<Option<Arc<Profile>>>,
    slots: HashMap<CandidateId, usize>,
    free: Vec<usize>,
}

/// An empty index in memory, for a pool of about `expected` profiles.
pub(super) fn create(
    options: KeywordOptions,
    expected: usize,
) -> Result<(Writer, State), TantivyError> {
    let (schema, fields) = schema(options);
    let index = Index::create_in_ram(schema);
    index.tokenizers().register(ANALYZER, english());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (threads, memory) = if expected < LARGE_POOL {
        (1, LEAST_MEMORY)
    } else {
        (cores.min(4), LARGE_MEMORY)
    };
    let writer_options = IndexWriterOptions::builder()
        .num_worker_threads(threads)
        .memory_budget_per_thread(memory)
        .num_merge_threads(1)
        .build();
    let writer = index.writer_with_options(writer_options)?;
    let reader = index
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .try_into()?;
    let state = State {
        searcher: reader.searcher(),
        fields,
        profiles: Vec::new(),
        slots: HashMap::new(),
        free: Vec::new(),
    };
    Ok((Writer { writer, reader }, state))
}

/// A change that was checked: slots to empty, and profiles to put into slots.
pub(super) struct Change {
    removed: Vec<usize>,
    added: Vec<(usize, Arc<Profile>)>,
}

impl Writer {
    /// Writes a change and returns a searcher that sees it.
    pub(super) fn commit(
        &mut self,
        fields: Fields,
        change: &Change,
    ) -> Result<Searcher, IndexError> {
        let committed = self.write(fields, change).and_then(|()| {
            self.reader.reload()?;
            Ok(self.reader.searcher())
        });
        committed.map_err(|error| {
            // The first failure is the one to report.
            let _ = self.writer.rollback();
            IndexError::Keyword {
                source: BoxError::from(error),
            }
        })
    }

    fn write(&mut self, fields: Fields, change: &Change) -> Result<(), TantivyError> {
        for &slot in &change.removed {
            self.writer.delete_term(fields.of_slot(slot as u64));
        }
        for (slot, profile) in &change.added {
            self.writer
                .add_document(fields.document(*slot as u64, profile))?;
        }
        self.writer.commit().map(drop)
    }
}

impl State {
    pub(super) fn view(&self) -> IndexView<'_> {
        IndexView {
            searcher: &self.searcher,
            fields: &self.fields,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn profile(&self, id: &CandidateId) -> Option<&Arc<Profile>> {
        let slot = self.slots.get(id)?;
        self.profiles.get(*slot)?.as_ref()
    }

    /// Every profile, in no order.
    pub(super) fn all(&self) -> Vec<Arc<Profile>> {
        self.profiles.iter().flatten().cloned().collect()
    }

    /// Adding profiles that are not here yet.
    pub(super) fn adding(&self, profiles: Vec<Arc<Profile>>) -> Result<Change, IndexError> {
        let mut seen = HashSet::new();
        let known =
            |p: &&Arc<Profile>| self.slots.contains_key(p.id()) || !seen.insert(p.id().clone());
        if let Some(profile) = profiles.iter().find(known) {
            let id = profile.id().clone();
            return Err(IndexError::DuplicateId { id });
        }
        let fresh = self.profiles.len()..;
        let slots = self.free.iter().rev().copied().chain(fresh);
        Ok(Change {
            removed: Vec::new(),
            added: slots.zip(profiles).collect(),
        })
    }

    /// Putting another profile in the place of one that is here.
    pub(super) fn updating(&self, profile: Arc<Profile>) -> Result<Change, IndexError> {
        let slot = self.slot(profile.id())?;
        Ok(Change {
            removed: vec![slot],
            added: vec![(slot, profile)],
        })
    }

    pub(super) fn removing(&self, id: &CandidateId) -> Result<Change, IndexError> {
        Ok(Change {
            removed: vec![self.slot(id)?],
            added: Vec::new(),
        })
    }

    fn slot(&self, id: &CandidateId) -> Result<usize, IndexError> {
        let unknown = || IndexError::UnknownId { id: id.clone() };
        self.slots.get(id).copied().ok_or_else(unknown)
    }

    /// Where a candidate's document is known by.
    pub(super) fn slot_of(&self, id: &CandidateId) -> Option<u64> {
        self.slots.get(id).map(|&slot| slot as u64)
    }

    /// Follows a change that was committed.
    pub(super) fn follow(&mut self, change: Change, searcher: Searcher) {
        self.searcher = searcher;
        for slot in change.removed {
            if let Some(profile) = self.profiles.get_mut(slot).and_then(Option::take) {
                self.slots.remove(profile.id());
                self.free.push(slot);
            }
        }
        for (slot, profile) in change.added {
            if slot == self.profiles.len() {
                self.profiles.push(None);
            } else {
                self.free.pop();
            }
            self.slots.insert(profile.id().clone(), slot);
            self.profiles[slot] = Some(profile);
        }
    }
}

impl Slots for State {
    fn at(&self, slot: u64) -> Option<(&CandidateId, Option<&Arc<Profile>>)> {
        let profile = self.profiles.get(slot as usize)?.as_ref()?;
        Some((profile.id(), Some(profile)))
    }
}
