//! A model folder in the layout of sentence-transformers.

mod json;
mod limits;
mod modules;
mod prompts;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::LoadError;
use crate::pooling::Pooling;
pub(crate) use limits::Limits;
pub(crate) use prompts::Prompts;

/// What a model folder says, before the builder's settings are applied.
#[derive(Debug)]
pub(crate) struct ModelFolder {
    /// The folder's own name.
    pub(crate) name: String,
    pub(crate) model: PathBuf,
    pub(crate) tokenizer: PathBuf,
    pub(crate) config: PathBuf,
    /// `None` when the folder does not say.
    pub(crate) pooling: Option<Pooling>,
    /// Whether a prompt's tokens take part in the pooling.
    pub(crate) pools_prompt: bool,
    pub(crate) prompts: Prompts,
    pub(crate) limits: Limits,
    /// Whether texts are put into lower case before anything else.
    pub(crate) lower_case: bool,
    pub(crate) hidden_size: Option<usize>,
    pub(crate) vocabulary: Option<usize>,
    pub(crate) pad: u32,
}

/// The part of the transformer's `config.json` that matters to its use.
#[derive(Debug, Deserialize)]
struct Config {
    hidden_size: Option<usize>,
    max_position_embeddings: Option<usize>,
    model_type: Option<String>,
    pad_token_id: Option<u32>,
    vocab_size: Option<usize>,
}

impl ModelFolder {
    pub(crate) fn read(folder: &Path) -> Result<Self, LoadError> {
        let root = folder.canonicalize().map_err(|source| LoadError::Read {
            path: folder.to_path_buf(),
            source,
        })?;
        let config_path = root.join("config.json");
        let config: Config = json::read(&config_path)?;
        let modules = modules::read(&root)?;
        let sentence = limits::SentenceConfig::read(&root)?;
        Ok(Self {
            name: root.file_name().map_or_else(
                || "model".into(),
                |name| name.to_string_lossy().into_owned(),
            ),
            model: model_file(&root)?,
            tokenizer: root.join("tokenizer.json"),
            pooling: modules.pooling,
            pools_prompt: modules.pools_prompt,
            prompts: Prompts::read(&root)?,
            lower_case: sentence.do_lower_case,
            limits: Limits::new(&root, &sentence, &config)?,
            hidden_size: config.hidden_size,
            vocabulary: config.vocab_size,
            pad: config.pad_token_id.unwrap_or(0),
            config: config_path,
        })
    }
}

/// `model.onnx`, in the folder itself or in `onnx/`, where sentence-transformers exports it.
fn model_file(root: &Path) -> Result<PathBuf, LoadError> {
    let paths = [root.join("model.onnx"), root.join("onnx/model.onnx")];
    let found = paths.iter().find(|path| path.is_file());
    found.cloned().ok_or_else(|| LoadError::Read {
        path: paths[0].clone(),
        source: std::io::ErrorKind::NotFound.into(),
    })
}
