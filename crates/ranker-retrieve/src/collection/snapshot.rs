//! A collection as it is at one moment.

use std::sync::Arc;

use futures_util::future::try_join_all;
use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Profile, ProfileStore, Pushdown, Query, Request,
    RetrieveError, Retriever, Score, StoreError, TermScore, TokenCodes, TokenVectors, async_trait,
    compute, waiting,
};

use super::error::CollectionError;
use super::legs::Legs;
use super::options::CollectionOptions;
use super::rows::Rows;
use super::store_view::StoreView;
use super::words::WordsNow;
use crate::FUSED;
use crate::quantized::{Bitmap, Frozen};

/// Parts in which the rows of an answer are read side by side: disks answer several reads at once.
const READERS: usize = 4;

/// How errors call the collection.
const BACKEND: &str = "collection";

/// Everything of one moment: made by one transaction, never changed.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) view: StoreView,
    pub(super) rows: Rows,
    pub(super) vectors: Frozen,
    pub(super) words: WordsNow,
    pub(super) options: CollectionOptions,
}

/// A [`super::Collection`] as it was at one moment: both legs, the facts and the texts are those
/// that one transaction left, whatever is changed meanwhile. Holding one keeps what was removed since
/// on the disk, so let it go when the answer is there.
#[derive(Debug, Clone)]
pub struct CollectionSnapshot(pub(super) Arc<Published>);

impl CollectionSnapshot {
    /// How many transactions made it.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.view.state.version
    }

    /// How many profiles there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.view.state.count as usize
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of components of its embeddings; `None` until the first profile is inserted.
    #[must_use]
    pub fn dimension(&self) -> Option<usize> {
        let dimension = self.0.view.state.dimension as usize;
        (dimension > 0).then_some(dimension)
    }

    /// A candidate's profile.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Damaged`] when it cannot be read whole.
    pub fn profile(&self, id: &CandidateId) -> Result<Option<Profile>, CollectionError> {
        self.0.profile(id)
    }

    pub(super) fn profile_exists(&self, id: &CandidateId) -> Result<bool, CollectionError> {
        Ok(self.0.find(id)?.is_some())
    }

    /// A candidate's embedding; of several vectors the first.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Damaged`] when it cannot be read whole.
    pub fn embedding(&self, id: &CandidateId) -> Result<Option<Embedding>, CollectionError> {
        let row = self.0.find(id)?;
        row.map(|row| self.0.view.vector(row)).transpose()
    }

    /// All vectors of a candidate, the first one first; `None` for one who is not there.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Damaged`] when one cannot be read whole.
    pub fn embeddings(&self, id: &CandidateId) -> Result<Option<Vec<Embedding>>, CollectionError> {
        let Some(row) = self.0.find(id)? else {
            return Ok(None);
        };
        let (first, further) = self.0.view.all_vectors(row)?;
        Ok(Some([vec![first], further].concat()))
    }

    /// All ids, in the order in which they were inserted.
    pub fn ids(&self) -> impl Iterator<Item = &CandidateId> {
        self.0.rows.iter().map(|(_, identity)| &identity.id)
    }

    /// The `k` nearest candidates that pass, best first, ties by id: vector search alone.
    /// [`Retriever::retrieve`] searches both legs.
    ///
    /// # Errors
    ///
    /// [`RetrieveError::Dimension`]; [`RetrieveError::Rejected`] when a profile cannot be read.
    pub fn search(
        &self,
        query: &Embedding,
        k: usize,
        filter: &Filter,
    ) -> Result<Vec<Hit>, RetrieveError> {
        let passing = self.0.passing(filter)?;
        let hits = self.0.vectors.search(query, k, passing.as_ref())?;
        let complete = |hit: Hit| {
            let row = self.0.find(hit.id())?;
            self.0.complete((hit, row), TokenVectors::Skip)
        };
        let hits = hits.into_iter().map(complete);
        hits.collect::<Result<_, CollectionError>>()
            .map_err(rejected)
    }

    /// As [`crate::KeywordIndex::explain`].
    ///
    /// # Errors
    ///
    /// [`RetrieveError::Rejected`] when the inverted index or the store fails.
    pub fn explain(
        &self,
        query: &Query,
        id: &CandidateId,
    ) -> Result<Option<Vec<TermScore>>, RetrieveError> {
        let mut terms = self.explain_each(query, std::slice::from_ref(id))?;
        Ok(terms.swap_remove(0))
    }

    fn explain_each(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        let rows = ids.iter().map(|id| self.0.find(id));
        let rows: Vec<Option<u64>> = rows.collect::<Result<_, _>>().map_err(rejected)?;
        self.0.words.explain_each(query, &rows)
    }

    /// Both legs, for one query and requests with one filter or none.
    fn legs(&self, passing: Option<Bitmap>) -> Arc<Legs> {
        Arc::new(Legs::new(Arc::clone(&self.0), passing))
    }
}

