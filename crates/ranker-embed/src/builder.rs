//! Loading an encoder with other settings than its folder's.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread::available_parallelism;

use ranker_core::{BoxError, Role};
use ranker_folder::{FolderError, ModelFolder, Pooling, Prompts, TextTokenizer};

use crate::engine::{self, Choice, Engine, Hidden, Model, Purpose, Resources, Sequence};
use crate::head::Head;
use crate::identity;
use crate::late::{self, Late, Parts};
use crate::{Backend, Kernels, LoadError, OnnxEmbedder, Precision};

/// Tokens in a batch, padding included, unless set otherwise: small enough that a layer's activations
/// stay in a core's cache. On the machine where it was chosen, four times as many took half as long
/// again.
pub(crate) const TOKEN_BUDGET: usize = 1024;

/// Settings of an [`OnnxEmbedder`]; see [`OnnxEmbedder::builder`].
#[derive(Debug, Clone)]
pub struct OnnxEmbedderBuilder {
    folder: PathBuf,
    backend: Backend,
    precision: Precision,
    kernels: Option<Kernels>,
    threads: Option<usize>,
    sessions: usize,
    max_tokens: Option<usize>,
    query_tokens: Option<usize>,
    token_budget: usize,
    pooling: Option<Pooling>,
    dimension: Option<usize>,
    prompts: Vec<(Role, String)>,
    pub(crate) routes: [Option<String>; 2],
    file: Option<PathBuf>,
}

/// What an embedding depends on beside the weights, known once the model is loaded.
struct Loaded<'a> {
    folder: &'a ModelFolder,
    file: &'a Path,
    pooling: Pooling,
    is_pooled: bool,
    prompts: Prompts,
    max_tokens: usize,
    dimension: usize,
    late: Option<Late>,
}

