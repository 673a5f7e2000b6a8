//! The model in service, and how it is replaced.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ranker_core::Scorer;

use crate::registry::Registry;
use crate::served::{ModelsError, Served};
use crate::{Model, ModelError};

/// The model that is served, and those before it.
///
/// A request takes a snapshot with [`Models::serving`] and keeps it to its end: a swap drops no
/// request and changes none half-way. [`Models::replace`] swaps only the model that
/// the new one was compared with; going back is one call.
///
/// With a folder ([`Models::open`]) all of it survives a restart: a change is on the disk before it is
/// served.
pub struct Models {
    served: RwLock<Served>,
    /// Held for a change, which may wait for the disk; requests do not wait for it.
    registry: Mutex<Option<Registry>>,
}

impl Models {
    /// Begins with a model that nobody judged, such as the prior. Nothing is kept on disk.
    #[must_use]
    pub fn new(first: impl Into<Model>) -> Self {
        Self {
            served: RwLock::new(Served::first(first.into())),
            registry: Mutex::new(None),
        }
    }

    /// Goes on with the models that a folder holds: the one served last, those before it, and those
    /// withdrawn. Begins with `first` where the folder is empty or missing.
    ///
    /// The folder holds a file a model, named by its id, and `served.json`, which is replaced as a whole.
    /// `made_with` names what the models' features come from, such as the encoder: a folder that was made
    /// with something else is refused. One process at a time may change it.
    ///
    /// # Errors
    ///
    /// [`ModelError`]: a folder that cannot be read or written, is damaged, or was made for other features or
    /// with another encoder; [`ModelError::OtherKind`] for a first model that cannot be saved.
    pub fn open(
        folder: impl AsRef<Path>,
        first: impl Into<Model>,
        made_with: &str,
    ) -> Result<Self, ModelError> {
        let (registry, served) = Registry::open(folder.as_ref(), first.into(), made_with)?;
        Ok(Self {
            served: RwLock::new(served),
            registry: Mutex::new(Some(registry)),
        })
    }

    /// The model that is served now.
    #[must_use]
    pub fn serving(&self) -> Arc<dyn Scorer> {
        self.read(|served| Arc::clone(served.now()) as Arc<dyn Scorer>)
    }

    /// A model that is or was served, by its id: whoever explains a ranking asks for the model that
    /// made it.
    #[must_use]
    pub fn get(&self, model_id: &str) -> Option<Arc<dyn Scorer>> {
        self.read(|served| {
            let found = served.get(model_id);
            found.map(|model| Arc::clone(model) as Arc<dyn Scorer>)
        })
    }

    /// [`Model::hash`] of a model that is or was served, by its id.
    #[must_use]
    pub fn hash(&self, model_id: &str) -> Option<String> {
        self.read(|served| served.get(model_id).and_then(|model| model.hash()))
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
    /// [`ModelsError::Replaced`] where another model is served by now, [`ModelsError::OtherFeatures`] and
    /// [`ModelsError::NotRecorded`]. The present one stays.
    pub fn replace(&self, serving: &str, model: impl Into<Model>) -> Result<(), ModelsError> {
        self.change(|served| {
            let now = served.now();
            if now.model_id() != serving {
                return Err(ModelsError::Replaced {
                    expected: serving.to_owned(),
                    serving: now.model_id().to_owned(),
                });
            }
            served.push(model.into())
        })
    }

    /// Serves a model that no gate judged: the caller answers for it.
    ///
    /// # Errors
    ///
    /// [`ModelsError::OtherFeatures`] and [`ModelsError::NotRecorded`].
    pub fn serve(&self, model: impl Into<Model>) -> Result<(), ModelsError> {
        self.change(|served| served.push(model.into()))
    }

    /// Keeps a model that is not served, so that rankings of its own can be explained. One that cannot be
    /// saved is kept in memory only.
    ///
    /// # Errors
    ///
    /// [`ModelsError::OtherFeatures`] and [`ModelsError::NotRecorded`].
    pub fn keep(&self, model: impl Into<Model>) -> Result<(), ModelsError> {
        let model = model.into();
        self.change(|served| {
            served.check(&model)?;
            if served.get(model.model_id()).is_none() {
                served.withdrawn.push(Arc::new(model));
            }
            Ok(())
        })
    }

    /// Serves the model before the present one again, and returns the one that was withdrawn.
    ///
    /// # Errors
    ///
    /// [`ModelsError::NoEarlier`] and [`ModelsError::NotRecorded`].
    pub fn rollback(&self) -> Result<Arc<dyn Scorer>, ModelsError> {
        self.change(|served| {
            if served.chain.len() < 2 {
                return Err(ModelsError::NoEarlier {
                    serving: served.now().model_id().to_owned(),
                });
            }
            let withdrawn = served.chain.pop().expect("there are two");
            served.withdrawn.push(Arc::clone(&withdrawn));
            Ok(withdrawn as Arc<dyn Scorer>)
        })
    }

    /// Makes a change, records it, and only then lets requests see it.
    fn change<T>(
        &self,
        make: impl FnOnce(&mut Served) -> Result<T, ModelsError>,
    ) -> Result<T, ModelsError> {
        let registry = self.registry.lock();
        let registry = registry.unwrap_or_else(PoisonError::into_inner);
        let mut served = self.read(Served::clone);
        let made = make(&mut served)?;
        if let Some(registry) = &*registry {
            registry.record(&served).map_err(ModelsError::NotRecorded)?;
        }
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = served;
        Ok(made)
    }

    fn read<T>(&self, of: impl FnOnce(&Served) -> T) -> T {
        of(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Models")
            .field("history", &self.history())
            .finish_non_exhaustive()
    }
}
