//! Profiles searched by meaning and by words.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use ranker_core::{
    CandidateId, Embedder, Filter, Hit, Profile, ProfileStore, Pushdown, Query, Request,
    RetrieveError, Retriever, Score, StoreError, TermScore, TokenCodes, TokenVectors, async_trait,
};

use crate::encoded::{Encoded, encode_profiles};
use crate::entry::Entry;
use crate::error::IndexError;
use crate::flat::FlatIndex;
use crate::fused::{Fused, Fusion, WEIGHTS};
use crate::keyword::KeywordIndex;
use crate::lock::{lock, read, write};
use crate::rows::Rows;

/// Profiles in memory, searched by vector and by keyword at once: a [`FlatIndex`] named
/// [`crate::DENSE`] and a [`KeywordIndex`] named [`crate::BM25`], fused by weighted shares.
///
/// It holds the profiles, filters exactly, and may be changed while it is searched. A profile with several vectors
/// ([`Encoded::further`]) is found once, by the best of them.
///
/// ```
/// use ranker_core::{Embedding, JobDescription, Profile, Query, Request};
/// use ranker_retrieve::{ProfileIndex, Retriever};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let block_on = pollster::block_on;
/// let index = ProfileIndex::new([
///     (Profile::new("a", "Nurse on a surgical ward")?, Embedding::normalized(vec![1.0, 0.0])?),
///     (Profile::new("b", "Rust engineer")?, Embedding::normalized(vec![0.0, 1.0])?),
/// ])?;
/// let query = Query::new(JobDescription::new("Rust developer")?)
///     .with_embedding(Embedding::normalized(vec![0.1, 0.9])?);
/// let hits = block_on(index.retrieve(&query, &Request::top(1)))?;
/// assert_eq!(hits[0].id().as_str(), "b");
/// assert!(hits[0].leg("dense").is_some() && hits[0].leg("bm25").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ProfileIndex {
    dense: Arc<FlatIndex>,
    keywords: Arc<KeywordIndex>,
    fused: Fused,
    /// Token vectors, of those who came with some.
    tokens: RwLock<HashMap<CandidateId, TokenCodes>>,
    /// The model id of the encoder whose embeddings it holds.
    encoder: Option<Arc<str>>,
    /// Held for a change of both legs, so that they stay in step.
    changing: Mutex<()>,
}

