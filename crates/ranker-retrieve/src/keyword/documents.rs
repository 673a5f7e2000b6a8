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
    /// Who has a slot that is taken, with the profile where one is held.
    fn at(&self, slot: u64) -> Option<(&CandidateId, Option<&Arc<Profile>>)>;
}

/// What a search found: the best score of any document, and the best documents that pass.
type Found<'a> = (f32, TopK<Scored<'a>>);

/// The `k` best of the documents whose slots pass; looked for by this thread, or by all.
pub(crate) fn collect<'a>(
    slots: &'a (impl Slots + Sync),
    scoring: &Scoring<'_>,
    passes: &(impl Fn(u64) -> bool + Sync),
    (k, by_all): (usize, bool),
) -> Result<Found<'a>, TantivyError> {
    let parts = scoring.parts();
    let found = |part: &Part<'_>| collect_part(slots, (scoring, part), passes, k);
    let found: Result<Vec<Found<'a>>, TantivyError> = match by_all {
        true => parts.par_iter().map(found).collect(),
        false => parts.iter().map(found).collect(),
    };
    let join = |a: Found<'a>, b: Found<'a>| (a.0.max(b.0), a.1.merge(b.1));
    let joined = found?.into_iter().reduce(join);
    Ok(joined.unwrap_or_else(|| (0.0, TopK::new(k))))
}

fn collect_part<'a>(
    slots: &'a impl Slots,
    (scoring, part): (&Scoring<'_>, &Part<'_>),
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
        // Most documents are told by their score alone; looking up the rest costs more.
        if top.worst().is_some_and(|worst| score < worst.score) {
            continue;
        }
        let slot = column.get_val(doc);
        // Who it is lies further away than whether it passes.
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
        let mut asked: BTreeMap<DocId, Vec<usize>> = BTreeMap::new();
        for (at, slot) in slots.iter().enumerate() {
            if let Some(slot) = *slot
                && let Some(doc) = document(segment, fields, slot)?
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

/// How many documents a segment's column of slots tells of.
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
