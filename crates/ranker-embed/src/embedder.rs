//! An encoder over a model folder.

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

use ranker_core::{
    Cancel, CosineBaseline, EmbedError, Embedded, EmbeddedTokens, Embedder, Embedding, Role,
    TokenEmbeddings, TokenUsage, ValueError,
};
use ranker_folder::{Pooling, Prompts, Spans, TextTokenizer, Tokens};
use rayon::prelude::*;

use crate::LoadError;
use crate::batches;
use crate::builder::OnnxEmbedderBuilder;
use crate::engine::{Engine, Sequence};
use crate::head::Head;
use crate::late::Late;

/// What runs the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Backend {
    /// ONNX Runtime when the application has loaded it and the folder holds a graph, else our own.
    #[default]
    Auto,
    /// ONNX Runtime, which runs any graph; see the crate's `onnxruntime` module.
    OnnxRuntime,
    /// Our own, `ranker-encoder`: pure Rust, for BERT-like encoders, from ONNX or safetensors.
    Native,
}

/// A transformer encoder loaded from a model folder in the layout of sentence-transformers.
///
/// One value serves any number of threads. A text's embedding depends neither on the texts beside
/// it nor on the engine, beyond rounding; where it was loaded with [`Precision::Fast`](crate::Precision::Fast),
/// it is another embedding, and has another id.
pub struct OnnxEmbedder {
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) tokenizer: TextTokenizer,
    pub(crate) prompts: Prompts,
    /// Tokens at the start that take no part in the pooling: of a query, of a document.
    pub(crate) skips: [usize; 2],
    pub(crate) pooling: Pooling,
    pub(crate) pooling_is_assumed: bool,
    /// Whether the graph pools by itself, and has whatever follows.
    pub(crate) is_pooled: bool,
    pub(crate) hidden_size: usize,
    /// What becomes of the pooled vector: of a query, of a document.
    pub(crate) heads: [Head; 2],
    /// How token vectors are formed that are compared by late interaction; there are no others then.
    pub(crate) late: Option<Late>,
    /// Whether those of queries and documents may differ.
    pub(crate) has_routes: bool,
    pub(crate) dimension: usize,
    /// Components of a token's vector, which no head is applied to.
    pub(crate) token_dimension: usize,
    pub(crate) max_tokens: usize,
    pub(crate) token_budget: usize,
    pub(crate) model_id: String,
    /// Measured when it is first asked for.
    pub(crate) baseline: OnceLock<CosineBaseline>,
}

