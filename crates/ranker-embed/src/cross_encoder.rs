//! A cross-encoder over a model folder.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use ranker_core::{
    BoxError, Candidate, Direction, EmbedError, FeatureError, FeatureExtractor, FeatureMatrix,
    FeatureSchema, FeatureSpec, Query,
};
use ranker_folder::{ModelFolder, PairTokenizer, PairTokens};
use rayon::prelude::*;

use crate::builder::TOKEN_BUDGET;
use crate::embedder::refuse_empty;
use crate::engine::{self, Engine, Model, Resources, Sequence};
use crate::{Backend, LoadError, batches, identity};

/// The feature's name.
const NAME: &str = "cross_encoder";

/// A cross-encoder: it reads a job and a profile as one sequence and gives one score. It sees more
/// than two embeddings do, and costs a pass of the model for every pair, so it is for the few
/// candidates that retrieval returned.
///
/// It is a [`FeatureExtractor`] with one column, `cross_encoder`: the sigmoid of the score. A ranker
/// takes it beside its other features, to be weighted by learning, or alone:
///
/// ```no_run
/// use ranker_embed::{FeatureExtractor as _, OnnxCrossEncoder};
///
/// let cross = OnnxCrossEncoder::from_dir("tuned/merged")?;
/// let scores = cross.score("Rust engineer", &["Builds search in Rust", "Registered nurse"])?;
/// assert!(scores[0] > scores[1]);
/// // With a scorer of weight 1 for this schema, the ranking is the cross-encoder's.
/// assert_eq!(cross.schema().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OnnxCrossEncoder {
    engine: Box<dyn Engine>,
    tokenizer: PairTokenizer,
    max_tokens: usize,
    model_id: String,
    schema: Arc<FeatureSchema>,
}

