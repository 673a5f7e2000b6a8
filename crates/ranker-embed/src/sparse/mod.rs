//! An encoder that weighs a vocabulary.

mod builder;
mod table;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ranker_core::{
    BoxError, Cancel, EmbedError, Role, SparseEmbedded, SparseEmbedder, SparseVector, TokenUsage,
};
use ranker_folder::{Prompts, Spans, SparsePooling, TextTokenizer, Tokens};
use rayon::prelude::*;

use crate::embedder::refuse_empty;
use crate::engine::{Engine, Sequence};
use crate::{LoadError, batches};
pub use builder::OnnxSparseEmbedderBuilder;
use table::Table;

/// SPLADE (Formal et al. 2021) and its kin: a masked language model gives every entry of its vocabulary a weight for a text, by
/// what the text says and by what it might say as well. The greatest logit that any token gives an entry counts, as
/// `log(1 + relu(logit))`; control tokens are tokens as any other, as in sentence-transformers.
///
/// It reads folders of sentence-transformers' `SparseEncoder`: a masked language model and its `SpladePooling`, or a `Router` with
/// those for documents and a table of weights (`SparseStaticEmbedding`) for queries, which then take no model. The model runs
/// under ONNX Runtime, from a graph that gives `logits`, `[texts, tokens, vocabulary]`, as exports for `fill-mask` do.
///
/// What a text has beyond [`Self::max_tokens`] is not read, and [`TokenUsage`] says so.
///
/// ```no_run
/// use ranker_embed::{OnnxSparseEmbedder, Role, SparseEmbedder};
///
/// let splade = OnnxSparseEmbedder::from_dir("splade-v3")?;
/// let weighed = splade.embed_sparse(&["Rust engineer"], Role::Document)?.swap_remove(0);
/// for (id, weight) in weighed.vector.strongest(10).iter() {
///     println!("{weight:.2} {}", splade.entry(id).unwrap_or_default());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OnnxSparseEmbedder {
    /// Of queries, and of documents.
    ways: [Arc<Way>; 2],
    prompts: Prompts,
    vocabulary: usize,
    /// How many weights of a text are kept.
    most: usize,
    model_id: String,
}

/// How texts of a role are weighed.
enum Way {
    Masked(Masked),
    Table(Table),
}

/// A masked language model.
struct Masked {
    engine: Box<dyn Engine>,
    tokenizer: TextTokenizer,
    pooling: SparsePooling,
    vocabulary: usize,
    max_tokens: usize,
    token_budget: usize,
}

impl OnnxSparseEmbedder {
    /// Loads a folder with the folder's own settings.
    ///
    /// # Errors
    ///
    /// [`LoadError`], which names the file or setting at fault; [`LoadError::RuntimeNotLoaded`] where the application has not
    /// loaded ONNX Runtime, and queries or documents need a model.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::builder(folder).build()
    }

    /// Loads a folder with other settings.
    #[must_use]
    pub fn builder(folder: impl AsRef<Path>) -> OnnxSparseEmbedderBuilder {
        OnnxSparseEmbedderBuilder::new(folder.as_ref())
    }

    /// What weighs texts of a role, for display.
    #[must_use]
    pub fn backend(&self, role: Role) -> &str {
        match self.way(role) {
            Way::Masked(masked) => masked.engine.name(),
            Way::Table(_) => "a table of weights",
        }
    }

    /// How many tokens of a text of a role are read, special tokens included; `usize::MAX` where all are.
    #[must_use]
    pub fn max_tokens(&self, role: Role) -> usize {
        match self.way(role) {
            Way::Masked(masked) => masked.max_tokens,
            Way::Table(table) => table.max_tokens(),
        }
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
        let tokens = self.tokenize(texts, role)?;
        Ok(tokens.iter().map(|tokens| tokens.usage).collect())
    }

    fn way(&self, role: Role) -> &Way {
        &self.ways[usize::from(role == Role::Document)]
    }

    fn tokenize(&self, texts: &[&str], role: Role) -> Result<Vec<Tokens>, EmbedError> {
        refuse_empty(texts)?;
        let (way, prompt) = (self.way(role), self.prompts.of(role));
        let each = texts.par_iter().enumerate().map(|(index, text)| {
            let tokens = way.tokenizer().tokens(prompt, text, Spans::Skip);
            tokens.map_err(|source| EmbedError::Tokenize { index, source })
        });
        each.collect()
    }
}

