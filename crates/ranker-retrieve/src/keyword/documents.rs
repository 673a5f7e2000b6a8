//! From documents to candidates.

use std::collections::BTreeMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Profile};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, Searcher, SegmentReader, TERMINATED, TantivyError};

use super::bm25::Scoring;
use super::fields::{Fields, SLOT};
use crate::scored::Scored;
use crate::top_k::TopK;

/// The candidates that documents stand for.
pub(crate) trait Slots {
    /// Who has a slot that is taken, with the profile where one is held.
    fn at(&self, slot: u64) -> Option<(&CandidateId, Option<&Arc<Profile>>)>;
}

/// The best documents of a segment whose slots pass, into `top`; returns the best score of any.
pub(crate) fn collect<'a>(
    slots: &'a impl Slots,
    (scoring, segment): (&Scoring<'_>, &SegmentReader),
    passes: &impl Fn(u64) -> bool,
    top: &mut TopK<Scored<'a>>,
) -> Result<f32, TantivyError> {
    let column = segment.fast_fields().u64(SLOT)?.first_or_default_col(0);
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
        let slot = column.get_val(doc);
        // Who it is lies further away than whether it passes.
        if passes(slot)
            && let Some((id, profile)) = slots.at(slot)
        {
            top.push(Scored { score, id, profile });
        }
    }
    Ok(best)
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
