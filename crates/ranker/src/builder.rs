//! How a ranker is put together.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ranker_core::{
    Assessor, CosineBaseline, EmbedError, Embedder, Expander, Explainer, FeatureExtractor,
    FeatureSchema, JobReading, ProfileStore, Reading, Retriever, Role, ScoreError, Scorer,
};
use ranker_retrieve::{Fused, SPARSE_WEIGHT, SparseIndex};
#[cfg(feature = "feedback")]
use ranker_rlhf::explore::ListPolicy;
#[cfg(feature = "feedback")]
use ranker_rlhf::gate::Gate;
#[cfg(feature = "feedback")]
use ranker_rlhf::{FeedbackLog, Learner, SourceId};
use ranker_score::{
    Features, Joined, LinearScorer, Model, Models, OccupationTable, Occupations, SparseShare,
    definitions,
};
use ranker_xai::AdditiveExplainer;

use crate::error::BuildError;
#[cfg(feature = "feedback")]
use crate::feedback::Loop;
use crate::ranker::Ranker;
use crate::stages::Stages;

/// Puts a [`Ranker`] together. Every setter has a default that is stated beside it.
#[must_use = "a builder does nothing until `build` is called"]
pub struct RankerBuilder {
    embedder: Arc<dyn Embedder>,
    retriever: Arc<dyn Retriever>,
    profile_store: Option<Arc<dyn ProfileStore>>,
    expander: Option<Arc<dyn Expander>>,
    features: Option<Arc<dyn FeatureExtractor>>,
    more_features: Vec<Arc<dyn FeatureExtractor>>,
    sparse: Option<Arc<SparseIndex>>,
    occupations: Option<Arc<OccupationTable>>,
    scorer: Option<Model>,
    models: Option<PathBuf>,
    explainer: Option<Arc<dyn Explainer>>,
    assessor: Option<Arc<dyn Assessor>>,
    #[cfg(feature = "feedback")]
    feedback: Loop,
    stage_limit: Option<Duration>,
    top_k: usize,
    candidates: usize,
    reading: Reading,
    job_reading: JobReading,
}

impl RankerBuilder {
    /// How many candidates are retrieved and scored by default.
    pub const DEFAULT_CANDIDATES: usize = 100;
    /// How many candidates a ranking holds by default.
    pub const DEFAULT_TOP_K: usize = 50;

    pub(crate) fn new(embedder: Arc<dyn Embedder>, retriever: Arc<dyn Retriever>) -> Self {
        Self {
            embedder,
            retriever,
            profile_store: None,
            expander: None,
            features: None,
            more_features: Vec::new(),
            sparse: None,
            occupations: None,
            scorer: None,
            models: None,
            explainer: None,
            assessor: None,
            #[cfg(feature = "feedback")]
            feedback: Loop::default(),
            stage_limit: None,
            top_k: Self::DEFAULT_TOP_K,
            candidates: Self::DEFAULT_CANDIDATES,
            reading: Reading::default(),
            job_reading: JobReading::default(),
        }
    }

    /// Where profiles are read from when the retriever returns none. None by default.
    pub fn profile_store(mut self, store: impl ProfileStore + 'static) -> Self {
        self.profile_store = Some(Arc::new(store));
        self
    }

    /// What adds terms to a job. Nothing by default: expansion helps recall and can hurt the top,
    /// so it is a choice (`docs/EVALUATION.md` has the numbers).
    pub fn expander(mut self, expander: impl Expander + 'static) -> Self {
        self.expander = Some(Arc::new(expander));
        self
    }

    /// What measures (query, candidate) pairs. By default [`Features::with_late_interaction`] where the
    /// encoder gives token vectors, and [`Features::new`] where not.
    pub fn features(mut self, features: impl FeatureExtractor + 'static) -> Self {
        self.features = Some(Arc::new(features));
        self
    }

    /// Adds features to those of [`Self::features`]: a cross-encoder's, or your own. They are measured for every candidate,
    /// explained and learned from as the others are. What they weigh before any feedback [`LinearScorer::prior`]
    /// says, of names that it does not know: nothing.
    pub fn add_features(mut self, features: impl FeatureExtractor + 'static) -> Self {
        self.more_features.push(Arc::new(features));
        self
    }

    /// Searches an index of sparse vectors (SPLADE) beside the retriever ([`Fused::beside`], with [`SPARSE_WEIGHT`]), and adds the
    /// feature `sparse` ([`SparseShare`]). None by default. Keep it in step with the retriever: who is in that alone is found
    /// without this feature, who is here alone is not found.
    pub fn sparse(mut self, index: impl Into<Arc<SparseIndex>>) -> Self {
        self.sparse = Some(index.into());
        self
    }

    /// Adds the feature `occupation` ([`Occupations`]) by this table, which the ranker's encoder must have made. By default
    /// there is none. Without kept token vectors each ranking embeds its candidates for it.
    pub fn occupations(mut self, table: impl Into<Arc<OccupationTable>>) -> Self {
        self.occupations = Some(table.into());
        self
    }