impl OnnxEmbedderBuilder {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            backend: Backend::Auto,
            precision: Precision::Exact,
            kernels: None,
            threads: None,
            sessions: 1,
            max_tokens: None,
            query_tokens: None,
            token_budget: TOKEN_BUDGET,
            pooling: None,
            dimension: None,
            prompts: Vec::new(),
            routes: [None, None],
            file: None,
        }
    }

    /// The file with the model, relative to the folder: `onnx/model_fp16.onnx`. Default: `model.onnx`, in the
    /// folder or in `onnx/`, else the only graph there is, else `model.safetensors`.
    #[must_use]
    pub fn model_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The engine to run on. Default: [`Backend::Auto`].
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// How exactly the encoder computes. Default: [`Precision::Exact`].
    ///
    /// [`Precision::Fast`] runs on our own engine, ONNX Runtime loaded or not, in products of bytes. Its
    /// vectors are others, so that [`Embedder::model_id`](ranker_core::Embedder::model_id) is another too, and
    /// what was embedded exactly has to be embedded anew. A model that our own engine does not run is an
    /// error.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// The inner loops, of those that [`Kernels::all`] lists. Default: the fastest that the machine can run.
    ///
    /// For measuring how another machine would do. It runs our own engine, ONNX Runtime loaded or not, since
    /// that chooses its instructions by itself. Exact vectors are the same but for rounding.
    #[must_use]
    pub fn kernels(mut self, kernels: Kernels) -> Self {
        self.kernels = Some(kernels);
        self
    }

    /// How many threads encode. Default: as many as the system gives the process.
    ///
    /// ONNX Runtime divides them among its sessions, and each session's batch runs on all of the
    /// session's threads. Our own engine spreads one batch or several over all of them.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// How many copies of the model ONNX Runtime holds. Default: 1. Our own engine needs only one.
    ///
    /// A session runs one batch at a time; further calls wait for it. More sessions let several
    /// threads encode at the same time, at the price of one model's memory each.
    #[must_use]
    pub fn sessions(mut self, sessions: usize) -> Self {
        self.sessions = sessions;
        self
    }

    /// How many tokens of a text are read, special tokens included.
    ///
    /// Default: `max_seq_length` of `sentence_bert_config.json`, else `model_max_length` of
    /// `tokenizer_config.json`, in either case no more than the model has position embeddings. Of a model of late
    /// interaction it is the limit of documents.
    #[must_use]
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }

    /// How many tokens of a query a model of late interaction reads, those around it and its mark included.
    ///
    /// Default: as the folder says, mostly 32, which is a question and no job description. What is longer than the
    /// model was trained on is read as well as its encoder knows how; masks fill up what is shorter to the
    /// folder's length, whatever is set here.
    #[must_use]
    pub fn query_tokens(mut self, query_tokens: usize) -> Self {
        self.query_tokens = Some(query_tokens);
        self
    }

    /// How many tokens a batch holds, padding included. Default: 1024.
    ///
    /// A text with more tokens runs alone.
    #[must_use]
    pub fn token_budget(mut self, token_budget: usize) -> Self {
        self.token_budget = token_budget;
        self
    }

    /// How token vectors become a text's vector. Default: as the folder says, else as the graph does where it
    /// pools by itself, else the last token of a decoder that reads in one direction, else the mean.
    #[must_use]
    pub fn pooling(mut self, pooling: Pooling) -> Self {
        self.pooling = Some(pooling);
        self
    }

    /// How many components of a vector are kept. Default: all.
    ///
    /// For models trained so that their first components stand for the whole (Matryoshka
    /// representation learning, Kusupati et al. 2022); with others, quality suffers.
    #[must_use]
    pub fn dimension(mut self, dimension: usize) -> Self {
        self.dimension = Some(dimension);
        self
    }

    /// The text before each text of a role. Default: as `config_sentence_transformers.json` says.
    #[must_use]
    pub fn prompt(mut self, role: Role, prompt: impl Into<String>) -> Self {
        self.prompts.push((role, prompt.into()));
        self
    }

    /// The route that the texts of a role take behind the pooling, where the folder has several (`Router`, or
    /// `Asym` in older versions of sentence-transformers; [`Head::routes`](ranker_folder::Head::routes)).
    ///
    /// Default: `query` or `anchor` for queries, `document`, `passage`, `corpus` or `positive` for documents,
    /// else the folder's default route. An encoder of job titles that has `anchor` for titles and `positive`
    /// for skills needs `anchor` for both, where titles are compared.
    #[must_use]
    pub fn route(mut self, role: Role, route: impl Into<String>) -> Self {
        self.routes[usize::from(role == Role::Document)] = Some(route.into());
        self
    }

    /// Reads the folder, loads the model and runs it once.
    ///
    /// # Errors
    ///
    /// [`LoadError`], which names the file, setting or engine at fault.
    pub fn build(self) -> Result<OnnxEmbedder, LoadError> {
        let resources = self.resources()?;
        let folder = ModelFolder::read(&self.folder)?;
        let choice = Choice::new(self.backend, self.precision)?.with_kernels(self.kernels)?;
        let file = match &self.file {
            Some(file) => folder.root.join(file),
            None => engine::model_file(choice.backend, &folder)?,
        };
        let pooling = self.pooling.or(folder.pooling);
        let model = Model {
            folder: &folder,
            file: &file,
            purpose: match (pooling, &folder.late) {
                (None, None) => Purpose::Texts,
                _ => Purpose::Tokens,
            },
        };
        self.refuse_late(&folder)?;
        let tokenizer = TextTokenizer::read(&folder)?;
        fits_vocabulary(&tokenizer, &folder)?;
        let max_tokens = self.token_limit(&folder, &tokenizer)?;
        let tokenizer = tokenizer.with_max_tokens(max_tokens);

        let engine = engine::load(choice, model, resources)?;
        let (hidden_size, is_pooled) = probe(&*engine, &tokenizer, model)?;
        let heads = match is_pooled {
            true => [Head::none(hidden_size), Head::none(hidden_size)],
            false => self.heads(&folder, hidden_size)?,
        };
        let prompts = self.prompts(&folder);
        let parts = Parts {
            folder: &folder,
            tokenizer: &tokenizer,
            prompts: &prompts,
            limits: [self.query_limit(&folder, max_tokens)?, max_tokens],
        };
        let late = parts.late(&file, (hidden_size, is_pooled))?;
        let most = late
            .as_ref()
            .map_or(heads[0].size(), |late| late.head.size());
        let dimension = self.components(most)?;
        let loaded = Loaded {
            folder: &folder,
            file: &file,
            pooling: pooling.unwrap_or_else(|| assumed(&folder)),
            is_pooled,
            prompts,
            max_tokens,
            dimension,
            late,
        };
        if is_pooled {
            self.refuse_pooled(&loaded)?;
        }
        let model_id = self.model_id(&loaded)?;
        Ok(OnnxEmbedder {
            engine,
            skips: skips(&tokenizer, &folder, &loaded.prompts)?,
            tokenizer,
            pooling: loaded.pooling,
            pooling_is_assumed: pooling.is_none() && !is_pooled && loaded.late.is_none(),
            is_pooled,
            hidden_size,
            heads,
            has_routes: !folder.head.routes().is_empty(),
            dimension,
            late: loaded.late,
            token_dimension: match folder.head.is_empty() {
                true => dimension,
                false => hidden_size,
            },
            prompts: loaded.prompts,
            max_tokens,
            token_budget: self.token_budget,
            model_id,
            baseline: OnceLock::new(),
        })
    }

    fn components(&self, most: usize) -> Result<usize, LoadError> {
        let dimension = self.dimension.unwrap_or(most);
        if dimension == 0 || dimension > most {
            let reason = format!("it is {dimension}; the model has 1..={most}");
            return Err(setting("dimension", reason));
        }
        Ok(dimension)
    }

    fn prompts(&self, folder: &ModelFolder) -> Prompts {
        let own = self.prompts.iter();
        own.fold(folder.prompts.clone(), |prompts, (role, prompt)| {
            prompts.with(*role, prompt)
        })
    }

    fn model_id(&self, loaded: &Loaded<'_>) -> Result<String, LoadError> {
        let folder = loaded.folder;
        let numbers = [loaded.max_tokens.to_string(), loaded.dimension.to_string()];
        let flags = [
            folder.pools_prompt.to_string(),
            folder.lower_case.to_string(),
        ];
        let mut settings = vec![
            loaded.pooling.name(),
            &flags[0],
            &loaded.prompts.query,
            &loaded.prompts.document,
            &numbers[0],
            &numbers[1],
            &flags[1],
        ];
        // Embeddings of before keep the ids that they had before there were others.
        settings.extend(identity::of_precision(self.precision));
        settings.extend(loaded.is_pooled.then_some("pooled by the graph"));
        let (mut ways, mut modules) = self.behind(folder)?;
        if let Some(late) = &loaded.late {
            ways.extend(late.settings());
            let own = folder.late.iter().flat_map(|late| late.head.plain());
            ways.extend(own.map(ToString::to_string));
            modules.extend(late::weights(folder));
        }
        settings.extend(ways.iter().map(String::as_str));
        let files = identity::Files {
            model: loaded.file,
            tokenizer: &folder.tokenizer_file(),
            modules,
        };
        Ok(identity::model_id(&folder.name(), &files, &settings)?)
    }

    /// Which settings belong to late interaction, and which to everything else.
    fn refuse_late(&self, folder: &ModelFolder) -> Result<(), LoadError> {
        let refused = |name, reason: &str| Err(setting(name, reason.to_owned()));
        match (&folder.late, self.query_tokens, self.pooling) {
            (None, Some(_), _) => refused(
                "query_tokens",
                "only a model of late interaction reads queries otherwise; `max_tokens` is for all texts",
            ),
            (Some(_), _, Some(_)) => refused(
                "pooling",
                "the model is one of late interaction, which pools nothing",
            ),
            _ => Ok(()),
        }
    }

    /// How many tokens of a query are read; as many as of any text where the model is none of late interaction.
    fn query_limit(&self, folder: &ModelFolder, max_tokens: usize) -> Result<usize, LoadError> {
        let Some(late) = &folder.late else {
            return Ok(max_tokens);
        };
        let most = folder.limits.positions.unwrap_or(usize::MAX);
        let default = late.query_tokens.or(folder.limits.default_tokens());
        match self.query_tokens.or(default.map(|limit| limit.min(most))) {
            None => {
                let reason = "the folder does not say how many tokens of a query the model reads";
                Err(setting("query_tokens", reason.to_owned()))
            }
            Some(limit) if limit > most => {
                let reason = format!("it is {limit}; the model has {most} positions");
                Err(setting("query_tokens", reason))
            }
            Some(limit) => Ok(limit),
        }
    }

    /// What a graph that pools by itself cannot take.
    fn refuse_pooled(&self, loaded: &Loaded<'_>) -> Result<(), LoadError> {
        let (folder, prompts) = (loaded.folder, &loaded.prompts);
        let refused = |name, what: &str| {
            let reason = format!("the graph pools by itself, and {what}");
            Err(setting(name, reason))
        };
        if self.pooling.is_some() {
            return refused("pooling", "gives no token vectors to pool otherwise");
        }
        if !folder.head.routes().is_empty() {
            return refused("route", "takes no way that depends on the role");
        }
        if !folder.pools_prompt && *prompts != Prompts::default() {
            return refused("prompt", "does not know where a prompt ends");
        }
        Ok(())
    }

    fn resources(&self) -> Result<Resources, LoadError> {
        let given = || available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = self.threads.unwrap_or_else(given);
        for (name, value) in [
            ("threads", threads),
            ("sessions", self.sessions),
            ("token_budget", self.token_budget),
        ] {
            if value == 0 {
                return Err(setting(name, "it is 0; at least 1 is needed".to_owned()));
            }
        }
        Ok(Resources {
            threads,
            sessions: self.sessions,
        })
    }

    fn token_limit(
        &self,
        folder: &ModelFolder,
        tokenizer: &TextTokenizer,
    ) -> Result<usize, LoadError> {
        let of_documents = folder.late.as_ref().and_then(|late| late.document_tokens);
        let of_documents =
            of_documents.map(|limit| limit.min(folder.limits.positions.unwrap_or(usize::MAX)));
        token_limit(self.max_tokens.or(of_documents), folder, tokenizer)
    }
}

