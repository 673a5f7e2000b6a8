//! A cross-encoder over a model folder.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ranker_core::{
    BoxError, Candidate, Direction, EmbedError, FeatureError, FeatureExtractor, FeatureMatrix,
    FeatureSchema, FeatureSpec, Query,
};
use ranker_folder::{Classifier, LabelActivation, PairTokenizer, PairTokens};
use rayon::prelude::*;

use crate::builder::TOKEN_BUDGET;
use crate::cross_builder::OnnxCrossEncoderBuilder;
use crate::embedder::refuse_empty;
use crate::engine::{Engine, Sequence};
use crate::{Backend, LoadError, batches};

/// The feature's name.
const NAME: &str = "cross_encoder";

/// A cross-encoder: it reads a job and a profile as one sequence and gives one score. It sees more
/// than two embeddings do, and costs a pass of the model for every pair, so it is for the few
/// candidates that retrieval returned.
///
/// It is any sequence classifier: of one label, or of several of which one stands for relevance
/// ([`Self::label`]).
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
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) tokenizer: PairTokenizer,
    pub(crate) max_tokens: usize,
    pub(crate) model_id: String,
    pub(crate) schema: Arc<FeatureSchema>,
    pub(crate) classifier: Classifier,
    pub(crate) activation: LabelActivation,
    /// How many labels there are, and the place of the one that stands for relevance.
    pub(crate) labels: usize,
    pub(crate) label: usize,
}

impl OnnxCrossEncoder {
    /// Loads a folder with `model.onnx` (output `[pairs, labels]`; for our own engine `model.safetensors`
    /// will do, where there is one label), `config.json` and `tokenizer.json`: ONNX Runtime runs it when the
    /// application has loaded the library, else our own engine.
    ///
    /// # Errors
    ///
    /// [`LoadError`], which names the file or engine at fault.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::builder(folder).build()
    }

    /// The same, on an engine of choice.
    ///
    /// # Errors
    ///
    /// As [`OnnxCrossEncoder::from_dir`].
    pub fn with_backend(folder: impl AsRef<Path>, backend: Backend) -> Result<Self, LoadError> {
        Self::builder(folder).backend(backend).build()
    }

    /// Loads a folder with other settings.
    #[must_use]
    pub fn builder(folder: impl AsRef<Path>) -> OnnxCrossEncoderBuilder {
        OnnxCrossEncoderBuilder::new(folder.as_ref())
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

    /// The folder's name and a hash of the weights, the tokeniser, the limit and, of several labels, the one
    /// that stands for relevance.
    #[must_use]
    pub fn model_id(&self) -> &str {
        &self.model_id
    }

    /// The names of the labels, in the order of [`Self::predict`]; empty where the folder names none.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.classifier.labels
    }

    /// The place of the label that stands for relevance.
    #[must_use]
    pub fn label(&self) -> usize {
        self.label
    }

    /// The score of each document for a query, in the order of the documents: any finite number, a
    /// greater one is better. Its sigmoid is the probability that the model gives.
    ///
    /// It is what the model says before any activation; of several labels that exclude each other the
    /// log-odds of the one that stands for relevance.
    ///
    /// Of a pair above [`Self::max_tokens`] the longer text is cut, from its end, until the other is as long;
    /// then both are, as Python's tokenizers do (`longest_first`): a query below half of the limit is kept
    /// whole.
    ///
    /// # Errors
    ///
    /// [`EmbedError::EmptyText`] for an empty document (or query: text 0), and what tokeniser and
    /// engine say.
    pub fn score(&self, query: &str, documents: &[&str]) -> Result<Vec<f32>, EmbedError> {
        self.each(query, documents, |logits| self.relevance(logits))
    }

    /// What sentence-transformers' `CrossEncoder.predict` gives for each document: the scores of all
    /// labels behind the folder's `activation_fn`; without one, the sigmoid of one label, or those of
    /// several as they are.
    ///
    /// # Errors
    ///
    /// As [`Self::score`].
    pub fn predict(&self, query: &str, documents: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.each(query, documents, |logits| {
            let mut scores = logits.to_vec();
            self.activation.apply(&mut scores);
            scores
        })
    }

    fn relevance(&self, logits: &[f32]) -> f32 {
        let own = logits[self.label];
        if logits.len() == 1 || self.classifier.independent {
            return own;
        }
        let others = logits.iter().enumerate();
        let others = others.filter(|&(place, _)| place != self.label);
        let most = others.clone().map(|(_, &x)| x).fold(f32::MIN, f32::max);
        let sum: f32 = others.map(|(_, x)| (x - most).exp()).sum();
        own - most - sum.ln()
    }

    /// What `of` makes of the scores of each pair, in the order of the documents.
    fn each<T: Clone + Send + Sync>(
        &self,
        query: &str,
        documents: &[&str],
        of: impl Fn(&[f32]) -> T + Send + Sync,
    ) -> Result<Vec<T>, EmbedError> {
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
        let run = |batch: &Vec<usize>| {
            let logits = self.run(batch, &pairs)?;
            Ok(logits.chunks_exact(self.labels).map(&of).collect())
        };
        let results: Vec<Vec<T>> = batches::run_all(&plan, self.engine.pool(), run)?;
        let results = plan.iter().flatten().zip(results.into_iter().flatten());
        let mut results: Vec<(usize, T)> =
            results.map(|(&index, result)| (index, result)).collect();
        results.sort_unstable_by_key(|(index, _)| *index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    fn run(&self, batch: &[usize], pairs: &[PairTokens]) -> Result<Vec<f32>, EmbedError> {
        let pairs = batch.iter().map(|&index| &pairs[index]);
        let sequences = pairs.map(|pair| Sequence::whole(&pair.ids, &pair.types));
        let sequences: Vec<Sequence<'_>> = sequences.collect();
        let failed = |source: BoxError| EmbedError::Backend {
            backend: self.engine.name().to_owned(),
            source,
        };
        let logits = self.engine.logits(&sequences).map_err(failed)?;
        if logits.labels != self.labels || logits.values.len() != batch.len() * self.labels {
            return Err(failed("the number of its scores changes".into()));
        }
        match logits.values.iter().all(|score| score.is_finite()) {
            true => Ok(logits.values),
            false => Err(failed("a score is not a finite number".into())),
        }
    }
}

pub(crate) fn schema(model: &str) -> FeatureSchema {
    let column = FeatureSpec::new(
        NAME,
        "what a cross-encoder says of job and profile, read together",
        0.0..=1.0,
    )
    .with_direction(Direction::Increasing)
    .with_model(model);
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