    /// What turns features into scores. By default the fused similarity, [`LinearScorer::prior`].
    pub fn scorer(mut self, scorer: impl Scorer + 'static) -> Self {
        self.scorer = Some(Model::of(scorer));
        self
    }

    /// A folder that keeps the served models: the present one, those before it and those withdrawn. A
    /// restart then serves what was served, explains rankings from before, and can still roll back. By
    /// default they are kept in memory alone.
    ///
    /// [`Self::scorer`] is only what an empty folder begins with. The folder belongs to one encoder and one
    /// set of features; one process at a time may use it.
    pub fn models(mut self, folder: impl Into<PathBuf>) -> Self {
        self.models = Some(folder.into());
        self
    }

    /// What says of each of the job's requirements whether a candidate meets it; explanations then carry the
    /// verdicts. None by default; `fact_finder` (feature `facts`) makes one.
    pub fn assessor(mut self, assessor: impl Assessor + 'static) -> Self {
        self.assessor = Some(Arc::new(assessor));
        self
    }

    /// How long expansion and retrieval may take, each. A query whose expander takes longer goes on
    /// without it, with a [`Note`](ranker_core::Note); a retriever that does is
    /// [`Error::TooSlow`](crate::Error::TooSlow). No limit by default.
    pub fn stage_limit(mut self, limit: Duration) -> Self {
        self.stage_limit = Some(limit);
        self
    }

    /// What explains scores. By default an [`AdditiveExplainer`] that aligns passages where the encoder gives
    /// token vectors.
    pub fn explainer(mut self, explainer: impl Explainer + 'static) -> Self {
        self.explainer = Some(Arc::new(explainer));
        self
    }

    /// Where [`Ranker::record`] keeps what happened and [`Ranker::learn`] reads it. None by default.
    #[cfg(feature = "feedback")]
    pub fn feedback(mut self, log: FeedbackLog) -> Self {
        self.feedback.log = Some(Arc::new(log));
        self
    }

    /// Sources whose feedback is the operator's own: it counts without the bound on what one source may
    /// weigh, and may decide alone, as do events without a source
    /// ([`FeedbackLog::with_trusted`]). For a team of one recruiter, say. Nobody by default.
    #[cfg(feature = "feedback")]
    pub fn trusted(mut self, sources: impl IntoIterator<Item = SourceId>) -> Self {
        self.feedback.trusted.extend(sources);
        self
    }

    /// How [`Ranker::expose`] orders what is shown. By default as ranked; only a policy that explores
    /// lets a gate judge other models from the log.
    #[cfg(feature = "feedback")]
    pub fn policy(mut self, policy: ListPolicy) -> Self {
        self.feedback.policy = policy;
        self
    }

    /// What [`Ranker::promote`] lets pass: by default [`Gate::new`], which needs lists that were
    /// shown by a policy that explores. [`Gate::by_judgments`] makes do with grades and preferences.
    #[cfg(feature = "feedback")]
    pub fn gate(mut self, gate: Gate) -> Self {
        self.feedback.gate = gate;
        self
    }

    /// What [`Ranker::learn`] learns with. By default [`DefaultLearner`](ranker_rlhf::DefaultLearner): a linear model while little is
    /// known, a blend of it and boosted trees later.
    #[cfg(feature = "feedback")]
    pub fn learner(mut self, learner: impl Learner + 'static) -> Self {
        self.feedback.learner = Arc::new(learner);
        self
    }

    /// How many candidates a ranking holds at most: [`Self::DEFAULT_TOP_K`] by default.
    pub fn top_k(mut self, top_k: usize) -> Self {
        self.top_k = top_k;
        self.candidates = self.candidates.max(top_k);
        self
    }

    /// How many candidates are retrieved and scored: [`Self::DEFAULT_CANDIDATES`] by default, and
    /// never fewer than `top_k`.
    pub fn candidates(mut self, candidates: usize) -> Self {
        self.candidates = candidates;
        self
    }

    /// How much of profiles is read: [`Reading::Blind`] by default, without names and whatever else says who somebody
    /// is. Profiles that come read otherwise are [`Error::Reading`](crate::Error::Reading): set the same reading by
    /// [`Profile::read_as`](ranker_core::Profile::read_as) before they are encoded and indexed. Models and logged rows belong to one
    /// reading.
    pub fn reading(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }

    /// How much of each job is read: [`JobReading::Asked`] by default, without who the employer is, what it offers and how
    /// to apply. Models and logged rows belong to one reading.
    pub fn job_reading(mut self, reading: JobReading) -> Self {
        self.job_reading = reading;
        self
    }