impl OnnxCrossEncoder {
    /// Loads a folder with `model.onnx` (output `[pairs, 1]`; for our own engine `model.safetensors`
    /// will do), `config.json` and `tokenizer.json`: ONNX Runtime runs it when the application has
    /// loaded the library, else our own engine.
    ///
    /// # Errors
    ///
    /// [`LoadError`], which names the file or engine at fault.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::with_backend(folder, Backend::Auto)
    }

    /// The same, on an engine of choice.
    ///
    /// # Errors
    ///
    /// As [`OnnxCrossEncoder::from_dir`].
    pub fn with_backend(folder: impl AsRef<Path>, backend: Backend) -> Result<Self, LoadError> {
        let folder = ModelFolder::read(folder.as_ref())?;
        let Some(max_tokens) = folder.limits.default_tokens() else {
            let reason = "the folder does not say how many tokens the model reads";
            return Err(crate::builder::invalid(&folder.config_file(), reason));
        };
        let file = engine::model_file(backend, &folder)?;
        let tokenizer = PairTokenizer::read(&folder, max_tokens)?;
        let threads = available_parallelism().map_or(1, NonZeroUsize::get);
        let resources = Resources {
            threads,
            sessions: 1,
        };
        let settings = [&max_tokens.to_string()[..], &folder.lower_case.to_string()];
        let engine = engine::load(
            backend.into(),
            Model {
                folder: &folder,
                file: &file,
            },
            resources,
        )?;
        let files = identity::Files {
            model: &file,
            tokenizer: &folder.tokenizer_file(),
            modules: Vec::new(),
        };
        let cross = Self {
            engine,
            tokenizer,
            max_tokens,
            model_id: identity::model_id(&folder.name(), &files, &settings)?,
            schema: Arc::new(schema()),
        };
        // Run once, so that a graph of another kind is refused here.
        match cross.score("a", &["a"]) {
            Ok(_) => Ok(cross),
            Err(error) => Err(LoadError::Graph {
                path: file,
                backend: cross.backend().to_owned(),
                source: error.into(),
            }),
        }
    }

    /// The engine and its version, for display.
    #[must_use]
    pub fn backend(&self) -> &str {
        self.engine.name()
    }

    /// How many tokens of a pair are read, special tokens included.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// The folder's name and a hash of the weights, the tokeniser and the limit.
    #[must_use]
    pub fn model_id(&self) -> &str {
        &self.model_id
    }

    /// The score of each document for a query, in the order of the documents: any finite number, a
    /// greater one is better. Of a pair above [`Self::max_tokens`] the longer text is cut.
    ///
    /// # Errors
    ///
    /// [`EmbedError::EmptyText`] for an empty document (or query: text 0), and what tokeniser and
    /// engine say.
    pub fn score(&self, query: &str, documents: &[&str]) -> Result<Vec<f32>, EmbedError> {
        refuse_empty(&[query])?;
        refuse_empty(documents)?;
        let pairs: Vec<PairTokens> = documents
            .par_iter()
            .enumerate()
            .map(|(index, document)| {
                let tokens = self.tokenizer.tokens(query, document);
                tokens.map_err(|source| EmbedError::Tokenize { index, source })
            })
            .collect::<Result<_, _>>()?;
        let lengths: Vec<usize> = pairs.iter().map(|pair| pair.ids.len()).collect();
        let plan = batches::plan(&lengths, TOKEN_BUDGET, self.engine.pool());
        let run = |batch: &Vec<usize>| self.run(batch, &pairs);
        let results = batches::run_all(&plan, self.engine.pool(), run)?;
        let mut scores = vec![0.0; pairs.len()];
        for (&index, score) in plan.iter().flatten().zip(results.into_iter().flatten()) {
            scores[index] = score;
        }
        Ok(scores)
    }

    fn run(&self, batch: &[usize], pairs: &[PairTokens]) -> Result<Vec<f32>, EmbedError> {
        let sequence =
            |&index: &usize| -> Sequence<'_> { (&pairs[index].ids, &pairs[index].types) };
        let sequences: Vec<Sequence<'_>> = batch.iter().map(sequence).collect();
        let failed = |source: BoxError| EmbedError::Backend {
            backend: self.engine.name().to_owned(),
            source,
        };
        let scores = self.engine.scores(&sequences).map_err(failed)?;
        match scores.iter().all(|score| score.is_finite()) {
            true => Ok(scores),
            false => Err(failed("a score is not a finite number".into())),
        }
    }
}

pub(crate) fn schema() -> FeatureSchema {
    let column = FeatureSpec::new(
        NAME,
        "what a cross-encoder says of job and profile, read together",
        0.0..=1.0,
    )
    .with_direction(Direction::Increasing);
    FeatureSchema::new(vec![column]).unwrap_or_default()
}

impl FeatureExtractor for OnnxCrossEncoder {
    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<FeatureMatrix, FeatureError> {
        let scores = scores(query, candidates, |query, texts| self.score(query, texts))?;
        let values = scores.into_iter().map(sigmoid).collect();
        FeatureMatrix::new(Arc::clone(&self.schema), values)
    }
}

/// What `score` says of the whole texts of a job and of each candidate.
pub(crate) fn scores(
    query: &Query,
    candidates: &[Candidate],
    score: impl Fn(&str, &[&str]) -> Result<Vec<f32>, EmbedError>,
) -> Result<Vec<f32>, FeatureError> {
    let texts = candidates
        .iter()
        .map(|candidate| candidate.profile().full_text());
    let texts: Vec<String> = texts.collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let scores = score(&query.job().full_text(), &texts);
    scores.map_err(|source| FeatureError::Failed {
        feature: NAME.to_owned(),
        source: source.into(),
    })
}

pub(crate) fn sigmoid(score: f32) -> f32 {
    1.0 / (1.0 + (-score).exp())
}

impl fmt::Debug for OnnxCrossEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnnxCrossEncoder")
            .field("model_id", &self.model_id)
            .field("backend", &self.backend())
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}
