//! The models that are and were served.

use std::sync::Arc;

use ranker_core::{ScoreError, Scorer};

use crate::{Model, ModelError};

/// Why another model was not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelsError {
    /// Another model than the one to be replaced is served by now.
    #[error("{expected} was to be replaced, but {serving} is served by now: compare with that one")]
    Replaced {
        /// The model that was to be replaced.
        expected: String,
        /// The one served now.
        serving: String,
    },
    /// It was made for other features.
    #[error("the model was made for other features than the one served")]
    OtherFeatures(#[source] ScoreError),
    /// It was not written to the folder of served models.
    #[error("the model could not be recorded in the folder of served models, so it is not served")]
    NotRecorded(#[source] ModelError),
    /// There is no earlier model.
    #[error("{serving} is the first model served: there is none to go back to")]
    NoEarlier {
        /// The model served now.
        serving: String,
    },
}

/// Which models are and were served.
#[derive(Clone)]
pub(crate) struct Served {
    /// Oldest first; the last one is served.
    pub(crate) chain: Vec<Arc<Model>>,
    /// Rolled back or never served: rankings of theirs can still be explained.
    pub(crate) withdrawn: Vec<Arc<Model>>,
}

impl Served {
    pub(crate) fn first(model: Model) -> Self {
        Self {
            chain: vec![Arc::new(model)],
            withdrawn: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, model: Model) -> Result<(), ModelsError> {
        self.check(&model)?;
        self.chain.push(Arc::new(model));
        Ok(())
    }

    pub(crate) fn check(&self, model: &Model) -> Result<(), ModelsError> {
        ScoreError::check_schema(self.now().schema(), model.schema())
            .map_err(ModelsError::OtherFeatures)
    }

    pub(crate) fn get(&self, model_id: &str) -> Option<&Arc<Model>> {
        let mut all = self.chain.iter().chain(&self.withdrawn);
        all.find(|model| model.model_id() == model_id)
    }

    pub(crate) fn now(&self) -> &Arc<Model> {
        self.chain
            .last()
            .expect("it begins with a model and never loses the first")
    }
}
