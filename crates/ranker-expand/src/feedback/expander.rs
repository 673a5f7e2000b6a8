//! Expansion from the profiles that the job finds by itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ranker_core::{
    CandidateId, Embedder, ExpandError, Expander, Expansion, Hit, JobDescription, Profile,
    ProfileStore, Pushdown, Query, Request, RetrieveError, Retriever, Role, StoreError, TermSource,
    ValueError, async_trait, compute,
};

use super::{FeedbackText, Rocchio, TermWeights, bo1, kl, rm3, rocchio};
use crate::checks::share;
use crate::fold::{Phrase, Words};
use crate::statistics::{CollectionStatistics, TermCounts};
use crate::stop_words::is_expandable;
use crate::terms::{DEFAULT_MAX_TERMS, Terms};

/// How many profiles are read.
const TEXTS: usize = 10;
/// What the heaviest term weighs, relative to the whole job's 1.
const WEIGHT: f32 = 0.2;
/// How much of RM3's mass is the texts'.
const LAMBDA: f64 = 0.5;

/// How the words of the profiles found first are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum FeedbackModel {
    /// [`bo1`], which has no parameter.
    #[default]
    Bo1,
    /// [`kl`].
    Kl,
    /// [`rm3`], half of whose mass is the profiles'.
    Rm3,
    /// [`rocchio`] on term frequency times inverse document frequency, texts scaled to unit length.
    Rocchio,
}

impl FeedbackModel {
    /// What each word of the texts weighs, the job's words among them.
    fn weights(
        self,
        job: &str,
        texts: &[FeedbackText],
        statistics: &CollectionStatistics,
    ) -> TermWeights {
        let job = TermCounts::of(job);
        match self {
            Self::Bo1 => bo1(texts, statistics),
            Self::Kl => kl(texts, statistics),
            Self::Rm3 => rm3(&job, texts, LAMBDA),
            Self::Rocchio => {
                let vectors: Vec<_> = texts
                    .iter()
                    .map(|text| tf_idf(&text.counts, statistics))
                    .collect();
                rocchio(&tf_idf(&job, statistics), &vectors, &[], Rocchio::default())
            }
        }
    }
}

impl fmt::Display for FeedbackModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Bo1 => "Bo1",
            Self::Kl => "KL",
            Self::Rm3 => "RM3",
            Self::Rocchio => "Rocchio",
        })
    }
}

fn tf_idf(counts: &TermCounts, statistics: &CollectionStatistics) -> TermWeights {
    let weight = |key: &str, count: u64| count as f64 * statistics.idf(key);
    let mut weights: TermWeights = counts
        .iter()
        .map(|(key, here)| (key.to_owned(), weight(key, here.count)))
        .collect();
    let norm = weights
        .values()
        .map(|weight| weight * weight)
        .sum::<f64>()
        .sqrt();
    if norm > 0.0 {
        weights.values_mut().for_each(|weight| *weight /= norm);
    }
    weights
}

