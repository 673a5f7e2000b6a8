//! BM25, a term at a time.
//!
//! Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
//! the inverse document frequency that Lucene and tantivy use: `ln(1 + (N - n + ½) / (n + ½))`.
//!
//! tantivy keeps the postings; the sums are formed here, not by its scorers, for three reasons. A
//! job description has many terms, and its pruned unions slow down with their number where this
//! loop does not. Every document's score is needed: for filters, for ties, and for the best score
//! of the query. And the sums are formed in one order, so that a document scored alone has the
//! very score with which it is retrieved.

use std::ops::Range;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Searcher, SegmentReader, TERMINATED, TantivyError, Term};

use super::query::Clause;

/// How soon further occurrences of a word stop counting; tantivy's and Lucene's constant.
const K1: f32 = 1.2;
/// How much a long text's occurrences count less; tantivy's and Lucene's constant.
const B: f32 = 0.75;
/// What the words of a phrase count where they stand apart.
const APART: f32 = 0.5;

/// Documents of a part: every part looks its words up anew, which many small ones would feel.
pub(super) const PART: DocId = 1 << 18;

/// Some documents of a segment, one after the other.
pub(super) struct Part<'a> {
    pub(super) segment: &'a SegmentReader,
    pub(super) docs: Range<DocId>,
}

/// All segments, in parts that threads can share.
pub(super) fn parts(searcher: &Searcher) -> Vec<Part<'_>> {
    let segments = searcher.segment_readers().iter();
    let parts = segments.flat_map(|segment| {
        let starts = (0..segment.max_doc()).step_by(PART as usize);
        starts.map(move |start| Part {
            segment,
            docs: start..segment.max_doc().min(start + PART),
        })
    });
    parts.collect()
}

/// A field, and how much its score counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeightedField {
    pub(super) field: Field,
    pub(super) boost: f32,
}

/// What BM25 needs to know of a field.
struct Statistics {
    field: WeightedField,
    /// `K1 · (1 - B + B · length / average length)` by the code that tantivy keeps of a length.
    norms: [f32; 256],
}

/// Words to look for in one field.
struct Prepared {
    field: usize,
    words: Vec<PreparedWord>,
    /// See [`Clause::added`].
    added: Option<usize>,
}

/// What a clause adds to a document's score.
pub(super) struct Share {
    pub(super) field: Field,
    pub(super) words: String,
    pub(super) score: f32,
    /// See [`Clause::added`].
    pub(super) added: Option<usize>,
}

impl Prepared {
    fn text(&self) -> String {
        let words = self.words.iter().map(|word| word.term.value());
        let words = words.filter_map(|value| value.as_str().map(str::to_owned));
        words.collect::<Vec<_>>().join(" ")
    }
}

struct PreparedWord {
    term: Term,
    position: usize,
    /// All that does not depend on the document.
    weight: f32,
}

/// A query made ready for the segments of one index.
pub(crate) struct Scoring<'a> {
    searcher: &'a Searcher,
    documents: u64,
    statistics: Vec<Statistics>,
    prepared: Vec<Prepared>,
}

impl<'a> Scoring<'a> {
    pub(super) fn new(
        searcher: &'a Searcher,
        fields: &[WeightedField],
    ) -> Result<Self, TantivyError> {
        let segments = searcher.segment_readers().iter();
        let documents = segments.map(|segment| u64::from(segment.max_doc())).sum();
        let statistics = fields
            .iter()
            .map(|&field| Statistics::new(searcher, field, documents));
        Ok(Self {
            documents,
            statistics: statistics.collect::<Result<_, _>>()?,
            prepared: Vec::new(),
            searcher,
        })
    }

    /// The inverse document frequency of a term in the first field that has it.
    pub(super) fn idf(&self, text: &str) -> Result<Option<f32>, TantivyError> {
        let fields = self.statistics.iter().map(|one| one.field.field);
        let idf = fields.map(|field| self.idf_of(&Term::from_field_text(field, text)));
        idf.filter_map(Result::transpose).next().transpose()
    }

    fn idf_of(&self, term: &Term) -> Result<Option<f32>, TantivyError> {
        let having = self.searcher.doc_freq(term)?;
        let rest = self.documents.saturating_sub(having) as f64;
        let idf = (1.0 + (rest + 0.5) / (having as f64 + 0.5)).ln();
        Ok((having > 0).then_some(idf as f32))
    }

    /// Looks for these clauses in every field. A clause with a word that no document has matches
    /// nowhere, and is left out.
    pub(super) fn look_for(mut self, clauses: &[Clause]) -> Result<Self, TantivyError> {
        for field in 0..self.statistics.len() {
            for clause in clauses {
                if let Some(prepared) = self.prepare(field, clause)? {
                    self.prepared.push(prepared);
                }
            }
        }
        Ok(self)
    }

