//! Search by weights over a vocabulary.

mod block;
mod file;
mod queries;

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, RwLock};

use ranker_core::{
    CandidateId, Filter, Hit, Profile, Pushdown, Query, Request, RetrieveError, Retriever, Role,
    Score, SparseEmbedded, SparseEmbedder, SparseVector, async_trait, compute,
};
use rayon::prelude::*;

use crate::SPARSE;
use crate::error::IndexError;
use crate::lock::{read, write};
use crate::scored::{hits, score_of};
use crate::top_k::TopK;
use block::{Block, Row};
pub use file::SparseOpened;
use queries::Queries;

/// Profiles weighed in one call.
const STEP: usize = 128;

/// Exact search by the product of sparse vectors: [`SparseEmbedder`]s such as SPLADE weigh jobs and profiles.
///
/// Every list of a query's entries is added up, so that no score or order is another than comparing all vectors gives, to the
/// last bit. Who has no entry in common with the query is not found, as in keyword search. Candidates lie in blocks of 4,096,
/// which rayon's threads search side by side. It holds profiles, filters exactly, and may be changed while it is searched: a
/// search works on a snapshot of the moment it began, and a change copies at most one block that such a search still reads.
///
/// As a [`Retriever`] it weighs the job's text itself, and keeps the last few jobs' vectors; terms of an expansion are not read.
/// It is in memory; [`Self::open`] keeps vectors in a file. [`Fused::beside`](crate::Fused::beside) joins it to an index of
/// embeddings and keywords.
///
/// ```
/// use std::sync::Arc;
/// use ranker_core::{EmbedError, Filter, Profile, Role, SparseEmbedded, SparseEmbedder, SparseVector, TokenUsage};
/// use ranker_retrieve::SparseIndex;
///
/// /// Counts letters, where SPLADE weighs words.
/// struct Letters;
///
/// impl SparseEmbedder for Letters {
///     fn vocabulary(&self) -> usize {
///         128
///     }
///
///     fn model_id(&self) -> &str {
///         "letters"
///     }
///
///     fn embed_sparse(&self, texts: &[&str], _: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
///         let weigh = |text: &&str| {
///             let count = |byte: u8| text.bytes().filter(|&other| other == byte).count() as f32;
///             let vector = SparseVector::new((b'a'..=b'z').map(|byte| (byte.into(), count(byte))));
///             let vector = vector.map_err(|source| EmbedError::Output { index: 0, source })?;
///             Ok(SparseEmbedded::new(vector, TokenUsage::new(text.len(), text.len())))
///         };
///         texts.iter().map(weigh).collect()
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let profiles = [Profile::new("a", "nurse")?, Profile::new("b", "rust, rust")?];
/// let index = SparseIndex::embed(Arc::new(Letters), profiles.map(Arc::new).to_vec())?;
/// let query = Letters.embed_sparse(&["rust"], Role::Query)?.swap_remove(0).vector;
/// let hits = index.search(&query, 10, &Filter::All)?;
/// assert_eq!(hits[0].id().as_str(), "b");
/// # Ok(())
/// # }
/// ```
pub struct SparseIndex {
    name: Arc<str>,
    encoder: Arc<dyn SparseEmbedder>,
    queries: Queries,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    blocks: Vec<Arc<Block>>,
    /// Blocks with room.
    open: BTreeSet<usize>,
    places: HashMap<CandidateId, (usize, u16)>,
}