impl Way {
    fn tokenizer(&self) -> &TextTokenizer {
        match self {
            Self::Masked(masked) => &masked.tokenizer,
            Self::Table(table) => table.tokenizer(),
        }
    }

    fn vocabulary(&self) -> usize {
        match self {
            Self::Masked(masked) => masked.vocabulary,
            Self::Table(table) => table.len(),
        }
    }

    /// The weights of each text, in their order.
    fn weigh(&self, tokens: &[Tokens]) -> Result<Vec<SparseVector>, EmbedError> {
        match self {
            Self::Masked(masked) => masked.weigh(tokens),
            Self::Table(table) => {
                let each = tokens.iter().enumerate();
                each.map(|(index, tokens)| vector(index, table.weigh(&tokens.ids)))
                    .collect()
            }
        }
    }
}

impl Masked {
    fn weigh(&self, tokens: &[Tokens]) -> Result<Vec<SparseVector>, EmbedError> {
        let lengths: Vec<usize> = tokens.iter().map(|tokens| tokens.ids.len()).collect();
        let plan = batches::plan(&lengths, self.token_budget, self.engine.pool());
        let cancel = Cancel::current();
        let run = |batch: &Vec<usize>| match cancel.is_cancelled() {
            true => Err(EmbedError::Cancelled),
            false => self.run(batch, tokens),
        };
        let weighed = batches::run_all(&plan, self.engine.pool(), run)?;
        let weighed = plan.iter().flatten().zip(weighed.into_iter().flatten());
        let mut weighed: Vec<(usize, SparseVector)> =
            weighed.map(|(&index, vector)| (index, vector)).collect();
        weighed.sort_unstable_by_key(|(index, _)| *index);
        Ok(weighed.into_iter().map(|(_, vector)| vector).collect())
    }

    /// The weights of a batch's texts: the logits of padding are not among those of a text.
    fn run(&self, batch: &[usize], tokens: &[Tokens]) -> Result<Vec<SparseVector>, EmbedError> {
        let sequences = batch.iter().map(|&index| Sequence::from(&tokens[index]));
        let sequences: Vec<Sequence<'_>> = sequences.collect();
        let failed = |source: BoxError| EmbedError::Backend {
            backend: self.engine.name().to_owned(),
            source,
        };
        let logits = self.engine.run(&sequences).map_err(failed)?;
        if logits.dimension != self.vocabulary || logits.is_pooled {
            return Err(failed("the number of its logits changes".into()));
        }
        let texts: Vec<&[f32]> = logits.texts().collect();
        let texts = batch.par_iter().zip(texts);
        texts
            .map(|(&index, rows)| {
                let pooled = self.pooling.pool(rows, self.vocabulary);
                vector(index, (0..).zip(pooled))
            })
            .collect()
    }
}

/// A text's weights, which must be numbers and not below 0.
fn vector(
    index: usize,
    weights: impl IntoIterator<Item = (u32, f32)>,
) -> Result<SparseVector, EmbedError> {
    SparseVector::new(weights).map_err(|source| EmbedError::Output { index, source })
}

impl SparseEmbedder for OnnxSparseEmbedder {
    fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// The folder's name and a hash of graphs, tables, tokenizers and every setting that changes a weight.
    fn model_id(&self) -> &str {
        &self.model_id
    }

    fn embed_sparse(&self, texts: &[&str], role: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
        let tokens = self.tokenize(texts, role)?;
        let weighed = self.way(role).weigh(&tokens)?.into_iter().zip(tokens);
        let kept = weighed
            .map(|(vector, tokens)| SparseEmbedded::new(vector.strongest(self.most), tokens.usage));
        Ok(kept.collect())
    }

    fn entry(&self, id: u32) -> Option<String> {
        self.way(Role::Document).tokenizer().token(id)
    }
}

impl fmt::Debug for OnnxSparseEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnnxSparseEmbedder")
            .field("model_id", &self.model_id)
            .field("queries", &self.backend(Role::Query))
            .field("documents", &self.backend(Role::Document))
            .field("vocabulary", &self.vocabulary)
            .finish_non_exhaustive()
    }
}
