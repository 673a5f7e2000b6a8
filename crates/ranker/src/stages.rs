//! The stages of a ranker, as its parts share them.

use std::sync::Arc;
use std::time::Duration;

use ranker_core::{
    Assessor, Embedder, Expander, Explainer, FeatureExtractor, JobReading, ProfileStore, Reading,
    Retriever, Scorer,
};
use ranker_score::Models;

use crate::error::Error;

#[cfg(feature = "feedback")]
use crate::feedback::Loop;

/// What a [`Ranker`](crate::Ranker) is made of.
pub(crate) struct Stages {
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) retriever: Arc<dyn Retriever>,
    pub(crate) profile_store: Option<Arc<dyn ProfileStore>>,
    pub(crate) expander: Option<Arc<dyn Expander>>,
    pub(crate) features: Arc<dyn FeatureExtractor>,
    /// Every scorer that was ever served: a ranking is explained by the model that made it.
    pub(crate) models: Models,
    #[cfg(feature = "feedback")]
    pub(crate) feedback: Loop,
    pub(crate) explainer: Arc<dyn Explainer>,
    pub(crate) assessor: Option<Arc<dyn Assessor>>,
    /// What the features come from: encoder, text form and definitions.
    #[cfg(feature = "feedback")]
    pub(crate) made_with: Arc<str>,
    pub(crate) stage_limit: Option<Duration>,
    pub(crate) top_k: usize,
    pub(crate) candidates: usize,
    pub(crate) reading: Reading,
    pub(crate) job_reading: JobReading,
}

impl Stages {
    /// The scorer of this id, served now or before.
    pub(crate) fn scorer_of(&self, model: &str) -> Result<Arc<dyn Scorer>, Error> {
        self.models.get(model).ok_or_else(|| Error::UnknownModel {
            model: model.to_owned(),
        })
    }
}