/// Weighs profiles as documents: one answer a profile, in the same order, with how much of each was read.
///
/// # Errors
///
/// [`IndexError::Embed`].
pub fn weigh_profiles<P: Borrow<Profile>>(
    encoder: &dyn SparseEmbedder,
    profiles: &[P],
) -> Result<Vec<SparseEmbedded>, IndexError> {
    let mut weighed = Vec::with_capacity(profiles.len());
    for step in profiles.chunks(STEP) {
        let text = |profile: &P| Borrow::<Profile>::borrow(profile).full_text();
        let texts: Vec<String> = step.iter().map(text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let step = encoder.embed_sparse(&texts, Role::Document);
        weighed.extend(step.map_err(IndexError::Embed)?);
    }
    Ok(weighed)
}

impl SparseIndex {
    /// An index of profiles that were weighed ([`weigh_profiles`]) by the encoder that weighs jobs.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`]; [`IndexError::Vocabulary`] for a vector of another encoder.
    pub fn new(
        encoder: Arc<dyn SparseEmbedder>,
        profiles: impl IntoIterator<Item = (Arc<Profile>, SparseVector)>,
    ) -> Result<Self, IndexError> {
        let index = Self {
            name: SPARSE.into(),
            encoder,
            queries: Queries::default(),
            state: RwLock::default(),
        };
        for (profile, vector) in profiles {
            index.insert(profile, vector)?;
        }
        Ok(index)
    }

    /// Weighs profiles and indexes them.
    ///
    /// # Errors
    ///
    /// [`IndexError::Embed`], or as [`Self::new`].
    pub fn embed(
        encoder: Arc<dyn SparseEmbedder>,
        profiles: Vec<Arc<Profile>>,
    ) -> Result<Self, IndexError> {
        let weighed = weigh_profiles(&*encoder, &profiles)?.into_iter();
        let vectors = weighed.map(|weighed| weighed.vector);
        Self::new(encoder, profiles.into_iter().zip(vectors))
    }

    /// Labels its scores; [`SPARSE`] by default.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// What weighs jobs and profiles.
    #[must_use]
    pub fn sparse_encoder(&self) -> &Arc<dyn SparseEmbedder> {
        &self.encoder
    }

    /// How many candidates are indexed.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.state).places.len()
    }

    /// Whether no candidate is indexed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A candidate's vector.
    #[must_use]
    pub fn vector(&self, id: &CandidateId) -> Option<SparseVector> {
        Some(read(&self.state).get(id)?.vector.clone())
    }

    /// All ids, in no order.
    #[must_use]
    pub fn ids(&self) -> Vec<CandidateId> {
        read(&self.state).places.keys().cloned().collect()
    }

    /// Adds a candidate.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`], [`IndexError::Vocabulary`].
    pub fn insert(&self, profile: Arc<Profile>, vector: SparseVector) -> Result<(), IndexError> {
        self.check(&profile, &vector)?;
        write(&self.state).insert(Row { profile, vector })
    }

    /// Replaces an indexed candidate's profile and vector.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`], [`IndexError::Vocabulary`].
    pub fn update(&self, profile: Arc<Profile>, vector: SparseVector) -> Result<(), IndexError> {
        self.check(&profile, &vector)?;
        let mut state = write(&self.state);
        state.remove(profile.id())?;
        state.insert(Row { profile, vector })
    }

    /// Removes a candidate.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`].
    pub fn remove(&self, id: &CandidateId) -> Result<(), IndexError> {
        write(&self.state).remove(id)
    }

    fn check(&self, profile: &Profile, vector: &SparseVector) -> Result<(), IndexError> {
        let vocabulary = self.encoder.vocabulary();
        match vector.ids().last() {
            Some(&entry) if entry as usize >= vocabulary => Err(IndexError::Vocabulary {
                id: profile.id().clone(),
                entry,
                vocabulary,
            }),
            _ => Ok(()),
        }
    }

    /// The `k` best candidates that pass and have an entry in common with the query, best first, ties by id.
    ///
    /// # Errors
    ///
    /// [`RetrieveError::Invalid`] where weights are so large that a score is infinite.
    pub fn search(
        &self,
        query: &SparseVector,
        k: usize,
        filter: &Filter,
    ) -> Result<Vec<Hit>, RetrieveError> {
        search(&self.blocks(), query, (k, filter), &self.name)
    }

    fn blocks(&self) -> Vec<Arc<Block>> {
        read(&self.state).blocks.clone()
    }

    /// The job's vector.
    async fn weighed(&self, query: &Query) -> Result<SparseVector, RetrieveError> {
        let text = query.job().full_text();
        if let Some(known) = self.queries.get(&text) {
            return Ok(known);
        }
        let (encoder, asked) = (Arc::clone(&self.encoder), text.clone());
        let weighed = compute(move || encoder.embed_sparse(&[&asked], Role::Query)).await;
        let rejected = |source| RetrieveError::Rejected {
            backend: self.name.to_string(),
            source,
        };
        let weighed = weighed.map_err(|error| rejected(error.into()))?.pop();
        let weighed = weighed.ok_or_else(|| rejected("its encoder gave no vector".into()))?;
        self.queries.keep(text, weighed.vector.clone());
        Ok(weighed.vector)
    }
}

