//! Why a candidate has its keyword score.

use tantivy::{Searcher, TantivyError};

use super::bm25::Scoring;
use super::documents::Documents;
use super::fields::Fields;

/// What a term of a query adds to a candidate's keyword score.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TermScore {
    /// The term as it is compared: in lower case, stemmed; the words of a phrase with spaces between.
    pub term: String,
    /// Where it was found: `text` (the title and the text), `title` where that counts apart, or the name
    /// of a fact ([`super::KeywordOptions::with_fact_boost`]).
    pub field: String,
    /// Its part of the score.
    pub score: f32,
}

/// The terms that make the score of the document of a slot, the greatest part first; `None` where there
/// is no document.
pub(crate) fn explain(
    searcher: &Searcher,
    fields: &Fields,
    scoring: &Scoring<'_>,
    slot: u64,
) -> Result<Option<Vec<TermScore>>, TantivyError> {
    for segment in searcher.segment_readers() {
        if let Some(doc) = Documents::of(segment)?.find(fields, slot)? {
            let mut terms: Vec<TermScore> = Vec::new();
            for (field, term, score) in scoring.shares(segment, doc)? {
                let field = fields.name(field).to_owned();
                terms.push(TermScore { term, field, score });
            }
            // Stable: equals stay in the order in which they are looked for.
            terms.sort_by(|a, b| b.score.total_cmp(&a.score));
            return Ok(Some(terms));
        }
    }
    Ok(None)
}
