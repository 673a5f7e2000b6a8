//! The served models in a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ranker_core::{BoxError, Scorer, replace_file};
use serde::{Deserialize, Serialize};

use crate::models::file;
use crate::served::Served;
use crate::{Model, ModelError};

const MANIFEST: &str = "served.json";
const FORMAT: &str = "ranker-served-models";
const VERSION: u32 = 1;

/// A folder with a file a model, and the manifest.
pub(crate) struct Registry {
    folder: PathBuf,
    made_with: String,
}

/// Which models there are, by their ids.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    version: u32,
    /// What the models' features come from.
    made_with: String,
    /// Oldest first; the last one is served.
    chain: Vec<String>,
    withdrawn: Vec<String>,
}

impl Registry {
    /// Reads what was served; makes the folder, with `first`, where there is none.
    pub(crate) fn open(
        folder: &Path,
        first: Model,
        made_with: &str,
    ) -> Result<(Self, Served), ModelError> {
        let registry = Self {
            folder: folder.to_owned(),
            made_with: made_with.to_owned(),
        };
        let path = folder.join(MANIFEST);
        if !path.try_exists().map_err(|e| failed(&path, "read", e))? {
            fs::create_dir_all(folder).map_err(|e| failed(folder, "written", e))?;
            let served = Served::first(first);
            registry.record(&served)?;
            return Ok((registry, served));
        }
        let manifest = registry.manifest(&path)?;
        let load = |ids: &[String]| -> Result<Vec<Arc<Model>>, ModelError> {
            let models = ids.iter().map(|id| registry.load(id, &first));
            models.collect()
        };
        let served = Served {
            chain: load(&manifest.chain)?,
            withdrawn: load(&manifest.withdrawn)?,
        };
        Ok((registry, served))
    }

    fn manifest(&self, path: &Path) -> Result<Manifest, ModelError> {
        let malformed = |source: BoxError| ModelError::Malformed {
            path: path.to_owned(),
            source,
        };
        let bytes = file::read(path).map_err(|e| failed(path, "read", e))?;
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| malformed(error.into()))?;
        if manifest.format != FORMAT || manifest.chain.is_empty() {
            return Err(malformed("it does not name a served model".into()));
        }
        if manifest.version > VERSION {
            return Err(ModelError::Newer {
                path: path.to_owned(),
                found: manifest.version,
                supported: VERSION,
            });
        }
        if manifest.made_with != self.made_with {
            return Err(ModelError::MadeWith {
                path: path.to_owned(),
                known: manifest.made_with,
                given: self.made_with.clone(),
            });
        }
        Ok(manifest)
    }

    fn load(&self, id: &str, like: &Model) -> Result<Arc<Model>, ModelError> {
        let model = Model::load(self.file(id)?, like.schema())?;
        if model.model_id() == id {
            return Ok(Arc::new(model));
        }
        Err(ModelError::Malformed {
            path: self.file(id)?,
            source: format!("it holds {}", model.model_id()).into(),
        })
    }

    /// Saves models that are not there yet, then says which are served.
    pub(crate) fn record(&self, served: &Served) -> Result<(), ModelError> {
        served.chain.iter().try_for_each(|model| self.save(model))?;
        let mut withdrawn = Vec::new();
        for model in &served.withdrawn {
            match self.save(model) {
                Ok(()) => withdrawn.push(model.model_id().to_owned()),
                Err(ModelError::OtherKind { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let chain = served.chain.iter();
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            made_with: self.made_with.clone(),
            chain: chain.map(|model| model.model_id().to_owned()).collect(),
            withdrawn,
        };
        let path = self.folder.join(MANIFEST);
        let bytes = serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::other);
        let written = bytes.and_then(|bytes| replace_file(&path, &bytes));
        written.map_err(|error| failed(&path, "written", error))
    }

    fn save(&self, model: &Model) -> Result<(), ModelError> {
        model.check_kind(&self.folder)?;
        let path = self.file(model.model_id())?;
        // An id is a hash of the content: a file of that name holds the same.
        if path.try_exists().map_err(|e| failed(&path, "read", e))? {
            return Ok(());
        }
        model.save(path)
    }

    /// A manifest may come from elsewhere: an id that is no plain name would lead out of the folder.
    fn file(&self, id: &str) -> Result<PathBuf, ModelError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !id.is_empty() && id.chars().all(is_plain) {
            return Ok(self.folder.join(format!("{id}.json")));
        }
        Err(ModelError::Malformed {
            path: self.folder.join(MANIFEST),
            source: "a model's id is no plain name".into(),
        })
    }
}

fn failed(path: &Path, action: &'static str, source: std::io::Error) -> ModelError {
    ModelError::Io {
        path: path.to_owned(),
        action,
        source,
    }
}
