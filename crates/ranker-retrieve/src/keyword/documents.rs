//! From documents to candidates.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use ranker_core::{CandidateId, Profile};
use rayon::prelude::*;
use tantivy::columnar::ColumnValues;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, Searcher, SegmentReader, TERMINATED, TantivyError};

#[cfg(feature = "collection")]
use super::bm25::PART;
use super::bm25::{Part, Scoring, parts};
use super::fields::{Fields, SLOT};
use crate::scored::Scored;
use crate::top_k::TopK;

/// The candidates that documents stand for.
pub(crate) trait Slots {
    /// The candidate of a slot that is taken, with the profile where one is held.
    fn at(&self, slot: u64) -> Option<(&CandidateId, Option<&Arc<Profile>>)>;
}

/// Documents whose scores are looked at together.
const AT_ONCE: usize = 64;

/// The best score of any document, and the best documents that pass.
type Found<'a> = (f32, TopK<Scored<'a>>);

/// What every document scores for one query, 0 where nothing matches: a list for each of
/// [`parts`].
#[derive(Debug)]
pub(crate) struct DocumentScores(Vec<Vec<f32>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// This one alone.
    Own,
    /// Those of the pool.
    #[cfg_attr(not(feature = "collection"), allow(dead_code))]
    All,
}

/// The slots whose candidates may be found.
pub(crate) struct Searchable<'a, S, P> {
    pub(crate) slots: &'a S,
    pub(crate) passes: P,
    pub(crate) threads: Threads,
}

impl DocumentScores {
    pub(crate) fn of(scoring: &Scoring<'_>, threads: Threads) -> Result<Self, TantivyError> {
        let parts = parts(scoring.searcher());
        let scores: Result<Vec<Vec<f32>>, TantivyError> = match threads {
            Threads::All => parts.par_iter().map(|part| scoring.all(part)).collect(),
            Threads::Own => parts.iter().map(|part| scoring.all(part)).collect(),
        };
        scores.map(Self)
    }

    /// The `k` best of the documents whose slots pass.
    pub(crate) fn best<'a, S, P>(
        &self,
        searcher: &Searcher,
        among: &Searchable<'a, S, P>,
        k: usize,
    ) -> Result<Found<'a>, TantivyError>
    where
        S: Slots + Sync,
        P: Fn(u64) -> bool + Sync,
    {
        let parts = parts(searcher);
        let least = Least::default();
        let found =
            |(part, scores): (&Part<'_>, &Vec<f32>)| best_of_part((part, scores), among, k, &least);
        let found: Result<Vec<Found<'a>>, TantivyError> = match among.threads {
            Threads::All => parts.par_iter().zip(&self.0).map(found).collect(),
            Threads::Own => parts.iter().zip(&self.0).map(found).collect(),
        };
        let join = |a: Found<'a>, b: Found<'a>| (a.0.max(b.0), a.1.merge(b.1));
        let joined = found?.into_iter().reduce(join);
        Ok(joined.unwrap_or_else(|| (0.0, TopK::new(k))))
    }

    /// The score of the document of each slot; `None` where there is none.
    #[cfg(feature = "collection")]
    pub(crate) fn of_slots(
        &self,
        searcher: &Searcher,
        fields: &Fields,
        slots: &[Option<u64>],
    ) -> Result<Vec<Option<f32>>, TantivyError> {
        let mut scores = vec![None; slots.len()];
        let mut parts = self.0.as_slice();
        for segment in searcher.segment_readers() {
            let (own, rest) = parts.split_at(segment.max_doc().div_ceil(PART) as usize);
            parts = rest;
            let documents = Documents::of(segment)?;
            for (score, slot) in scores.iter_mut().zip(slots) {
                if let Some(slot) = *slot
                    && let Some(doc) = documents.find(fields, slot)?
                {
                    *score = Some(own[(doc / PART) as usize][(doc % PART) as usize]);
                }
            }
        }
        Ok(scores)
    }
}

/// A score that as many documents reach as are wanted, of whichever part: what is below is in no answer.
#[derive(Debug, Default)]
struct Least(AtomicU32);

impl Least {
    fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Relaxed))
    }

    /// Scores are not negative, so they are in the order of their bits.
    fn raise(&self, score: f32) {
        self.0.fetch_max(score.to_bits(), Relaxed);
    }
}

