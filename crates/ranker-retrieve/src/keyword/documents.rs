//! From documents to candidates.

use std::collections::BTreeMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Profile};
use rayon::prelude::*;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, Searcher, SegmentReader, TERMINATED, TantivyError};

use super::bm25::{Part, Scoring};
use super::fields::{Fields, SLOT};
use crate::scored::Scored;
use crate::top_k::TopK;

/// The candidates that documents stand for.
pub(crate) trait Slots {
    /// The candidate of a slot that is taken, with the profile where one is held.
    fn at(&self, slot: u64) -> Option<(&CandidateId, Option<&Arc<Profile>>)>;
}

/// What a search found: the best score of any document, and the best documents that pass.
type Found<'a> = (f32, TopK<Scored<'a>>);

/// The best to collect, and the threads to do it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Collecting {
    pub(crate) k: usize,
    pub(crate) threads: Threads,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// This one alone.
    Own,
    /// Those of the pool.
    #[cfg_attr(not(feature = "collection"), allow(dead_code))]
    All,
}

/// A part of the documents, and how they are scored.
#[derive(Clone, Copy)]
struct ScoringPart<'a, 's> {
    scoring: &'a Scoring<'s>,
    part: &'a Part<'s>,
}

/// The `k` best of the documents whose slots pass.
pub(crate) fn collect<'a>(
    slots: &'a (impl Slots + Sync),
    scoring: &Scoring<'_>,
    passes: &(impl Fn(u64) -> bool + Sync),
    Collecting { k, threads }: Collecting,
) -> Result<Found<'a>, TantivyError> {
    let parts = scoring.parts();
    let found = |part| collect_part(slots, ScoringPart { scoring, part }, passes, k);
    let found: Result<Vec<Found<'a>>, TantivyError> = match threads {
        Threads::All => parts.par_iter().map(found).collect(),
        Threads::Own => parts.iter().map(found).collect(),
    };
    let join = |a: Found<'a>, b: Found<'a>| (a.0.max(b.0), a.1.merge(b.1));
    let joined = found?.into_iter().reduce(join);
    Ok(joined.unwrap_or_else(|| (0.0, TopK::new(k))))
}

fn collect_part<'a>(
    slots: &'a impl Slots,
    ScoringPart { scoring, part }: ScoringPart<'_, '_>,
    passes: &impl Fn(u64) -> bool,
    k: usize,
) -> Result<Found<'a>, TantivyError> {
    let Part { segment, docs } = part;
    let column = segment.fast_fields().u64(SLOT)?.first_or_default_col(0);
    let (mut best, mut top): Found<'a> = (0.0, TopK::new(k));
    for (doc, score) in docs.clone().zip(scoring.all(part)?) {
        if score <= 0.0 || segment.is_deleted(doc) {
            continue;
        }
        best = best.max(score);
        // Most documents are decided by their score alone; looking up the rest costs more.
        if top.worst().is_some_and(|worst| score < worst.score) {
            continue;
        }
        let slot = column.get_val(doc);
        // The filter reads nearer memory than the candidate.
        if passes(slot)
            && let Some((id, profile)) = slots.at(slot)
        {
            top.push(Scored { score, id, profile });
        }
    }
    Ok((best, top))
}

/// The score of the document of each slot; `None` where there is none.
pub(crate) fn scores(
    searcher: &Searcher,
    fields: &Fields,
    scoring: &Scoring<'_>,
    slots: &[Option<u64>],
) -> Result<Vec<Option<f32>>, TantivyError> {
    let mut scores = vec![None; slots.len()];
    for segment in searcher.segment_readers() {
        let mut wanted: BTreeMap<DocId, Vec<usize>> = BTreeMap::new();
        for (at, slot) in slots.iter().enumerate() {
            if let Some(slot) = *slot
                && let Some(doc) = document(segment, fields, slot)?
            {
                wanted.entry(doc).or_default().push(at);
            }
        }
        let docs: Vec<DocId> = wanted.keys().copied().collect();
        for (places, score) in wanted.values().zip(scoring.some(segment, &docs)?) {
            for &at in places {
                scores[at] = Some(score);
            }
        }
    }
    Ok(scores)
}

/// How many documents a segment's column of slots has.
#[cfg(feature = "collection")]
pub(crate) fn documents_in(segment: &SegmentReader) -> Result<u32, TantivyError> {
    let column = segment.fast_fields().u64(SLOT)?.first_or_default_col(0);
    Ok(column.num_vals())
}

/// The live document of a slot, if it lies in this segment.
pub(super) fn document(
    segment: &SegmentReader,
    fields: &Fields,
    slot: u64,
) -> Result<Option<DocId>, TantivyError> {
    let index = segment.inverted_index(fields.slot)?;
    let term = fields.of_slot(slot);
    let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic)? else {
        return Ok(None);
    };
    while postings.doc() != TERMINATED && segment.is_deleted(postings.doc()) {
        postings.advance();
    }
    Ok((postings.doc() != TERMINATED).then(|| postings.doc()))
}
