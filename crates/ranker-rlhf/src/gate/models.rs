//! The models that are and were served.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use ranker_core::{ScoreError, Scorer};

use super::verdict::Verdict;

/// Why another model was not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelsError {
    /// The gate refused it.
    #[error("the gate refused {candidate}: {reasons}")]
    Refused {
        /// The model.
        candidate: String,
        /// Why, in words.
        reasons: String,
    },
    /// The verdict is about other models.
    #[error(
        "the verdict is on {candidate} in place of {judged}, but {given} was given and {serving} \
         is served: judge again"
    )]
    OtherVerdict {
        /// The model that was judged.
        candidate: String,
        /// The one that it was compared with.
        judged: String,
        /// The model to be served.
        given: String,
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
/// request and changes none half-way. [`Models::promote`] asks for a gate's [`Verdict`] on just the
/// two models; going back is one call and needs none.
pub struct Models(RwLock<Served>);

struct Served {
    /// Oldest first; the last one is served.
    chain: Vec<Arc<dyn Scorer>>,
    /// Rolled back: no longer served, but rankings of theirs can still be explained.
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

    /// Serves a model that passed the gate.
    ///
    /// # Errors
    ///
    /// [`ModelsError::Refused`], [`ModelsError::OtherVerdict`] where another model was judged or is
    /// served by now, and [`ModelsError::OtherFeatures`].
    pub fn promote(&self, model: Arc<dyn Scorer>, verdict: &Verdict) -> Result<(), ModelsError> {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let now = served.now();
        if verdict.candidate != model.model_id() || verdict.serving != now.model_id() {
            return Err(ModelsError::OtherVerdict {
                candidate: verdict.candidate.clone(),
                judged: verdict.serving.clone(),
                given: model.model_id().to_owned(),
                serving: now.model_id().to_owned(),
            });
        }
        if !verdict.promoted {
            let reasons: Vec<String> = verdict.reasons.iter().map(ToString::to_string).collect();
            return Err(ModelsError::Refused {
                candidate: verdict.candidate.clone(),
                reasons: reasons.join("; "),
            });
        }
        ScoreError::check_schema(now.schema(), model.schema())
            .map_err(ModelsError::OtherFeatures)?;
        served.chain.push(model);
        Ok(())
    }

    /// Serves a model that no gate judged: the caller answers for it.
    ///
    /// # Errors
    ///
    /// [`ModelsError::OtherFeatures`].
    pub fn serve(&self, model: Arc<dyn Scorer>) -> Result<(), ModelsError> {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ScoreError::check_schema(served.now().schema(), model.schema())
            .map_err(ModelsError::OtherFeatures)?;
        served.chain.push(model);
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