fn best_of_part<'a, S: Slots>(
    (Part { segment, docs }, scores): (&Part<'_>, &[f32]),
    Searchable { slots, passes, .. }: &Searchable<'a, S, impl Fn(u64) -> bool>,
    k: usize,
    least: &Least,
) -> Result<Found<'a>, TantivyError> {
    let column = segment.fast_fields().u64(SLOT)?.first_or_default_col(0);
    let (mut best, mut top): Found<'a> = (0.0, TopK::new(k));
    // From the greatest score down: what is kept is seldom replaced, and most documents are never looked at.
    let mut chunks = chunks_by_best(scores, least.get());
    while let Some(Chunk { best: within, at }) = chunks.pop() {
        let enough = least.get();
        if within < enough {
            break;
        }
        let scores = scores[at * AT_ONCE..].iter().take(AT_ONCE);
        for (doc, &score) in (docs.start + (at * AT_ONCE) as DocId..).zip(scores) {
            if score <= 0.0 || score < enough || segment.is_deleted(doc) {
                continue;
            }
            best = best.max(score);
            let slot = column.get_val(doc);
            // The filter reads nearer memory than the candidate.
            if passes(slot)
                && let Some((id, profile)) = slots.at(slot)
            {
                top.push(Scored {
                    score,
                    id,
                    profile,
                    number: Some(slot),
                });
            }
        }
        if let Some(worst) = top.worst() {
            least.raise(worst.score);
        }
    }
    Ok((best, top))
}

/// [`AT_ONCE`] documents that follow each other, ordered by the best score among them.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    best: f32,
    at: usize,
}

/// The chunks in which something matches and reaches the least score.
fn chunks_by_best(scores: &[f32], least: f32) -> BinaryHeap<Chunk> {
    let chunks = scores.chunks(AT_ONCE).map(greatest).enumerate();
    let chunks = chunks.filter(|&(_, best)| best > 0.0 && best >= least);
    chunks.map(|(at, best)| Chunk { best, at }).collect()
}

/// The greatest of some scores, at least 0: lane by lane, which compilers turn into vectors.
fn greatest(scores: &[f32]) -> f32 {
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    let (whole, rest) = scores.as_chunks::<16>();
    let mut lanes = [0.0; 16];
    for scores in whole {
        for (lane, &score) in lanes.iter_mut().zip(scores) {
            *lane = greater(*lane, score);
        }
    }
    lanes
        .into_iter()
        .chain(rest.iter().copied())
        .fold(0.0, greater)
}

impl Ord for Chunk {
    fn cmp(&self, other: &Self) -> Ordering {
        self.best.total_cmp(&other.best)
    }
}