    fn prepare(&self, field: usize, clause: &Clause) -> Result<Option<Prepared>, TantivyError> {
        let WeightedField { field: name, boost } = self.statistics[field].field;
        // A phrase weighs as much as one word: the mean of its words.
        let share = boost * clause.boost * (K1 + 1.0) / clause.words.len() as f32;
        let words = clause.words.iter().map(|word| {
            let term = Term::from_field_text(name, &word.text);
            let idf = self.idf_of(&term)?;
            Ok(idf.map(|idf| PreparedWord {
                term,
                position: word.position,
                weight: idf * share,
            }))
        });
        let words: Option<Vec<_>> = words.collect::<Result<_, TantivyError>>()?;
        let added = clause.added;
        Ok(words.map(|words| Prepared {
            field,
            words,
            added,
        }))
    }

    pub(super) fn searcher(&self) -> &'a Searcher {
        self.searcher
    }

    /// The score of every document of a part; 0 where nothing matches.
    pub(super) fn all(&self, part: &Part<'_>) -> Result<Vec<f32>, TantivyError> {
        let docs = &part.docs;
        let mut scores = vec![0.0; docs.len()];
        for clause in &self.prepared {
            if let [word] = clause.words.as_slice() {
                self.add_word(part, clause.field, word, &mut scores)?;
            } else if let Some(mut matcher) = self.matcher(part.segment, clause)? {
                let mut doc = matcher.next_candidate(docs.start);
                while doc < docs.end {
                    scores[(doc - docs.start) as usize] += matcher.score(doc);
                    doc = matcher.next_candidate(doc + 1);
                }
            }
        }
        Ok(scores)
    }

    /// The scores of some documents of a segment, in ascending order; as [`Self::all`] gives them.
    pub(crate) fn some(
        &self,
        segment: &SegmentReader,
        docs: &[DocId],
    ) -> Result<Vec<f32>, TantivyError> {
        let mut scores = vec![0.0; docs.len()];
        for clause in &self.prepared {
            if let Some(mut matcher) = self.matcher(segment, clause)? {
                for (score, &doc) in scores.iter_mut().zip(docs) {
                    *score += matcher.score(doc);
                }
            }
        }
        Ok(scores)
    }

    /// What each clause adds to a document's score, where it adds anything.
    pub(super) fn shares(
        &self,
        segment: &SegmentReader,
        doc: DocId,
    ) -> Result<Vec<Share>, TantivyError> {
        let mut shares = Vec::new();
        for clause in &self.prepared {
            let matcher = self.matcher(segment, clause)?;
            let score = matcher.map_or(0.0, |mut matcher| matcher.score(doc));
            if score > 0.0 {
                shares.push(Share {
                    field: self.statistics[clause.field].field.field,
                    words: clause.text(),
                    score,
                    added: clause.added,
                });
            }
        }
        Ok(shares)
    }

    /// Adds a word's part to the scores, a block of postings at a time.
    fn add_word(
        &self,
        Part { segment, docs }: &Part<'_>,
        field: usize,
        word: &PreparedWord,
        scores: &mut [f32],
    ) -> Result<(), TantivyError> {
        let statistics = &self.statistics[field];
        let index = segment.inverted_index(statistics.field.field)?;
        let frequencies = IndexRecordOption::WithFreqs;
        let Some(mut postings) = index.read_block_postings(&word.term, frequencies)? else {
            return Ok(());
        };
        let lengths = segment.get_fieldnorms_reader(statistics.field.field)?;
        let mut from = postings.seek(docs.start);
        loop {
            let (found, counts) = (&postings.docs()[from..], &postings.freqs()[from..]);
            let within = found.partition_point(|&doc| doc < docs.end);
            for (&doc, &count) in found[..within].iter().zip(counts) {
                let score = &mut scores[(doc - docs.start) as usize];
                *score += statistics.part(word.weight, count, &lengths, doc);
            }
            if within < found.len() || found.is_empty() {
                return Ok(());
            }
            postings.advance();
            from = 0;
        }
    }

    /// The clause in one segment; `None` where the segment lacks one of its words.
    fn matcher<'s>(
        &'s self,
        segment: &SegmentReader,
        clause: &'s Prepared,
    ) -> Result<Option<Matcher<'s>>, TantivyError> {
        let statistics = &self.statistics[clause.field];
        let index = segment.inverted_index(statistics.field.field)?;
        let read = match clause.words.as_slice() {
            [_] => IndexRecordOption::WithFreqs,
            _ => IndexRecordOption::WithFreqsAndPositions,
        };
        let words = clause.words.iter().map(|word| {
            let postings = index.read_postings(&word.term, read)?;
            Ok(postings.map(|postings| (word, postings)))
        });
        let words: Option<Vec<_>> = words.collect::<Result<_, TantivyError>>()?;
        let Some(words) = words else {
            return Ok(None);
        };
        let lengths = segment.get_fieldnorms_reader(statistics.field.field)?;
        Ok(Some(Matcher {
            statistics,
            lengths,
            words,
        }))
    }
}