impl Published {
    /// What `read` gives for each of these. Rows of a large collection may have to come from the disk, which
    /// is waited for on other threads, in parts side by side.
    pub(super) async fn read_each<I, T>(
        self: &Arc<Self>,
        items: Vec<I>,
        read: impl Fn(&Self, I) -> Result<T, CollectionError> + Clone + Send + 'static,
    ) -> Result<Vec<T>, CollectionError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        if self.vectors.is_small() {
            return items.into_iter().map(|item| read(self, item)).collect();
        }
        let size = items.len().div_ceil(READERS).max(1);
        let mut items = items.into_iter().peekable();
        let mut parts = Vec::with_capacity(READERS);
        while items.peek().is_some() {
            let part: Vec<I> = items.by_ref().take(size).collect();
            let (published, read) = (Arc::clone(self), read.clone());
            parts.push(waiting(move || {
                let part = part.into_iter().map(|item| read(&published, item));
                part.collect::<Result<Vec<T>, CollectionError>>()
            }));
        }
        Ok(try_join_all(parts).await?.into_iter().flatten().collect())
    }

    /// A candidate's row.
    pub(super) fn find(&self, id: &CandidateId) -> Result<Option<u64>, CollectionError> {
        let Some(row) = self.view.row(id)? else {
            return Ok(None);
        };
        match self
            .rows
            .get(row)
            .is_some_and(|identity| identity.id == *id)
        {
            true => Ok(Some(row)),
            false => Err(self.view.damaged("an id leads to another profile")),
        }
    }

    /// A candidate's profile.
    fn profile(&self, id: &CandidateId) -> Result<Option<Profile>, CollectionError> {
        let row = self.find(id)?;
        row.map(|row| self.profile_at(row, id)).transpose()
    }

    /// The profile of a candidate's row.
    fn profile_at(&self, row: u64, id: &CandidateId) -> Result<Profile, CollectionError> {
        let profile = self.view.profile(row)?;
        match profile.id() == id {
            true => Ok(profile),
            false => Err(self.view.damaged("a row is another's")),
        }
    }

    pub(super) fn tokens(&self, id: &CandidateId) -> Result<Option<TokenCodes>, CollectionError> {
        match self.find(id)? {
            Some(row) => self.view.tokens(row),
            None => Ok(None),
        }
    }

    /// A row's hit with its profile, and with its token vectors where those are requested.
    fn complete(
        &self,
        (hit, row): (Hit, Option<u64>),
        tokens: TokenVectors,
    ) -> Result<Hit, CollectionError> {
        let row = row.ok_or_else(|| self.view.damaged("a hit has no row"))?;
        let profile = self.profile_at(row, hit.id())?;
        let hit = hit.with_profile(Arc::new(profile));
        let codes = match tokens {
            TokenVectors::Read => self.view.tokens(row)?,
            TokenVectors::Skip => None,
        };
        Ok(match codes {
            Some(codes) => hit.with_tokens(codes),
            None => hit,
        })
    }

    /// The rows that pass; `None` without a filter.
    fn passing(&self, filter: &Filter) -> Result<Option<Bitmap>, RetrieveError> {
        self.rows.passing(filter, &self.view).map_err(rejected)
    }
}

pub(super) fn rejected(error: impl Into<ranker_core::BoxError>) -> RetrieveError {
    RetrieveError::Rejected {
        backend: BACKEND.to_owned(),
        source: error.into(),
    }
}

#[async_trait]
impl Retriever for CollectionSnapshot {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let passing = match request.filter.is_all() {
            true => None,
            false => {
                let (published, filter) = (Arc::clone(&self.0), request.filter.clone());
                let small = published.vectors.is_small();
                let work = move || published.passing(&filter);
                if small { work() } else { compute(work).await }?
            }
        };
        let legs = self.legs(passing);
        let hits = legs.fused()?.retrieve(query, request).await?;
        let ids: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
        let rows = legs.rows(&ids).await?;
        let tokens = request.tokens;
        let complete = move |published: &Published, hit| published.complete(hit, tokens);
        let hits = hits.into_iter().zip(rows).collect();
        self.0.read_each(hits, complete).await.map_err(rejected)
    }

    fn name(&self) -> &str {
        FUSED
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Exact
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    fn encoder(&self) -> Option<&str> {
        self.0.view.encoder.as_deref()
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        self.legs(None).fused()?.score(query, ids).await
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        let legs = self.legs(None);
        let hits = legs.fused()?.complete(query, ids).await?;
        let rows = legs.rows(ids).await?;
        let complete = move |published: &Published, (hit, row): (Option<Hit>, Option<u64>)| {
            hit.map(|hit| published.complete((hit, row), TokenVectors::Read))
                .transpose()
        };
        let hits = hits.into_iter().zip(rows).collect();
        self.0.read_each(hits, complete).await.map_err(rejected)
    }

    async fn terms(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        self.explain_each(query, ids)
    }
}

#[async_trait]
impl ProfileStore for CollectionSnapshot {
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError> {
        let read = |published: &Published, id| Ok(published.profile(&id)?.map(Arc::new));
        let profiles = self.0.read_each(ids.to_vec(), read).await;
        profiles.map_err(corrupt)
    }

    async fn tokens(&self, ids: &[CandidateId]) -> Result<Vec<Option<TokenCodes>>, StoreError> {
        let read = |published: &Published, id| published.tokens(&id);
        let tokens = self.0.read_each(ids.to_vec(), read).await;
        tokens.map_err(corrupt)
    }
}

fn corrupt(error: CollectionError) -> StoreError {
    StoreError::Corrupt {
        backend: BACKEND.to_owned(),
        source: error.into(),
    }
}