impl PartialOrd for Chunk {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Chunk {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Chunk {}

/// The score of the document of each slot; `None` where there is none.
pub(crate) fn scores(
    searcher: &Searcher,
    fields: &Fields,
    scoring: &Scoring<'_>,
    slots: &[Option<u64>],
) -> Result<Vec<Option<f32>>, TantivyError> {
    let mut scores = vec![None; slots.len()];
    for segment in searcher.segment_readers() {
        let documents = Documents::of(segment)?;
        let mut wanted: BTreeMap<DocId, Vec<usize>> = BTreeMap::new();
        for (at, slot) in slots.iter().enumerate() {
            if let Some(slot) = *slot
                && let Some(doc) = documents.find(fields, slot)?
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

/// The documents of a segment by slot.
pub(super) struct Documents<'s> {
    segment: &'s SegmentReader,
    slots: Arc<dyn ColumnValues<u64>>,
}

impl<'s> Documents<'s> {
    pub(super) fn of(segment: &'s SegmentReader) -> Result<Self, TantivyError> {
        let slots = segment.fast_fields().u64(SLOT)?.first_or_default_col(0);
        Ok(Self { segment, slots })
    }

    /// The live document of a slot, if it lies in this segment.
    pub(super) fn find(&self, fields: &Fields, slot: u64) -> Result<Option<DocId>, TantivyError> {
        if !(self.slots.min_value()..=self.slots.max_value()).contains(&slot) {
            return Ok(None);
        }
        match self.in_order(slot) {
            Some(doc) => Ok(Some(doc)),
            None => self.anywhere(fields, slot),
        }
    }

    /// As [`Self::find`] where documents lie as they came, which most do; else perhaps none.
    fn in_order(&self, slot: u64) -> Option<DocId> {
        let (mut from, mut to) = (0, self.slots.num_vals());
        while from < to {
            let middle = from + (to - from) / 2;
            match self.slots.get_val(middle).cmp(&slot) {
                Ordering::Less => from = middle + 1,
                Ordering::Equal => return (!self.segment.is_deleted(middle)).then_some(middle),
                Ordering::Greater => to = middle,
            }
        }
        None
    }

    fn anywhere(&self, fields: &Fields, slot: u64) -> Result<Option<DocId>, TantivyError> {
        let index = self.segment.inverted_index(fields.slot)?;
        let term = fields.of_slot(slot);
        let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic)? else {
            return Ok(None);
        };
        while postings.doc() != TERMINATED && self.segment.is_deleted(postings.doc()) {
            postings.advance();
        }
        Ok((postings.doc() != TERMINATED).then(|| postings.doc()))
    }
}

#[cfg(test)]
#[cfg(feature = "collection")]
mod tests {
    use proptest::prelude::*;
    use ranker_core::{CandidateId, JobDescription, Profile, Query};

    use super::super::{KeywordIndex, KeywordOptions, scoring};
    use super::*;
    use crate::lock::read;

    fn profile(name: String) -> Profile {
        let text = "rust ".repeat(1 + name.len() % 3);
        Profile::new(name.clone(), format!("{text} engineer {name}")).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn slots_lead_to_documents_in_any_order(
            removed in prop::collection::btree_set(0_usize..40, 0..30),
            added in 0_usize..40,
        ) {
            let index = KeywordIndex::new((0..40).map(|at| profile(format!("p{at}")))).unwrap();
            for at in removed {
                index.remove(&CandidateId::new(format!("p{at}")).unwrap()).unwrap();
            }
            // These take the slots that were left, the last first.
            index.insert_all((0..added).map(|at| profile(format!("q{at}")))).unwrap();
            let query = Query::new(JobDescription::new("rust engineer").unwrap());
            let state = read(&index.state);
            let (searcher, fields) = (&state.searcher, &state.fields);
            for segment in searcher.segment_readers() {
                let documents = Documents::of(segment).unwrap();
                for slot in 0..90 {
                    let found = documents.find(fields, slot).unwrap();
                    prop_assert_eq!(found, documents.anywhere(fields, slot).unwrap());
                }
            }
            let slots: Vec<Option<u64>> = (0..90).map(Some).chain([None]).collect();
            let scoring = scoring(state.view(), KeywordOptions::new(), &query).unwrap();
            let all = DocumentScores::of(&scoring, Threads::Own).unwrap();
            prop_assert_eq!(
                all.of_slots(searcher, fields, &slots).unwrap(),
                scores(searcher, fields, &scoring, &slots).unwrap()
            );
        }

        #[test]
        fn the_best_are_those_of_all_documents(
            lengths in prop::collection::vec(1_usize..6, 1..400),
            removed in prop::collection::btree_set(0_usize..400, 0..40),
            one_in in 1_u64..9,
            k in 0_usize..30,
            threads in prop::sample::select(vec![Threads::Own, Threads::All]),
        ) {
            let index = KeywordIndex::new(std::iter::empty::<Profile>()).unwrap();
            // Several segments, and many equal scores.
            for (batch, lengths) in lengths.chunks(150).enumerate() {
                let text = |(at, &length): (usize, &usize)| {
                    let text = format!("rust{}", " engineer of engines".repeat(length));
                    Profile::new(format!("p{}", 150 * batch + at), text).unwrap()
                };
                index.insert_all(lengths.iter().enumerate().map(text)).unwrap();
            }
            for at in removed {
                if at < lengths.len() {
                    index.remove(&CandidateId::new(format!("p{at}")).unwrap()).unwrap();
                }
            }
            let query = Query::new(JobDescription::new("rust engineer").unwrap());
            let state = read(&index.state);
            let scoring = scoring(state.view(), KeywordOptions::new(), &query).unwrap();
            let slots: Vec<u64> = (0..lengths.len() as u64).filter(|&slot| state.at(slot).is_some()).collect();
            let known: Vec<Option<u64>> = slots.iter().copied().map(Some).collect();
            let all = scores(&state.searcher, &state.fields, &scoring, &known).unwrap();
            let mut expected: Vec<(f32, &CandidateId)> = Vec::new();
            for (&slot, score) in slots.iter().zip(&all) {
                if let (0, Some(score), Some((id, _))) = (slot % one_in, *score, state.at(slot)) {
                    expected.push((score, id));
                }
            }
            expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
            expected.truncate(k);

            let among = Searchable { slots: &*state, passes: |slot| slot % one_in == 0, threads };
            let documents = DocumentScores::of(&scoring, threads).unwrap();
            let (best, found) = documents.best(&state.searcher, &among, k).unwrap();
            let found: Vec<_> = found.into_sorted().iter().map(|one| (one.score, one.id)).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(best, all.into_iter().flatten().fold(0.0, f32::max));
        }
    }
}