/// How many tokens of a text are read: as many as asked, or else as the folder says.
pub(crate) fn token_limit(
    asked: Option<usize>,
    folder: &ModelFolder,
    tokenizer: &TextTokenizer,
) -> Result<usize, LoadError> {
    let refused = |reason| Err(setting("max_tokens", reason));
    let Some(limit) = asked.or(folder.limits.default_tokens()) else {
        return refused("the folder does not say how many tokens the model reads".to_owned());
    };
    let least = tokenizer.special_tokens() + 1;
    let most = folder.limits.positions.unwrap_or(usize::MAX);
    if limit < least {
        return refused(format!("it is {limit}; a text needs at least {least}"));
    }
    if limit > most {
        return refused(format!("it is {limit}; the model has {most} positions"));
    }
    Ok(limit)
}

/// The pooling where nobody names one.
fn assumed(folder: &ModelFolder) -> Pooling {
    match folder.is_causal {
        true => Pooling::LastToken,
        false => Pooling::Mean,
    }
}

pub(crate) fn setting(setting: &'static str, reason: String) -> LoadError {
    LoadError::Setting { setting, reason }
}

pub(crate) fn invalid(path: &Path, source: impl Into<BoxError>) -> LoadError {
    let (path, source) = (path.to_path_buf(), source.into());
    FolderError::Invalid { path, source }.into()
}