/// Pseudo-relevance feedback: asks a retriever with the job as it is, and adds the words that mark the
/// profiles found first.
///
/// Ten profiles are read, of those that pass the job's filter, without what they have copied from the job.
/// Added are words of at least two of them that the job lacks and that are no stop words or numbers; the
/// heaviest weighs 0.2, the others in proportion. It helps where the first profiles are good and harms where
/// they are not: measure it on your own data.
///
/// ```
/// use std::{collections::HashMap, sync::Arc};
/// use ranker_core::{CandidateId, Expander, Hit, JobDescription, Profile, Query, Request};
/// use ranker_core::{RetrieveError, Retriever, Score, async_trait};
/// use ranker_expand::{CollectionStatistics, RelevanceFeedback};
///
/// struct Store(Vec<Arc<Profile>>);
///
/// #[async_trait]
/// impl Retriever for Store {
///     async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
///         let said = query.job().text().to_lowercase();
///         let found = self.0.iter().filter(|profile| profile.text().contains(&said));
///         let hit = |profile: &Arc<Profile>| {
///             Hit::new(profile.id().clone(), Score::default()).with_profile(profile.clone())
///         };
///         Ok(found.map(hit).take(request.k).collect())
///     }
/// }
///
/// let texts = ["rust with tokio", "rust and tokio", "a nurse", "a welder"];
/// let profiles: Result<Vec<_>, _> =
///     texts.iter().enumerate().map(|(i, text)| Profile::new(format!("p{i}"), *text).map(Arc::new)).collect();
/// let feedback = RelevanceFeedback::new(Store(profiles?), CollectionStatistics::of(texts));
/// let expansion = pollster::block_on(feedback.expand(&JobDescription::new("Rust")?))?;
/// let reason = "'tokio' stands in 2 of the 2 profiles found first (Bo1)";
/// assert_eq!(expansion.terms()[0].reason(), reason);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RelevanceFeedback {
    retriever: Arc<dyn Retriever>,
    statistics: Arc<CollectionStatistics>,
    store: Option<Arc<dyn ProfileStore>>,
    embedder: Option<Arc<dyn Embedder>>,
    model: FeedbackModel,
    texts: usize,
    weight: f32,
    max_terms: usize,
}

impl RelevanceFeedback {
    /// Asks this retriever, whose profiles the statistics were made of.
    pub fn new(
        retriever: impl Retriever + 'static,
        statistics: impl Into<Arc<CollectionStatistics>>,
    ) -> Self {
        Self {
            retriever: Arc::new(retriever),
            statistics: statistics.into(),
            store: None,
            embedder: None,
            model: FeedbackModel::default(),
            texts: TEXTS,
            weight: WEIGHT,
            max_terms: DEFAULT_MAX_TERMS,
        }
    }