impl ProfileIndex {
    /// Indexes profiles, each with its embedding, or with all that an encoder makes of it ([`Encoded`]).
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`]; [`IndexError::Dimension`] unless all embeddings have one
    /// dimension; [`IndexError::Keyword`] when the inverted index fails.
    pub fn new<E: Into<Encoded>>(
        profiles: impl IntoIterator<Item = (Profile, E)>,
    ) -> Result<Self, IndexError> {
        let profiles = profiles.into_iter();
        Self::of(
            profiles
                .map(|(profile, encoded)| (Arc::new(profile), encoded.into()))
                .collect(),
        )
    }

    pub(crate) fn of(profiles: Vec<(Arc<Profile>, Encoded)>) -> Result<Self, IndexError> {
        let texts = profiles.iter().map(|(profile, _)| Arc::clone(profile));
        let texts: Vec<_> = texts.collect();
        let mut tokens = HashMap::new();
        let mut vectors = Vec::with_capacity(profiles.len());
        for (profile, encoded) in profiles {
            tokens.extend(encoded.tokens.map(|codes| (profile.id().clone(), codes)));
            let entry = Entry::from((profile, encoded.embedding));
            vectors.push(entry.with_further(encoded.further));
        }
        // First what is quick to refuse.
        let dense = Arc::new(FlatIndex::fill(Rows::new(true), vectors)?);
        let keywords = Arc::new(KeywordIndex::new(texts)?);
        Ok(Self {
            fused: fuse(&dense, &keywords, Fusion::Weighted, WEIGHTS)?,
            dense,
            keywords,
            tokens: RwLock::new(tokens),
            encoder: None,
            changing: Mutex::default(),
        })
    }

    /// Embeds profiles as documents and indexes them, with their token vectors where the encoder gives
    /// such.
    ///
    /// For long work with progress, encode them first ([`encode_profiles`], some at a time) and call
    /// [`Self::new`].
    ///
    /// # Errors
    ///
    /// [`IndexError::Embed`], or as [`Self::new`].
    pub fn embed(profiles: Vec<Profile>, embedder: &dyn Embedder) -> Result<Self, IndexError> {
        let encoded = encode_profiles(embedder, &profiles)?;
        let index = Self::new(profiles.into_iter().zip(encoded))?;
        Ok(index.embedded_by(embedder.model_id()))
    }

    /// Records the encoder of the embeddings, by its [`Embedder::model_id`], so that no ranker is
    /// built with another. [`Self::embed`] and [`Self::reembed`] know.
    #[must_use]
    pub fn embedded_by(mut self, model_id: impl Into<Arc<str>>) -> Self {
        self.encoder = Some(model_id.into());
        self
    }

    /// Sets how the two are fused, and how much vector search (`dense`) and keyword search (`bm25`)
    /// count.
    ///
    /// # Errors
    ///
    /// [`IndexError::Option`] for a weight that is negative or not finite.
    pub fn with_fusion(
        mut self,
        fusion: Fusion,
        dense: f64,
        bm25: f64,
    ) -> Result<Self, IndexError> {
        self.fused = fuse(&self.dense, &self.keywords, fusion, (dense, bm25))?;
        Ok(self)
    }

    /// The vector leg, to be searched alone. Change both through this index, or they fall out of step.
    #[must_use]
    pub fn dense(&self) -> &Arc<FlatIndex> {
        &self.dense
    }

    /// The keyword leg, to be searched alone. Change both through this index, or they fall out of
    /// step.
    #[must_use]
    pub fn keywords(&self) -> &Arc<KeywordIndex> {
        &self.keywords
    }

    /// How many profiles are indexed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dense.len()
    }

    /// Whether none is indexed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dense.is_empty()
    }

    /// The number of components of its embeddings; `None` until the first is inserted.
    #[must_use]
    pub fn dimension(&self) -> Option<usize> {
        self.dense.dimension()
    }

    /// The profile of an indexed candidate.
    #[must_use]
    pub fn profile(&self, id: &CandidateId) -> Option<Arc<Profile>> {
        self.keywords.profile(id)
    }

    /// Adds a profile.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`], [`IndexError::Dimension`], [`IndexError::Keyword`]; nothing is
    /// added then.
    pub fn insert(&self, profile: Profile, encoded: impl Into<Encoded>) -> Result<(), IndexError> {
        self.insert_shared(Arc::new(profile), encoded.into())
    }

    pub(crate) fn insert_shared(
        &self,
        profile: Arc<Profile>,
        encoded: Encoded,
    ) -> Result<(), IndexError> {
        let Encoded {
            embedding,
            further,
            tokens,
        } = encoded;
        let entry = Entry::from((Arc::clone(&profile), embedding));
        let _changing = lock(&self.changing);
        self.dense.insert(entry.with_further(further))?;
        let id = profile.id().clone();
        self.keywords.insert(profile).inspect_err(|_| {
            // It was added a moment ago, under this lock.
            let _ = self.dense.remove(&id);
        })?;
        self.keep_tokens(id, tokens);
        Ok(())
    }

    fn keep_tokens(&self, id: CandidateId, tokens: Option<TokenCodes>) {
        let mut kept = write(&self.tokens);
        match tokens {
            Some(tokens) => kept.insert(id, tokens),
            None => kept.remove(&id),
        };
    }

    /// Replaces an indexed profile and its embedding.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`], [`IndexError::Dimension`], [`IndexError::Keyword`].
    pub fn update(&self, profile: Profile, encoded: impl Into<Encoded>) -> Result<(), IndexError> {
        self.update_shared(Arc::new(profile), encoded.into())
    }

    pub(crate) fn update_shared(
        &self,
        profile: Arc<Profile>,
        encoded: Encoded,
    ) -> Result<(), IndexError> {
        let Encoded {
            embedding,
            further,
            tokens,
        } = encoded;
        let entry = Entry::from((Arc::clone(&profile), embedding)).with_further(further);
        let _changing = lock(&self.changing);
        self.dense.check_update(profile.id(), entry.vectors())?;
        let id = profile.id().clone();
        self.keywords.update(profile)?;
        self.dense.update(entry)?;
        self.keep_tokens(id, tokens);
        Ok(())
    }

    /// Removes a profile.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`], [`IndexError::Keyword`].
    pub fn remove(&self, id: &CandidateId) -> Result<(), IndexError> {
        let _changing = lock(&self.changing);
        self.keywords.remove(id)?;
        self.dense.remove(id)?;
        self.keep_tokens(id.clone(), None);
        Ok(())
    }
}

fn fuse(
    dense: &Arc<FlatIndex>,
    keywords: &Arc<KeywordIndex>,
    fusion: Fusion,
    weights: (f64, f64),
) -> Result<Fused, IndexError> {
    let legs: [(Arc<dyn Retriever>, f64); 2] = [
        (Arc::<FlatIndex>::clone(dense), weights.0),
        (Arc::<KeywordIndex>::clone(keywords), weights.1),
    ];
    Fused::new(legs, fusion)
}

#[async_trait]
impl Retriever for ProfileIndex {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let hits = self.fused.retrieve(query, request).await?;
        if request.tokens == TokenVectors::Skip {
            return Ok(hits);
        }
        let kept = read(&self.tokens);
        let with_tokens = |hit: Hit| match kept.get(hit.id()) {
            Some(tokens) => hit.with_tokens(tokens.clone()),
            None => hit,
        };
        Ok(hits.into_iter().map(with_tokens).collect())
    }

    fn name(&self) -> &str {
        self.fused.name()
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        self.fused.pushdown(filter)
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    fn encoder(&self) -> Option<&str> {
        self.encoder.as_deref()
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        self.fused.score(query, ids).await
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        let hits = self.fused.complete(query, ids).await?.into_iter();
        let kept = read(&self.tokens);
        let with_all = |hit: Hit| {
            let hit = match self.profile(hit.id()) {
                Some(profile) => hit.with_profile(profile),
                None => hit,
            };
            match kept.get(hit.id()) {
                Some(tokens) => hit.with_tokens(tokens.clone()),
                None => hit,
            }
        };
        Ok(hits.map(|hit| Some(with_all(hit?))).collect())
    }

    async fn terms(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        self.fused.terms(query, ids).await
    }
}

#[async_trait]
impl ProfileStore for ProfileIndex {
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError> {
        Ok(ids.iter().map(|id| self.profile(id)).collect())
    }

    async fn tokens(&self, ids: &[CandidateId]) -> Result<Vec<Option<TokenCodes>>, StoreError> {
        let kept = read(&self.tokens);
        Ok(ids.iter().map(|id| kept.get(id).cloned()).collect())
    }
}
