//! The index as a collection uses it: one moment for several answers, one change for many rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Filter, Hit, Request, RetrieveError};

use super::QuantizedIndex;
use super::answer::{labelled, retrieve, unread};
use super::snapshot::{SMALL, Snapshot, Wanted};
use super::writer::split;
use crate::entry::Entry;
use crate::error::IndexError;
use crate::lock::{lock, write};
use crate::vector::{check_filter, check_query};

/// The rows of one moment: no change is seen through it.
#[derive(Debug, Clone)]
pub(crate) struct Frozen {
    now: Arc<Snapshot>,
    name: Arc<str>,
}

impl QuantizedIndex {
    /// The rows of now.
    pub(crate) fn frozen(&self) -> Frozen {
        Frozen {
            now: self.now(),
            name: Arc::clone(&self.name),
        }
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
            let place = writer.take_out(id, &mut places)?;
            left.insert(split(place).0, place);
        }
        for entry in added {
            writer.add(entry, &mut places)?;
            writer.settle();
        }
        for place in left.into_values() {
            places.extend(writer.compact(place));
        }
        self.publish(&writer);
        Ok(())
    }
}

impl Frozen {
    /// As [`QuantizedIndex::search`], a best-scored leg being left out under a filter.
    pub(crate) fn search(
        &self,
        query: &Embedding,
        k: usize,
        filter: &Filter,
    ) -> Result<Vec<Hit>, RetrieveError> {
        self.check(query, filter)?;
        let found = self.now.search(query.as_slice(), Wanted { k, filter });
        let found = found.map_err(|error| unread(error, &self.name))?;
        labelled(found, None, &self.name)
    }

    /// As [`QuantizedIndex::search_batch`].
    pub(crate) fn search_batch(
        &self,
        queries: &[Embedding],
        k: usize,
    ) -> Result<Vec<Vec<Hit>>, RetrieveError> {
        let filter = &Filter::All;
        for query in queries {
            self.check(query, filter)?;
        }
        let queries: Vec<&[f32]> = queries.iter().map(Embedding::as_slice).collect();
        let found = self.now.search_batch(&queries, Wanted { k, filter });
        let found = found.map_err(|error| unread(error, &self.name))?;
        let hits = found.into_iter().map(|top| labelled(top, None, &self.name));
        hits.collect()
    }

    /// The hits of a request, with their leg.
    pub(crate) fn retrieve(
        &self,
        query: &Embedding,
        request: &Request,
    ) -> Result<Vec<Hit>, RetrieveError> {
        self.check(query, &request.filter)?;
        retrieve(&self.now, query.as_slice(), request, &self.name)
    }

    /// Refuses a query of another dimension.
    pub(crate) fn check(&self, query: &Embedding, filter: &Filter) -> Result<(), RetrieveError> {
        check_query(self.now.known_dimension(), query)?;
        check_filter(self.now.holds_profiles, filter, &self.name)
    }

    /// Whether a search is over before another thread has taken it.
    pub(crate) fn is_small(&self) -> bool {
        self.now.work() <= SMALL
    }
}