    /// Sets where the profiles are, for a retriever whose hits carry none. Hits without a profile are passed
    /// over otherwise.
    #[must_use]
    pub fn with_store(mut self, store: impl ProfileStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Sets the encoder of a retriever that searches by vector. None by default.
    #[must_use]
    pub fn with_embedder(mut self, embedder: impl Embedder + 'static) -> Self {
        self.embedder = Some(Arc::new(embedder));
        self
    }

    /// Sets how words are weighed. [`FeedbackModel::Bo1`] by default.
    #[must_use]
    pub fn with_model(mut self, model: FeedbackModel) -> Self {
        self.model = model;
        self
    }

    /// Sets how many of the first profiles are read. 10 by default.
    #[must_use]
    pub fn with_profiles(mut self, profiles: usize) -> Self {
        self.texts = profiles;
        self
    }

    /// Sets what the heaviest term weighs, from 0 to 1. 0.2 by default.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for another weight.
    pub fn with_weight(mut self, weight: f32) -> Result<Self, ValueError> {
        self.weight = share("weight", weight)?;
        Ok(self)
    }

    /// Sets the most terms of an expansion. 12 by default.
    #[must_use]
    pub fn with_max_terms(mut self, max_terms: usize) -> Self {
        self.max_terms = max_terms;
        self
    }

    /// The first hits for the job as it is.
    async fn hits(&self, job: &JobDescription) -> Result<Vec<Hit>, ExpandError> {
        let mut query = Query::new(job.clone());
        if let Some(embedder) = self.embedder.clone() {
            let text = job.full_text();
            let baseline = embedder.cosine_baseline();
            let embedded = compute(move || embedder.embed(&[&text], Role::Query)).await;
            let embedded = embedded.map_err(|error| failed("the encoder", error))?;
            query = match embedded.into_iter().next() {
                Some(embedded) => query
                    .with_embedding(embedded.embedding)
                    .with_baseline(baseline),
                None => query,
            };
        }
        let request = Request::top(self.texts);
        let request = match self.retriever.pushdown(job.filter()) {
            Pushdown::Exact => request.with_filter(job.filter().clone()),
            Pushdown::Unsupported => request,
        };
        let hits = self.retriever.retrieve(&query, &request).await;
        hits.map_err(|error| refused(self.retriever.name(), error))
    }

    /// The profiles of the hits, where there is one.
    async fn profiles(&self, hits: &[Hit]) -> Result<Vec<Option<Arc<Profile>>>, ExpandError> {
        let own = || hits.iter().map(|hit| hit.profile().cloned()).collect();
        let Some(store) = self
            .store
            .as_ref()
            .filter(|_| hits.iter().any(|hit| hit.profile().is_none()))
        else {
            return Ok(own());
        };
        let ids: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
        store.profiles(&ids).await.map_err(|error| match error {
            StoreError::Unavailable { backend, source } => {
                ExpandError::Unavailable { backend, source }
            }
            other => failed("the profile store", other),
        })
    }

    /// The words that mark these texts, heaviest first.
    fn expansion(&self, job: &JobDescription, texts: &[FeedbackText]) -> Expansion {
        let said = job.full_text();
        let words = Words::of(&said);
        let spread = Spread::of(texts);
        let enough = texts.len().min(2);
        let weights = self.model.weights(&said, texts, &self.statistics);
        let mut terms = Terms::new(&words);
        let candidates: Vec<_> = weights
            .iter()
            .filter(|(key, _)| is_expandable(key) && spread.texts(key) >= enough && !words.has(key))
            .collect();
        let heaviest = candidates
            .iter()
            .map(|(_, weight)| **weight)
            .fold(0.0, f64::max);
        for (key, weight) in candidates {
            let (text, holding) = (spread.written(key), spread.texts(key));
            let reason = format!(
                "'{text}' stands in {holding} of the {} profiles found first ({})",
                texts.len(),
                self.model
            );
            let weight = self.weight * (weight / heaviest) as f32;
            terms.add(&Phrase::of(text), weight, TermSource::Feedback, reason);
        }
        terms.heaviest(self.max_terms)
    }
}

/// In how many texts a word stands, and how it is written there.
struct Spread<'a>(BTreeMap<&'a str, (usize, &'a str)>);

impl<'a> Spread<'a> {
    fn of(texts: &'a [FeedbackText]) -> Self {
        let mut spread = BTreeMap::new();
        for (key, occurrences) in texts.iter().flat_map(|text| text.counts.iter()) {
            spread.entry(key).or_insert((0, &*occurrences.written)).0 += 1;
        }
        Self(spread)
    }

    fn texts(&self, key: &str) -> usize {
        self.0.get(key).map_or(0, |(texts, _)| *texts)
    }

    fn written(&self, key: &str) -> &'a str {
        self.0.get(key).map_or("", |(_, written)| written)
    }
}

fn refused(retriever: &str, error: RetrieveError) -> ExpandError {
    match error {
        RetrieveError::Unavailable { backend, source } => {
            ExpandError::Unavailable { backend, source }
        }
        other => failed(retriever, other),
    }
}

fn failed(backend: &str, error: impl std::error::Error + Send + Sync + 'static) -> ExpandError {
    ExpandError::Failed {
        backend: backend.to_owned(),
        source: error.into(),
    }
}

#[async_trait]
impl Expander for RelevanceFeedback {
    async fn expand(&self, job: &JobDescription) -> Result<Expansion, ExpandError> {
        let hits = self.hits(job).await?;
        let profiles = self.profiles(&hits).await?;
        let runs = job.runs();
        let texts: Vec<FeedbackText> = hits
            .iter()
            .zip(profiles)
            .filter_map(|(hit, profile)| {
                let profile = profile.filter(|profile| job.filter().matches(profile.facts()))?;
                let text = match profile.without_copied(&runs) {
                    Some(rest) => rest.full_text(),
                    None => profile.full_text(),
                };
                Some(FeedbackText::new(&text, hit.score().get()))
            })
            .collect();
        Ok(self.expansion(job, &texts))
    }
}

impl fmt::Debug for RelevanceFeedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelevanceFeedback")
            .field("retriever", &self.retriever.name())
            .field("model", &self.model)
            .field("profiles", &self.texts)
            .field("max_terms", &self.max_terms)
            .finish_non_exhaustive()
    }
}
