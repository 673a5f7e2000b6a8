//! The inverted index and the profiles that it points to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use ranker_core::{BoxError, CandidateId, Filter, Profile};
use tantivy::indexer::{IndexWriter, IndexWriterOptions};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{
    DocId, DocSet, Index, IndexReader, ReloadPolicy, Searcher, SegmentReader, TERMINATED,
    TantivyDocument, TantivyError, Term,
};

use super::analyzer::{composed, english};
use super::bm25::{Scoring, WeightedField};
use super::options::KeywordOptions;
use crate::error::IndexError;
use crate::scored::Scored;
use crate::top_k::TopK;

/// The name under which tantivy knows our analyzer.
const ANALYZER: &str = "ranker-english";
/// The name of the column that leads from a document to its profile.
const SLOT: &str = "slot";
/// Memory of one indexing thread before it writes a segment: the least that tantivy takes.
const LEAST_MEMORY: usize = 15_000_000;
/// As [`LEAST_MEMORY`], for a large pool.
const LARGE_MEMORY: usize = 100_000_000;
/// Profiles from which on a pool is large.
const LARGE_POOL: usize = 10_000;

#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    text: Field,
    title: Option<(Field, f32)>,
    slot: Field,
}

impl Fields {
    /// The fields that are searched.
    pub(super) fn searched(&self) -> Vec<WeightedField> {
        let text = WeightedField {
            field: self.text,
            boost: 1.0,
        };
        let title = self
            .title
            .map(|(field, boost)| WeightedField { field, boost });
        std::iter::once(text).chain(title).collect()
    }

    fn document(&self, slot: usize, profile: &Profile) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_u64(self.slot, slot as u64);
        document.add_text(self.text, composed(&profile.full_text()));
        if let Some((title, _)) = self.title {
            document.add_text(title, composed(profile.title()));
        }
        document
    }

    fn of_slot(&self, slot: usize) -> Term {
        Term::from_field_u64(self.slot, slot as u64)
    }
}

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
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(ANALYZER)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(indexing);
    let boosted = options.title_boost > 1.0;
    let fields = Fields {
        text: schema.add_text_field("text", text.clone()),
        title: boosted.then(|| {
            (
                schema.add_text_field("title", text),
                options.title_boost - 1.0,
            )
        }),
        slot: schema.add_u64_field(SLOT, INDEXED | FAST),
    };
    let index = Index::create_in_ram(schema.build());
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
            self.writer.delete_term(fields.of_slot(slot));
        }
        for (slot, profile) in &change.added {
            self.writer.add_document(fields.document(*slot, profile))?;
        }
        self.writer.commit().map(drop)
    }
}

impl State {
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

    /// The best documents of a segment that pass, into `top`; returns the best score of any.
    pub(super) fn collect<'a>(
        &'a self,
        scoring: &Scoring<'_>,
        segment: &SegmentReader,
        filter: &Filter,
        top: &mut TopK<Scored<'a>>,
    ) -> Result<f32, TantivyError> {
        let slots = segment.fast_fields().u64(SLOT)?.first_or_default_col(0);
        let mut best = 0.0_f32;
        for (doc, score) in (0..).zip(scoring.all(segment)?) {
            if score <= 0.0 || segment.is_deleted(doc) {
                continue;
            }
            best = best.max(score);
            // Most documents are told by their score alone; looking up the rest costs more.
            if top.worst().is_some_and(|worst| score < worst.score) {
                continue;
            }
            let profile = self.profiles.get(slots.get_val(doc) as usize);
            let Some(profile) = profile.and_then(Option::as_ref) else {
                continue;
            };
            let scored = Scored {
                score,
                id: profile.id(),
                profile: Some(profile),
            };
            if top.wants(&scored) && filter.matches(profile.facts()) {
                top.push(scored);
            }
        }
        Ok(best)
    }

    /// The score of each candidate; `None` for one that is not here.
    pub(super) fn scores(
        &self,
        scoring: &Scoring<'_>,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<f32>>, TantivyError> {
        let mut scores = vec![None; ids.len()];
        for segment in self.searcher.segment_readers() {
            let mut asked: BTreeMap<DocId, Vec<usize>> = BTreeMap::new();
            for (at, id) in ids.iter().enumerate() {
                if let Some(&slot) = self.slots.get(id)
                    && let Some(doc) = self.document(segment, slot)?
                {
                    asked.entry(doc).or_default().push(at);
                }
            }
            let docs: Vec<DocId> = asked.keys().copied().collect();
            for (places, score) in asked.values().zip(scoring.some(segment, &docs)?) {
                for &at in places {
                    scores[at] = Some(score);
                }
            }
        }
        Ok(scores)
    }

    /// The live document of a slot, if it lies in this segment.
    fn document(
        &self,
        segment: &SegmentReader,
        slot: usize,
    ) -> Result<Option<DocId>, TantivyError> {
        let index = segment.inverted_index(self.fields.slot)?;
        let term = self.fields.of_slot(slot);
        let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic)? else {
            return Ok(None);
        };
        while postings.doc() != TERMINATED && segment.is_deleted(postings.doc()) {
            postings.advance();
        }
        Ok((postings.doc() != TERMINATED).then(|| postings.doc()))
    }
}
