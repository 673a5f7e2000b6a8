//! Why a candidate has its keyword score.

use ranker_core::TermScore;
use tantivy::{Searcher, TantivyError};

use super::bm25::Scoring;
use super::documents::Documents;
use super::fields::Fields;

/// [`explain`] of each of these slots.
pub(crate) fn explain_each(
    searcher: &Searcher,
    fields: &Fields,
    scoring: &Scoring<'_>,
    slots: impl Iterator<Item = Option<u64>>,
) -> Result<Vec<Option<Vec<TermScore>>>, TantivyError> {
    let terms = |slot: Option<u64>| match slot {
        Some(slot) => explain(searcher, fields, scoring, slot),
        None => Ok(None),
    };
    slots.map(terms).collect()
}

/// The terms that make the score of the document of a slot, the greatest part first; `None` where there
/// is no document.
fn explain(
    searcher: &Searcher,
    fields: &Fields,
    scoring: &Scoring<'_>,
    slot: u64,
) -> Result<Option<Vec<TermScore>>, TantivyError> {
    for segment in searcher.segment_readers() {
        if let Some(doc) = Documents::of(segment)?.find(fields, slot)? {
            let mut terms: Vec<TermScore> = Vec::new();
            for share in scoring.shares(segment, doc)? {
                let term = TermScore::new(share.words, fields.name(share.field), share.score);
                terms.push(term.added(share.added));
            }
            // Stable: equals stay in the order in which they are looked for.
            terms.sort_by(|a, b| b.score.total_cmp(&a.score));
            return Ok(Some(terms));
        }
    }
    Ok(None)
}
