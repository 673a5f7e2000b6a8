//! The index as a collection uses it: one moment for several answers, one change for many rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Hit, RetrieveError, Score};

use super::answer::{found, labelled, unread};
use super::bitmap::Bitmap;
use super::block::Segment;
use super::place::split;
use super::selection::Selection;
use super::snapshot::{SMALL, SearchParams, Snapshot};
use super::writer::Writer;
use super::{QuantizedIndex, QuantizedOptions};
use crate::entry::Entry;
use crate::error::IndexError;
use crate::lock::{lock, write};
use crate::scored::{Scored, score_of};
use crate::top_k::TopK;
use crate::vector::check_query;

/// The rows of one moment: no change is seen through it.
#[derive(Debug, Clone)]
pub(crate) struct Frozen {
    now: Arc<Snapshot>,
    name: Arc<str>,
}

impl QuantizedIndex {
    /// An index of entries without profiles.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub(crate) fn of_entries(
        entries: impl IntoIterator<Item = Entry>,
        options: QuantizedOptions,
    ) -> Result<Self, IndexError> {
        Self::fill(Writer::new(false, options), entries, |writer, entries| {
            writer.fill(entries)
        })
    }

    /// The rows of now.
    pub(crate) fn frozen(&self) -> Frozen {
        Frozen {
            now: self.now(),
            name: Arc::clone(&self.name),
        }
    }

    /// Gives the candidates of an index that was just loaded their numbers, in the order of its file.
    ///
    /// # Errors
    ///
    /// Where there are not as many.
    pub(crate) fn number(&self, numbers: &[u64]) -> Result<(), &'static str> {
        let mut writer = lock(&self.writer);
        writer.number(numbers)?;
        self.publish(&writer);
        Ok(())
    }

    /// Removes and adds candidates: searches see all of it at once. Cheaper by far than one by one,
    /// each of which makes a moment of its own.
    ///
    /// # Errors
    ///
    /// As [`Self::insert`] and [`Self::remove`]; what came before is not taken back, but not seen either
    /// until the next change.
    pub(crate) fn change<'i>(
        &self,
        removed: impl Iterator<Item = &'i CandidateId>,
        added: impl Iterator<Item = Entry>,
    ) -> Result<(), IndexError> {
        let mut writer = lock(&self.writer);
        let mut places = write(&self.places);
        let mut left = BTreeMap::new();
        for id in removed {
            let taken = writer.take_out(id, &mut places)?.into_iter();
            left.extend(taken.map(|place| (split(place).0, place)));
        }
        for entry in added {
            writer.add(entry, &mut places)?;
            writer.settle();
        }
        for place in left.into_values() {
            let moved = writer.compact(place).into_iter();
            moved.for_each(|moved| places.moved(moved));
        }
        self.publish(&writer);
        Ok(())
    }
}

impl Frozen {
    /// The numbers and ids of all rows, in the order in which a file would have them.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u64, &CandidateId)> {
        let segments = self.now.segments().into_iter();
        let head = self.now.head.rows();
        let head = head.filter_map(|row| Some((row.number?, row.id)));
        segments.flat_map(Segment::numbered).chain(head)
    }

    /// As [`QuantizedIndex::search`] among some rows, or all; without legs.
    pub(crate) fn search(
        &self,
        query: &Embedding,
        k: usize,
        among: Option<&Bitmap>,
    ) -> Result<Vec<Hit>, RetrieveError> {
        self.check(query)?;
        let selection = Selection::among(among);
        let found = self
            .now
            .search(query.as_slice(), SearchParams { k, selection });
        let found = found.map_err(|error| unread(error, &self.name))?;
        labelled(found, None, &self.name)
    }

    /// As [`QuantizedIndex::search_batch`].
    pub(crate) fn search_batch(
        &self,
        queries: &[Embedding],
        k: usize,
    ) -> Result<Vec<Vec<Hit>>, RetrieveError> {
        for query in queries {
            self.check(query)?;
        }
        let queries: Vec<&[f32]> = queries.iter().map(Embedding::as_slice).collect();
        let selection = Selection::among(None);
        let found = self
            .now
            .search_batch(&queries, SearchParams { k, selection });
        let found = found.map_err(|error| unread(error, &self.name))?;
        let hits = found.into_iter().map(|top| labelled(top, None, &self.name));
        hits.collect()
    }

    /// The best score of anyone, and the `k` best among some rows, or all.
    pub(crate) fn best(
        &self,
        query: &Embedding,
        k: usize,
        among: Option<&Bitmap>,
    ) -> Result<(f32, TopK<Scored<'_>>), RetrieveError> {
        self.check(query)?;
        let selection = Selection::among(among);
        let params = SearchParams { k, selection };
        found(&self.now, query.as_slice(), params, &self.name)
    }

    /// The scores of the rows of these numbers.
    pub(crate) fn scores(
        &self,
        query: &Embedding,
        rows: &[Option<u64>],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        self.check(query)?;
        let numbers = || rows.iter().flatten().copied();
        let mut among = Bitmap::none(numbers().max().map_or(0, |last| last as usize + 1));
        numbers().for_each(|row| among.insert(row as usize));
        let params = SearchParams {
            // All of their rows where there may be several: the best of each is then exact.
            k: match self.now.further {
                0 => rows.len(),
                _ => self.now.len(),
            },
            selection: Selection::Numbered(&among),
        };
        let found = self.now.search(query.as_slice(), params);
        let found = found.map_err(|error| unread(error, &self.name))?;
        let found = found
            .items()
            .filter_map(|one| Some((one.number?, one.score)));
        let found: HashMap<u64, f32> = found.collect();
        let score = |row: &Option<u64>| {
            let score = row.and_then(|row| found.get(&row).copied());
            score.map(|score| score_of(score, &self.name)).transpose()
        };
        rows.iter().map(score).collect()
    }

    /// Refuses a query of another dimension.
    pub(crate) fn check(&self, query: &Embedding) -> Result<(), RetrieveError> {
        check_query(self.now.known_dimension(), query)
    }

    /// How many vectors there are.
    pub(crate) fn vectors(&self) -> usize {
        self.now.len()
    }

    /// Whether a search is over before another thread has taken it.
    pub(crate) fn is_small(&self) -> bool {
        self.now.work() <= SMALL
    }
}