/// A tokeniser with more words than the model has embeddings belongs to another model.
fn fits_vocabulary(tokenizer: &TextTokenizer, folder: &ModelFolder) -> Result<(), LoadError> {
    let words = tokenizer.vocabulary();
    match folder.vocabulary {
        Some(known) if words > known => {
            let reason = format!("it has {words} words, the model's `vocab_size` is {known}");
            Err(invalid(&folder.tokenizer_file(), reason))
        }
        _ => Ok(()),
    }
}

/// Runs the model once and returns how many components its vectors have, and whether they are those of texts.
fn probe(
    engine: &dyn Engine,
    tokenizer: &TextTokenizer,
    model: Model<'_>,
) -> Result<(usize, bool), LoadError> {
    let folder = model.folder;
    let hidden = run_once(engine, tokenizer, model)?;
    match folder.hidden_size {
        Some(expected) if expected != hidden.dimension && !hidden.is_pooled => {
            let found = hidden.dimension;
            let reason = format!("`hidden_size` is {expected}, but the graph gives {found}");
            Err(invalid(&folder.config_file(), reason))
        }
        _ => Ok((hidden.dimension, hidden.is_pooled)),
    }
}

/// What the model gives for a short text, so that a graph that does not run is an error of loading.
pub(crate) fn run_once(
    engine: &dyn Engine,
    tokenizer: &TextTokenizer,
    model: Model<'_>,
) -> Result<Hidden, LoadError> {
    let tokens = tokenizer.probe();
    let hidden = engine.run(&[Sequence::from(&tokens)]);
    hidden.map_err(|source| LoadError::Graph {
        path: model.file.to_path_buf(),
        backend: engine.name().to_owned(),
        source,
    })
}

/// How many tokens at the start of a query and of a document take no part in the pooling.
fn skips(
    tokenizer: &TextTokenizer,
    folder: &ModelFolder,
    prompts: &Prompts,
) -> Result<[usize; 2], LoadError> {
    let skip = |prompt: &str| match (folder.pools_prompt, prompt) {
        (true, _) | (_, "") => Ok(0),
        _ => tokenizer
            .prompt_tokens(prompt)
            .map_err(|source| invalid(&folder.tokenizer_file(), source)),
    };
    Ok([skip(&prompts.query)?, skip(&prompts.document)?])
}
