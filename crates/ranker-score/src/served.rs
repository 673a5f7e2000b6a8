//! The models that are and were served.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use ranker_core::{ScoreError, Scorer};

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
    /// There is no earlier model.
    #[error("{serving} is the first model served: there is none to go back to")]
    NoEarlier {
        /// The model served now.
        serving: String,
    },
}

/// The model that is served, and those before it.
///
/// A request takes a snapshot with [`Models::serving`] and keeps it to its end: a swap drops no
/// request and changes none half-way. [`Models::replace`] swaps only the model that
/// the new one was compared with; going back is one call.
pub struct Models(RwLock<Served>);

struct Served {
    /// Oldest first; the last one is served.
    chain: Vec<Arc<dyn Scorer>>,
    /// Rolled back or never served: rankings of theirs can still be explained.
    withdrawn: Vec<Arc<dyn Scorer>>,
}

impl Models {
    /// Begins with a model that nobody judged, such as the prior.
    #[must_use]
    pub fn new(first: Arc<dyn Scorer>) -> Self {
        Self(RwLock::new(Served {
            chain: vec![first],
            withdrawn: Vec::new(),
        }))
    }

    /// The model that is served now.
    #[must_use]
    pub fn serving(&self) -> Arc<dyn Scorer> {
        self.read(|served| Arc::clone(served.now()))
    }

    /// A model that is or was served, by its id: whoever explains a ranking asks for the model that
    /// made it.
    #[must_use]
    pub fn get(&self, model_id: &str) -> Option<Arc<dyn Scorer>> {
        self.read(|served| {
            let mut all = served.chain.iter().chain(&served.withdrawn);
            all.find(|model| model.model_id() == model_id).cloned()
        })
    }

    /// The ids of the models served so far, the present one last, without those rolled back.
    #[must_use]
    pub fn history(&self) -> Vec<String> {
        self.read(|served| {
            let ids = served.chain.iter().map(|model| model.model_id().to_owned());
            ids.collect()
        })
    }

    /// Serves a model in place of the one with the id `serving`, with which it was compared.
    ///
    /// # Errors
    ///
    /// [`ModelsError::Replaced`] where another model is served by now, and
    /// [`ModelsError::OtherFeatures`].
    pub fn replace(&self, serving: &str, model: Arc<dyn Scorer>) -> Result<(), ModelsError> {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let now = served.now();
        if now.model_id() != serving {
            return Err(ModelsError::Replaced {
                expected: serving.to_owned(),
                serving: now.model_id().to_owned(),
            });
        }
        served.push(model)
    }

    /// Serves a model that no gate judged: the caller answers for it.
    ///
    /// # Errors
    ///
    /// [`ModelsError::OtherFeatures`].
    pub fn serve(&self, model: Arc<dyn Scorer>) -> Result<(), ModelsError> {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        served.push(model)
    }

    /// Keeps a model that is not served, so that rankings of its own can be explained.
    ///
    /// # Errors
    ///
    /// [`ModelsError::OtherFeatures`].
    pub fn keep(&self, model: Arc<dyn Scorer>) -> Result<(), ModelsError> {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ScoreError::check_schema(served.now().schema(), model.schema())
            .map_err(ModelsError::OtherFeatures)?;
        let mut known = served.chain.iter().chain(&served.withdrawn);
        if !known.any(|one| one.model_id() == model.model_id()) {
            served.withdrawn.push(model);
        }
        Ok(())
    }

    /// Serves the model before the present one again, and answers the one that was withdrawn.
    ///
    /// # Errors
    ///
    /// [`ModelsError::NoEarlier`].
    pub fn rollback(&self) -> Result<Arc<dyn Scorer>, ModelsError> {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if served.chain.len() < 2 {
            return Err(ModelsError::NoEarlier {
                serving: served.now().model_id().to_owned(),
            });
        }
        let last = served.chain.len() - 1;
        let withdrawn = served.chain.remove(last);
        served.withdrawn.push(Arc::clone(&withdrawn));
        Ok(withdrawn)
    }

    fn read<T>(&self, of: impl FnOnce(&Served) -> T) -> T {
        of(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Served {
    fn push(&mut self, model: Arc<dyn Scorer>) -> Result<(), ModelsError> {
        ScoreError::check_schema(self.now().schema(), model.schema())
            .map_err(ModelsError::OtherFeatures)?;
        self.chain.push(model);
        Ok(())
    }

    fn now(&self) -> &Arc<dyn Scorer> {
        self.chain
            .last()
            .expect("it begins with a model and never loses the first")
    }
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models")
            .field("history", &self.history())
            .finish_non_exhaustive()
    }
}
