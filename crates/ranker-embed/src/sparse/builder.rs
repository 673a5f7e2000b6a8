//! Loading an encoder that weighs a vocabulary.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

use ranker_core::Role;
use ranker_folder::{ModelFolder, SparseFolder, SparsePooling, SparseWay, TextTokenizer};

use super::table::Table;
use super::{Masked, OnnxSparseEmbedder, Way};
use crate::builder::{invalid, run_once, setting, token_limit};
use crate::engine::{self, Engine, Model, Purpose, Resources};
use crate::{Backend, LoadError, identity};

/// Tokens in a batch, padding included: a token's logits are as many as the vocabulary has entries, 120 kB of 30,000.
const TOKEN_BUDGET: usize = 256;

/// Settings of an [`OnnxSparseEmbedder`]; see [`OnnxSparseEmbedder::builder`].
#[derive(Debug, Clone)]
pub struct OnnxSparseEmbedderBuilder {
    folder: PathBuf,
    file: Option<PathBuf>,
    threads: Option<usize>,
    max_tokens: Option<usize>,
    token_budget: usize,
    most: Option<usize>,
}

impl OnnxSparseEmbedderBuilder {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            file: None,
            threads: None,
            max_tokens: None,
            token_budget: TOKEN_BUDGET,
            most: None,
        }
    }

    /// The file with the graph, relative to the folder: `onnx/model_fp16.onnx`. Default: `model.onnx` beside the model's
    /// `config.json` or in `onnx/` there, else the only graph there is.
    #[must_use]
    pub fn model_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// How many threads encode. Default: as many as the system gives the process.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// How many tokens of a text are read, special tokens included. Default: as the folder says.
    #[must_use]
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }

    /// How many tokens a batch holds, padding included. Default: 256, since a token's logits are as many as the vocabulary has
    /// entries. A text with more tokens runs alone.
    #[must_use]
    pub fn token_budget(mut self, token_budget: usize) -> Self {
        self.token_budget = token_budget;
        self
    }

    /// How many weights of a text are kept, the greatest. Default: as the folder says (`max_active_dims`), mostly all.
    #[must_use]
    pub fn most_weights(mut self, most: usize) -> Self {
        self.most = Some(most);
        self
    }

    /// Reads the folder, loads the model and runs it once.
    ///
    /// # Errors
    ///
    /// [`LoadError`], which names the file or setting at fault; [`LoadError::RuntimeNotLoaded`] where ONNX Runtime was not
    /// loaded, and queries or documents need a model.
    pub fn build(self) -> Result<OnnxSparseEmbedder, LoadError> {
        for (name, value) in [
            ("threads", self.threads),
            ("token_budget", Some(self.token_budget)),
            ("most_weights", self.most),
        ] {
            if value == Some(0) {
                return Err(setting(name, "it is 0; at least 1 is needed".to_owned()));
            }
        }
        let folder = SparseFolder::read(&self.folder)?;
        let document = self.way(&folder, Role::Document)?;
        let query = match is_same(&folder) {
            true => Arc::clone(&document),
            false => self.way(&folder, Role::Query)?,
        };
        let sizes = [query.vocabulary(), document.vocabulary()];
        if sizes[0] != sizes[1] {
            let [queries, documents] = sizes;
            let reason = format!(
                "queries have {queries} weights and documents {documents}: they cannot be compared"
            );
            return Err(invalid(&folder.root, reason));
        }
        let most = self.most.or(folder.most).unwrap_or(usize::MAX);
        let model_id = self.model_id(&folder, [&*query, &*document], most)?;
        Ok(OnnxSparseEmbedder {
            vocabulary: sizes[1],
            ways: [query, document],
            prompts: folder.prompts,
            most,
            model_id,
        })
    }

    fn way(&self, folder: &SparseFolder, role: Role) -> Result<Arc<Way>, LoadError> {
        Ok(Arc::new(match folder.way(role) {
            SparseWay::Masked {
                folder: inner,
                pooling,
            } => Way::Masked(self.masked(folder, inner, *pooling)?),
            SparseWay::Table { table, tokens } => {
                let tokens = self.max_tokens.or(*tokens).unwrap_or(usize::MAX);
                if tokens == 0 {
                    let reason = "it is 0; a text needs at least 1".to_owned();
                    return Err(setting("max_tokens", reason));
                }
                Way::Table(Table::read(table, tokens)?)
            }
            _ => {
                return Err(invalid(
                    &folder.root,
                    "it weighs texts in a way that is not known here",
                ));
            }
        }))
    }

    fn masked(
        &self,
        folder: &SparseFolder,
        inner: &ModelFolder,
        pooling: SparsePooling,
    ) -> Result<Masked, LoadError> {
        let file = self.graph(folder, inner)?;
        let tokenizer = TextTokenizer::read(inner)?;
        let max_tokens = token_limit(self.max_tokens, inner, &tokenizer)?;
        let tokenizer = tokenizer.with_max_tokens(max_tokens);
        let model = Model {
            folder: inner,
            file: &file,
            purpose: Purpose::Words,
        };
        let given = || available_parallelism().map_or(1, NonZeroUsize::get);
        let resources = Resources {
            threads: self.threads.unwrap_or_else(given),
            sessions: 1,
        };
        let engine = engine::load(Backend::OnnxRuntime.into(), model, resources)?;
        let vocabulary = probe(&*engine, &tokenizer, model)?;
        Ok(Masked {
            engine,
            tokenizer,
            pooling,
            vocabulary,
            max_tokens,
            token_budget: self.token_budget,
        })
    }

    fn graph(&self, folder: &SparseFolder, inner: &ModelFolder) -> Result<PathBuf, LoadError> {
        match &self.file {
            Some(file) => Ok(folder.root.join(file)),
            None => Ok(inner.model_file()?),
        }
    }

    fn model_id(
        &self,
        folder: &SparseFolder,
        ways: [&Way; 2],
        most: usize,
    ) -> Result<String, LoadError> {
        let (mut files, mut settings) = (Vec::new(), vec![most.to_string()]);
        for (way, role) in ways.into_iter().zip([Role::Query, Role::Document]) {
            let tokens = match (way, folder.way(role)) {
                (Way::Masked(masked), SparseWay::Masked { folder: inner, .. }) => {
                    let graph = self.graph(folder, inner)?;
                    files.extend(identity::external_data(&graph));
                    files.extend([graph, inner.tokenizer_file()]);
                    settings.push(format!("{:?} {}", masked.pooling, inner.lower_case));
                    masked.max_tokens
                }
                (
                    Way::Table(table),
                    SparseWay::Table {
                        table: files_of, ..
                    },
                ) => {
                    files.extend([files_of.weights.clone(), files_of.tokenizer.clone()]);
                    table.max_tokens()
                }
                _ => continue,
            };
            settings.push(tokens.to_string());
            settings.push(folder.prompts.of(role).to_owned());
        }
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        Ok(identity::of_files(&folder.name(), &files, &settings)?)
    }
}

/// Whether queries are weighed by the model that documents are.
fn is_same(folder: &SparseFolder) -> bool {
    match (&folder.query, &folder.document) {
        (
            SparseWay::Masked {
                folder: a,
                pooling: x,
            },
            SparseWay::Masked {
                folder: b,
                pooling: y,
            },
        ) => a.root == b.root && x == y,
        _ => false,
    }
}

/// Runs the model once and returns how many logits it gives a token.
fn probe(
    engine: &dyn Engine,
    tokenizer: &TextTokenizer,
    model: Model<'_>,
) -> Result<usize, LoadError> {
    let folder = model.folder;
    let found = run_once(engine, tokenizer, model)?.dimension;
    if let Some(expected) = folder.vocabulary.filter(|&expected| expected != found) {
        let reason = format!(
            "`vocab_size` is {expected}, but the graph gives {found} numbers a token: export the model for `fill-mask`"
        );
        return Err(invalid(&folder.config_file(), reason));
    }
    match tokenizer.largest_id() {
        Some(id) if id as usize >= found => {
            let reason = format!("it has token {id}, and the model {found} logits");
            Err(invalid(&folder.tokenizer_file(), reason))
        }
        _ => Ok(found),
    }
}