    /// Checks that the pieces fit together.
    ///
    /// # Errors
    ///
    /// [`BuildError`].
    pub fn build(mut self) -> Result<Ranker, BuildError> {
        if self.top_k == 0 {
            return Err(BuildError::NoTopK);
        }
        if self.candidates < self.top_k {
            let Self {
                candidates, top_k, ..
            } = self;
            return Err(BuildError::TooFewCandidates { candidates, top_k });
        }
        if self.profile_store.is_none() && !self.retriever.holds_profiles() {
            let retriever = self.retriever.name().to_owned();
            return Err(BuildError::NoProfiles { retriever });
        }
        check_encoder(&*self.embedder, &*self.retriever)?;
        if let Some(index) = self.sparse.take() {
            let features = SparseShare::new(index.sparse_encoder().model_id());
            self.more_features.push(Arc::new(features));
            let beside = Fused::beside(self.retriever, index, SPARSE_WEIGHT);
            self.retriever = Arc::new(beside.map_err(BuildError::Sparse)?);
        }
        let embedder = self.embedder;
        let tokens = gives_tokens(&*embedder);
        let features = self.features.unwrap_or_else(|| match tokens {
            true => Arc::new(Features::with_late_interaction(embedder.clone())),
            false => Arc::new(Features::new()),
        });
        let features = match self.occupations {
            Some(table) => with_occupations(features, embedder.clone(), table)?,
            None => features,
        };
        let features = self.more_features.into_iter().try_fold(features, joined)?;
        let scorer = self
            .scorer
            .unwrap_or_else(|| LinearScorer::prior(features.schema()).into());
        ScoreError::check_schema(scorer.schema(), features.schema()).map_err(BuildError::Scorer)?;
        let explainer = self.explainer.unwrap_or_else(|| match tokens {
            true => Arc::new(AdditiveExplainer::new().with_alignment(embedder.clone())),
            false => Arc::new(AdditiveExplainer::new()),
        });
        let made_with = made_with(
            &*embedder,
            (self.reading, self.job_reading),
            features.schema(),
        );
        let models = match &self.models {
            Some(folder) => Models::open(folder, scorer, &made_with).map_err(BuildError::Models)?,
            None => Models::new(scorer),
        };
        #[cfg(feature = "feedback")]
        let feedback = self.feedback.made_with(&made_with);
        Ok(Ranker::from_stages(Stages {
            embedder,
            retriever: self.retriever,
            profile_store: self.profile_store,
            expander: self.expander,
            features,
            models,
            #[cfg(feature = "feedback")]
            feedback,
            explainer,
            assessor: self.assessor,
            #[cfg(feature = "feedback")]
            made_with: made_with.into(),
            stage_limit: self.stage_limit,
            top_k: self.top_k,
            candidates: self.candidates,
            reading: self.reading,
            job_reading: self.job_reading,
        }))
    }
}

fn with_occupations(
    features: Arc<dyn FeatureExtractor>,
    embedder: Arc<dyn Embedder>,
    table: Arc<OccupationTable>,
) -> Result<Arc<dyn FeatureExtractor>, BuildError> {
    let occupations = Occupations::new(embedder, table).map_err(BuildError::Occupations)?;
    joined(features, Arc::new(occupations))
}

fn joined(
    first: Arc<dyn FeatureExtractor>,
    second: Arc<dyn FeatureExtractor>,
) -> Result<Arc<dyn FeatureExtractor>, BuildError> {
    let joined = Joined::new(first, second).map_err(BuildError::Features)?;
    Ok(Arc::new(joined))
}

/// Whether an encoder gives token vectors: asked for those of no texts, it does no work.
fn gives_tokens(embedder: &dyn Embedder) -> bool {
    let none = embedder.embed_tokens(&[], Role::Query);
    !matches!(none, Err(EmbedError::NoTokenVectors { .. }))
}

/// What features come from. Models and logged rows that were made with something else do not mix.
fn made_with(
    embedder: &dyn Embedder,
    (reading, job): (Reading, JobReading),
    schema: &FeatureSchema,
) -> String {
    let (encoder, form, job) = (embedder.model_id(), reading.form(), job.form());
    let made = format!("{encoder} {form} {job} features-{}", definitions(schema));
    match embedder.cosine_baseline() {
        CosineBaseline::NONE => made,
        baseline => {
            let (texts, tokens) = (baseline.embeddings(), baseline.tokens());
            format!("{made} baseline-{texts:.2}-{tokens:.2}")
        }
    }
}

/// Embeddings of two encoders must never be compared, even where they have one dimension.
fn check_encoder(embedder: &dyn Embedder, retriever: &dyn Retriever) -> Result<(), BuildError> {
    let encoder = embedder.model_id();
    match retriever.encoder() {
        Some(indexed) if indexed != encoder => Err(BuildError::Encoder {
            retriever: retriever.name().to_owned(),
            indexed: indexed.to_owned(),
            encoder: encoder.to_owned(),
        }),
        _ => Ok(()),
    }
}

impl fmt::Debug for RankerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RankerBuilder")
            .field("encoder", &self.embedder.model_id())
            .field("retriever", &self.retriever.name())
            .field("top_k", &self.top_k)
            .field("candidates", &self.candidates)
            .finish_non_exhaustive()
    }
}