impl State {
    fn get(&self, id: &CandidateId) -> Option<&Row> {
        let (block, row) = self.places.get(id)?;
        self.blocks[*block].get(*row)
    }

    fn insert(&mut self, row: Row) -> Result<(), IndexError> {
        let id = row.profile.id().clone();
        if self.places.contains_key(&id) {
            return Err(IndexError::DuplicateId { id });
        }
        let at = match self.open.first() {
            Some(&open) => open,
            None => {
                self.blocks.push(Arc::default());
                self.open.insert(self.blocks.len() - 1);
                self.blocks.len() - 1
            }
        };
        let block = Arc::make_mut(&mut self.blocks[at]);
        self.places.insert(id, (at, block.insert(row)));
        if !block.has_room() {
            self.open.remove(&at);
        }
        Ok(())
    }

    fn remove(&mut self, id: &CandidateId) -> Result<(), IndexError> {
        let Some((at, row)) = self.places.remove(id) else {
            return Err(IndexError::UnknownId { id: id.clone() });
        };
        Arc::make_mut(&mut self.blocks[at]).remove(row);
        self.open.insert(at);
        Ok(())
    }
}

fn search(
    blocks: &[Arc<Block>],
    query: &SparseVector,
    (k, filter): (usize, &Filter),
    name: &Arc<str>,
) -> Result<Vec<Hit>, RetrieveError> {
    if k == 0 {
        return Ok(Vec::new());
    }
    let none = || (TopK::new(k), 0.0_f32);
    let found = blocks
        .par_iter()
        .map(|block| block.search(query, (k, filter)));
    let (top, best) = found.reduce(none, |(a, x), (b, y)| (a.merge(b), x.max(y)));
    hits(top, best, name)
}

#[async_trait]
impl Retriever for SparseIndex {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        if request.k == 0 {
            return Ok(Vec::new());
        }
        let query = self.weighed(query).await?;
        let (blocks, request, name) = (self.blocks(), request.clone(), Arc::clone(&self.name));
        let small = blocks.len() < 2;
        let work = move || search(&blocks, &query, (request.k, &request.filter), &name);
        if small { work() } else { compute(work).await }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Exact
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    /// Of whom it has nothing in common with the job, 0.
    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let query = self.weighed(query).await?;
        let state = read(&self.state);
        let score = |id| {
            let row = state.get(id);
            row.map(|row| score_of(query.dot(&row.vector), &self.name))
                .transpose()
        };
        ids.iter().map(score).collect()
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        let scores = self.score(query, ids).await?.into_iter().zip(ids);
        let state = read(&self.state);
        let hit = |(score, id): (Option<Score>, &CandidateId)| {
            let hit = Hit::new(id.clone(), score?);
            Some(match state.get(id) {
                Some(row) => hit.with_profile(Arc::clone(&row.profile)),
                None => hit,
            })
        };
        Ok(scores.map(hit).collect())
    }
}

impl std::fmt::Debug for SparseIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SparseIndex")
            .field("name", &self.name)
            .field("encoder", &self.encoder.model_id())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