impl Statistics {
    fn new(
        searcher: &Searcher,
        field: WeightedField,
        documents: u64,
    ) -> Result<Self, TantivyError> {
        let mut tokens = 0;
        for segment in searcher.segment_readers() {
            tokens += segment.inverted_index(field.field)?.total_num_tokens();
        }
        // A field of empty texts has no average to compare with; any will do.
        let average = (tokens as f32 / documents as f32).max(f32::MIN_POSITIVE);
        let norms = std::array::from_fn(|code| {
            let length = FieldNormReader::id_to_fieldnorm(code as u8) as f32;
            K1 * (1.0 - B + B * length / average)
        });
        Ok(Self { field, norms })
    }

    /// What `count` occurrences of a word add to a document's score.
    fn part(&self, weight: f32, count: u32, lengths: &FieldNormReader, doc: DocId) -> f32 {
        let norm = self.norms[usize::from(lengths.fieldnorm_id(doc))];
        let count = count as f32;
        weight * count / (count + norm)
    }
}

/// Follows the words of one clause through one segment.
struct Matcher<'a> {
    statistics: &'a Statistics,
    lengths: FieldNormReader,
    words: Vec<(&'a PreparedWord, SegmentPostings)>,
}

impl Matcher<'_> {
    /// The next document from `least` on that has the first word; [`TERMINATED`] where there is none.
    fn next_candidate(&mut self, least: DocId) -> DocId {
        match self.words.first_mut() {
            Some((_, first)) if first.doc() < least => first.seek(least),
            Some((_, first)) => first.doc(),
            None => TERMINATED,
        }
    }

    /// The score of a document that lies no further back than the last one requested; 0 unless it
    /// has all words.
    fn score(&mut self, doc: DocId) -> f32 {
        let mut sum = 0.0;
        for (word, postings) in &mut self.words {
            if postings.doc() < doc {
                postings.seek(doc);
            }
            if postings.doc() != doc {
                return 0.0;
            }
            let count = postings.term_freq();
            sum += self.statistics.part(word.weight, count, &self.lengths, doc);
        }
        if self.stand_together() {
            sum
        } else {
            sum * APART
        }
    }

    /// Whether the words, all in the present document, stand in it somewhere as a phrase.
    fn stand_together(&mut self) -> bool {
        if self.words.len() < 2 {
            return true;
        }
        let last = self.words.iter().map(|(word, _)| word.position).max();
        let last = last.unwrap_or_default();
        let starts = self.words.iter_mut().map(|(word, postings)| {
            let mut starts = Vec::new();
            // Shifted so that the words of one phrase fall together, without going below 0.
            postings.positions_with_offset((last - word.position) as u32, &mut starts);
            starts
        });
        let starts: Vec<Vec<u32>> = starts.collect();
        let everywhere = |start: &u32| {
            starts[1..]
                .iter()
                .all(|all| all.binary_search(start).is_ok())
        };
        starts[0].iter().any(everywhere)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ranker_core::{Expansion, JobDescription, Profile, Query, Term, TermSource};

    use super::super::{KeywordIndex, KeywordOptions, scoring};
    use super::*;
    use crate::lock::read;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn parts_have_the_scores_of_the_whole(
            words in prop::collection::vec((any::<bool>(), any::<bool>(), 0_usize..4), 1..600),
            cut in any::<prop::sample::Index>(),
        ) {
            let text = |(rust, phrase, more): (bool, bool, usize)| {
                let rust = if rust { "rust" } else { "go" };
                let phrase = if phrase { "search engine" } else { "engine of a search" };
                format!("{rust} {phrase}{}", " more".repeat(more))
            };
            let profiles = (0..).zip(words).map(|(at, words)| {
                Profile::new(format!("p{at}"), text(words)).unwrap()
            });
            let index = KeywordIndex::new(profiles).unwrap();
            let phrase = Term::new("search engine", 0.5, TermSource::Synonym, "test").unwrap();
            let query = Query::new(JobDescription::new("rust engineer, more or less").unwrap())
                .with_expansion(Expansion::new(vec![phrase]));
            let state = read(&index.state);
            let scoring = scoring(state.view(), KeywordOptions::new(), &query).unwrap();
            for segment in state.searcher.segment_readers() {
                let part = |docs| scoring.all(&Part { segment, docs }).unwrap();
                let whole = part(0..segment.max_doc());
                let cut = cut.index(segment.max_doc() as usize) as DocId;
                let parts = [part(0..cut), part(cut..segment.max_doc())].concat();
                prop_assert!(whole.iter().any(|&score| score > 0.0));
                prop_assert_eq!(parts, whole);
            }
        }
    }
}