impl OnnxEmbedder {
    /// Loads a model folder with the folder's own settings: ONNX Runtime runs it when the
    /// application has loaded the library, else our own engine.
    ///
    /// # Errors
    ///
    /// [`LoadError`], which names the file or engine at fault.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::builder(folder).build()
    }

    /// Loads a model folder with other settings.
    ///
    /// The folder holds `model.onnx` (or `onnx/model.onnx`, or one other graph; for our own engine
    /// `model.safetensors` will
    /// do), `tokenizer.json` and `config.json`, and
    /// where they say something `modules.json` with the files of its modules,
    /// `sentence_bert_config.json`, `tokenizer_config.json` and `config_sentence_transformers.json`.
    #[must_use]
    pub fn builder(folder: impl AsRef<Path>) -> OnnxEmbedderBuilder {
        OnnxEmbedderBuilder::new(folder.as_ref())
    }

    /// The engine and its version, for display.
    #[must_use]
    pub fn backend(&self) -> &str {
        self.engine.name()
    }

    /// Whether it gives vectors of tokens alone, for late interaction: there are no embeddings then, and
    /// [`Embedder::dimension`] is that of a token's vector. [`WithTokens`](crate::WithTokens) joins it to an encoder that
    /// has them.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.late.is_some()
    }

    /// How many tokens of a text are read, special tokens included; of a model of late interaction, those of a
    /// document.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// How token vectors become a text's vector; without meaning where the graph pools by itself
    /// ([`Self::pools_in_graph`]).
    #[must_use]
    pub fn pooling(&self) -> Pooling {
        self.pooling
    }

    /// Whether the graph gives the vectors of texts (`sentence_embedding`), and no one knows those of tokens:
    /// it has no output of hidden states, or neither folder nor builder names a pooling.
    ///
    /// Neither pooling nor modules of the folder are applied to them, and there are no token vectors.
    #[must_use]
    pub fn pools_in_graph(&self) -> bool {
        self.is_pooled
    }

    /// Whether neither folder, graph nor builder named the pooling, and it was assumed: the last token of a
    /// decoder that reads in one direction, else the mean.
    #[must_use]
    pub fn pooling_is_assumed(&self) -> bool {
        self.pooling_is_assumed
    }

    /// The text that is put before each text of a role; empty where there is none.
    #[must_use]
    pub fn prompt(&self, role: Role) -> &str {
        self.prompts.of(role)
    }

    /// How much of each text is read, without reading it: the model does not run.
    ///
    /// # Errors
    ///
    /// [`EmbedError::EmptyText`], [`EmbedError::Tokenize`].
    pub fn usage(&self, texts: &[&str], role: Role) -> Result<Vec<TokenUsage>, EmbedError> {
        let tokens = self.tokenize(texts, role, Spans::Skip)?;
        Ok(tokens.iter().map(|tokens| tokens.usage).collect())
    }

    pub(crate) fn refuse_late(&self) -> Result<(), EmbedError> {
        match self.late {
            Some(_) => Err(EmbedError::NoTextVectors {
                model: self.model_id.clone(),
            }),
            None => Ok(()),
        }
    }

    fn refuse_pooled(&self) -> Result<(), EmbedError> {
        match self.is_pooled {
            true => Err(EmbedError::NoTokenVectors {
                model: self.model_id.clone(),
            }),
            false => Ok(()),
        }
    }

    fn tokenize(
        &self,
        texts: &[&str],
        role: Role,
        spans: Spans,
    ) -> Result<Vec<Tokens>, EmbedError> {
        refuse_empty(texts)?;
        let prompt = self.prompts.of(role);
        texts
            .par_iter()
            .enumerate()
            .map(|(index, text)| {
                let tokens = match &self.late {
                    Some(late) => late.tokens(&self.tokenizer, (text, role), spans),
                    None => self.tokenizer.tokens(prompt, text, spans),
                };
                tokens.map_err(|source| EmbedError::Tokenize { index, source })
            })
            .collect()
    }

    /// Runs the model over all texts and hands each text's hidden states (`tokens × hidden size`) to
    /// `finish`, with the text's index. Results are in the order of the texts.
    fn forward<T, F>(&self, tokens: &[Tokens], finish: F) -> Result<Vec<T>, EmbedError>
    where
        T: Send,
        F: Fn(usize, &[f32]) -> Result<T, EmbedError> + Sync,
    {
        let lengths: Vec<usize> = tokens.iter().map(|tokens| tokens.ids.len()).collect();
        let batches = batches::plan(&lengths, self.token_budget, self.engine.pool());
        let cancel = Cancel::current();
        let run = |batch: &Vec<usize>| {
            if cancel.is_cancelled() {
                return Err(EmbedError::Cancelled);
            }
            self.run(batch, tokens, &finish)
        };
        let results = batches::run_all(&batches, self.engine.pool(), run)?;
        let mut results: Vec<(usize, T)> = results.into_iter().flatten().collect();
        results.sort_unstable_by_key(|(index, _)| *index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    fn run<T, F>(
        &self,
        batch: &[usize],
        tokens: &[Tokens],
        finish: &F,
    ) -> Result<Vec<(usize, T)>, EmbedError>
    where
        T: Send,
        F: Fn(usize, &[f32]) -> Result<T, EmbedError> + Sync,
    {
        let sequences = batch.iter().map(|&index| Sequence::from(&tokens[index]));
        let sequences: Vec<Sequence<'_>> = sequences.collect();
        let failed = |source| EmbedError::Backend {
            backend: self.engine.name().to_owned(),
            source,
        };
        let hidden = self.engine.run(&sequences).map_err(failed)?;
        if (hidden.dimension, hidden.is_pooled) != (self.hidden_size, self.is_pooled) {
            return Err(failed("the size of its vectors changes".into()));
        }
        let texts: Vec<&[f32]> = hidden.texts().collect();
        let texts = batch.par_iter().zip(texts);
        texts
            .map(|(&index, rows)| Ok((index, finish(index, rows)?)))
            .collect()
    }

    /// A text's vector from those of its tokens, before it is cut and scaled. `skip` tokens at the start take
    /// no part in the pooling.
    pub(crate) fn vector(&self, rows: &[f32], role: Role, skip: usize) -> Vec<f32> {
        if self.is_pooled {
            return rows.to_vec();
        }
        let pooled = self.pooling.pool(rows, self.hidden_size, skip);
        self.heads[usize::from(role == Role::Document)].apply(pooled)
    }

    /// What `take` makes of each text's embedding and token vectors, in the order of the texts.
    fn both<T: Send>(
        &self,
        texts: &[&str],
        role: Role,
        take: impl Fn(usize, EmbeddedTokens) -> T + Sync,
    ) -> Result<Vec<T>, EmbedError> {
        self.refuse_late()?;
        self.refuse_pooled()?;
        let tokens = self.tokenize(texts, role, Spans::Keep)?;
        let prompt = self.prompts.of(role).len();
        self.forward(&tokens, |index, rows| {
            let read = &tokens[index];
            let both = EmbeddedTokens {
                embedded: self.embedded(index, read, rows, role)?,
                tokens: self.token_vectors(index, read, (rows, prompt))?,
            };
            Ok(take(index, both))
        })
    }

    /// A text's vector, pooled from those of its tokens.
    fn embedded(
        &self,
        index: usize,
        tokens: &Tokens,
        rows: &[f32],
        role: Role,
    ) -> Result<Embedded, EmbedError> {
        let role = usize::from(role == Role::Document);
        let pooled = self.pooling.pool(rows, self.hidden_size, self.skips[role]);
        let vector = self.heads[role].apply(pooled);
        Ok(Embedded::new(
            unit(index, vector, self.dimension)?,
            tokens.usage,
        ))
    }

    /// The unit vectors and spans of a text's own tokens, the prompt's left out.
    fn token_vectors(
        &self,
        index: usize,
        tokens: &Tokens,
        (rows, prompt): (&[f32], usize),
    ) -> Result<TokenEmbeddings, EmbedError> {
        let own = rows[tokens.body * self.hidden_size..].chunks_exact(self.hidden_size);
        let mut vectors = Vec::with_capacity(own.len() * self.token_dimension);
        let mut spans = Vec::with_capacity(own.len());
        for (row, span) in own.zip(&tokens.spans) {
            if span.end <= prompt {
                continue;
            }
            vectors.extend_from_slice(&row[..self.token_dimension]);
            spans.push(span.start.saturating_sub(prompt)..span.end - prompt);
        }
        TokenEmbeddings::normalized(self.token_dimension, vectors, spans)
            .map_err(|source: ValueError| EmbedError::Output { index, source })
    }
}

impl Embedder for OnnxEmbedder {
    fn dimension(&self) -> usize {
        self.dimension
    }

    /// The folder's name and a hash of the weights, those of modules behind the pooling too, the tokeniser
    /// and every setting that changes an
    /// embedding: pooling, prompts, routes, limit, dimension and precision. The engine is not part of it.
    fn model_id(&self) -> &str {
        &self.model_id
    }

    /// Measured when it is first asked for ([`CosineBaseline::measure`]); none of an encoder that fails at it.
    fn cosine_baseline(&self) -> CosineBaseline {
        let measured = || CosineBaseline::measure(self).unwrap_or_default();
        *self.baseline.get_or_init(measured)
    }

    /// [`TokenUsage`](ranker_core::TokenUsage) counts special tokens and the prompt's tokens. A text
    /// of more than 64 KiB is counted in slices cut at single spaces, which is exact for tokenisers
    /// that never join two words (WordPiece, and BPE and SentencePiece as encoders use them).
    ///
    /// A model of late interaction has none: [`EmbedError::NoTextVectors`].
    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        self.refuse_late()?;
        let tokens = self.tokenize(texts, role, Spans::Skip)?;
        self.forward(&tokens, |index, rows| {
            self.embedded(index, &tokens[index], rows, role)
        })
    }

    /// Only the tokens that were read have vectors; how many were not, [`Self::embed`] says. They are the
    /// encoder's own: modules behind the pooling (`Dense`) are not applied to them, so that they may have
    /// another number of components than an embedding.
    ///
    /// Of a model of late interaction they are those that it compares: behind its projection, with those of control
    /// tokens, marks and masks, whose spans are empty, and without those of its skip list.
    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        self.refuse_pooled()?;
        let tokens = self.tokenize(texts, role, Spans::Keep)?;
        let prompt = self.prompts.of(role).len();
        self.forward(&tokens, |index, rows| match &self.late {
            Some(late) => {
                let text = (index, texts[index], role);
                late.vectors(text, &tokens[index], (rows, self.token_dimension))
            }
            None => self.token_vectors(index, &tokens[index], (rows, prompt)),
        })
    }

    fn embed_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        self.both(texts, role, |_, both| both)
    }

    fn embed_each_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
        take: &(dyn Fn(usize, EmbeddedTokens) + Sync),
    ) -> Result<(), EmbedError> {
        self.both(texts, role, take).map(drop)
    }
}

/// The first components, scaled to unit length.
pub(crate) fn unit(
    index: usize,
    mut vector: Vec<f32>,
    components: usize,
) -> Result<Embedding, EmbedError> {
    vector.truncate(components);
    Embedding::normalized(vector).map_err(|source| EmbedError::Output { index, source })
}

/// An encoder would give even an empty text some vector, which then means nothing.
pub(crate) fn refuse_empty(texts: &[&str]) -> Result<(), EmbedError> {
    match texts.iter().position(|text| text.trim().is_empty()) {
        Some(index) => Err(EmbedError::EmptyText { index }),
        None => Ok(()),
    }
}

impl fmt::Debug for OnnxEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnnxEmbedder")
            .field("model_id", &self.model_id)
            .field("backend", &self.backend())
            .field("dimension", &self.dimension)
            .field("max_tokens", &self.max_tokens)
            .field("pooling", &self.pooling)
            .finish_non_exhaustive()
    }
}
