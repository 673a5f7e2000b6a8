//! Loading a cross-encoder with other settings than its folder's.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

use ranker_core::BoxError;
use ranker_folder::{Activation, Classifier, LabelActivation, ModelFolder, PairTokenizer};

use crate::builder::setting;
use crate::cross_encoder::schema;
use crate::engine::{self, Engine, Model, Purpose, Resources, Sequence};
use crate::{Backend, LoadError, OnnxCrossEncoder, identity};

/// Settings of an [`OnnxCrossEncoder`]; see [`OnnxCrossEncoder::builder`].
#[derive(Debug, Clone)]
pub struct OnnxCrossEncoderBuilder {
    folder: PathBuf,
    file: Option<PathBuf>,
    backend: Backend,
    max_tokens: Option<usize>,
    label: Option<String>,
}

impl OnnxCrossEncoderBuilder {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            file: None,
            backend: Backend::Auto,
            max_tokens: None,
            label: None,
        }
    }

    /// The engine to run on. Default: [`Backend::Auto`].
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// The file with the model, relative to the folder: `onnx/model_fp16.onnx`. Default: as
    /// [`OnnxEmbedderBuilder::model_file`](crate::OnnxEmbedderBuilder::model_file).
    #[must_use]
    pub fn model_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// How many tokens of a pair are read, special tokens included. Default: as the folder says.
    #[must_use]
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }

    /// The label that stands for relevance, by its name in `id2label`, in any case. Default: the only one, or
    /// one that is called `entailment`, `relevant`, `positive`, `match`, `true` or `yes`, or the second of two
    /// without names. Of other labels none is chosen: that is an error.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Reads the folder, loads the model and runs it once.
    ///
    /// # Errors
    ///
    /// [`LoadError`], which names the file, setting or engine at fault.
    pub fn build(self) -> Result<OnnxCrossEncoder, LoadError> {
        let folder = ModelFolder::read(&self.folder)?;
        let max_tokens = self.token_limit(&folder)?;
        let file = match &self.file {
            Some(file) => folder.root.join(file),
            None => engine::model_file(self.backend, &folder)?,
        };
        let tokenizer = PairTokenizer::read(&folder, max_tokens)?;
        let classifier = Classifier::read(&folder)?;
        let resources = Resources {
            threads: available_parallelism().map_or(1, NonZeroUsize::get),
            sessions: 1,
        };
        let model = Model {
            folder: &folder,
            file: &file,
            purpose: Purpose::Logits,
        };
        let engine = engine::load(self.backend.into(), model, resources)?;
        // Run once, so that a graph of another kind is refused here.
        let labels = probe(&*engine, &tokenizer).map_err(|source| LoadError::Graph {
            path: file.clone(),
            backend: engine.name().to_owned(),
            source,
        })?;
        let label = self.place(&folder, &classifier, labels)?;
        let mut settings = vec![max_tokens.to_string(), folder.lower_case.to_string()];
        if labels > 1 {
            // Ids of models with one label stay as they were before there were others.
            settings.extend([label.to_string(), classifier.independent.to_string()]);
        }
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let files = identity::Files {
            model: &file,
            tokenizer: &folder.tokenizer_file(),
            modules: Vec::new(),
        };
        let usual = match labels {
            1 => Activation::Sigmoid,
            _ => Activation::Identity,
        };
        let model_id = identity::model_id(&folder.name(), &files, &settings)?;
        Ok(OnnxCrossEncoder {
            schema: Arc::new(schema(&model_id)),
            model_id,
            activation: classifier
                .activation
                .unwrap_or(LabelActivation::Each(usual)),
            engine,
            tokenizer,
            max_tokens,
            classifier,
            labels,
            label,
        })
    }

    fn token_limit(&self, folder: &ModelFolder) -> Result<usize, LoadError> {
        let Some(limit) = self.max_tokens.or(folder.limits.default_tokens()) else {
            let reason = "the folder does not say how many tokens the model reads";
            return Err(crate::builder::invalid(&folder.config_file(), reason));
        };
        let most = folder.limits.positions.unwrap_or(usize::MAX);
        if limit > most {
            let reason = format!("it is {limit}; the model has {most} positions");
            return Err(setting("max_tokens", reason));
        }
        Ok(limit)
    }

    fn place(
        &self,
        folder: &ModelFolder,
        classifier: &Classifier,
        labels: usize,
    ) -> Result<usize, LoadError> {
        let named = classifier.labels.len();
        if named != labels && (named > 0 && labels > 1) {
            let reason = format!("`id2label` names {named} labels, and the model gives {labels}");
            return Err(crate::builder::invalid(&folder.config_file(), reason));
        }
        classifier
            .place(self.label.as_deref(), labels)
            .ok_or_else(|| {
                let names = classifier.labels.join(", ");
                let asked = match &self.label {
                    Some(asked) => format!("it is {asked:?}"),
                    None => "none of the labels is known to stand for relevance".to_owned(),
                };
                setting(
                    "label",
                    format!("{asked}; choose one of the {labels}: {names}"),
                )
            })
    }
}

/// Runs the model once and returns how many labels it gives.
fn probe(engine: &dyn Engine, tokenizer: &PairTokenizer) -> Result<usize, BoxError> {
    let pair = tokenizer.tokens("a", "a")?;
    let logits = engine.logits(&[Sequence::whole(&pair.ids, &pair.types)])?;
    match logits.values.iter().all(|score| score.is_finite()) {
        true => Ok(logits.labels),
        false => Err("a score is not a finite number".into()),
    }
}
