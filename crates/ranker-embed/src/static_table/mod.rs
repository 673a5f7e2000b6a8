//! Encoders that are a table: a vector a token, whatever stands around it.

mod components;
mod distil;
mod eigen;
mod frequencies;
mod table;

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

use ranker_core::{
    BoxError, Cancel, CosineBaseline, EmbedError, Embedded, Embedder, Embedding, Role, TokenUsage,
};
use ranker_folder::{FolderError, Prompts, Spans, StaticFolder, TextTokenizer, TokenSpans, Tokens};
use rayon::prelude::*;

use crate::builder::invalid;
use crate::embedder::refuse_empty;
use crate::{LoadError, TokenLimit, identity};
pub use distil::{DistilError, DistilOptions, Frequencies};
use table::Table;

/// A static encoder: a text's embedding is the weighted mean of its tokens' vectors, at unit length.
///
/// It is hundreds of times as fast as a transformer and reads a text to its end. A word has one vector whatever
/// stands beside it, so it knows neither order nor context: it is for bulk work and for first stages, not
/// for the last word. `docs/ENCODERS.md` has what it costs.
///
/// It gives no token vectors: a token's is the same wherever it stands, and late interaction over such vectors made
/// rankings of long texts worse. A ranking then does without, as with served encoders.
///
/// ```no_run
/// use ranker_embed::{DistilOptions, Embedder, OnnxEmbedder, Role, StaticEmbedder};
///
/// let encoder = OnnxEmbedder::from_dir("models/all-MiniLM-L6-v2")?;
/// let fast = StaticEmbedder::distil(&encoder, &DistilOptions::new(), &mut |_, _| {})?;
/// fast.save("static-MiniLM")?;
/// let fast = StaticEmbedder::from_dir("static-MiniLM")?;
/// let embedded = fast.embed(&["Rust engineer", "Registered nurse"], Role::Document)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StaticEmbedder {
    table: Table,
    tokenizer: TextTokenizer,
    /// The vector's id that stands for unknown words.
    unknown: Option<u32>,
    prompts: Prompts,
    max_tokens: usize,
    /// Of the table and of the tokenizer, as they are saved.
    hashes: [[u8; 32]; 2],
    model_id: String,
    /// The share of the variance that a distilled table has kept.
    explained: Option<f64>,
    /// Measured when it is first asked for.
    baseline: OnceLock<CosineBaseline>,
}

impl StaticEmbedder {
    /// Loads a folder as model2vec writes it, or sentence-transformers' `StaticEmbedding`.
    ///
    /// The table's tensor is `embeddings` with model2vec and `embedding.weight` with sentence-transformers: `f32`,
    /// `f64`, `f16`, `bf16` or `i8`, tokens × components. With the former, `weights` (a factor a token) and
    /// `mapping` (each token's row, where tokens share some) may stand beside it, and unknown tokens are left
    /// out of the mean as model2vec does; with the latter they count. Embeddings have unit length whatever
    /// `normalize` says, and texts are read to their end whatever `max_length` says.
    ///
    /// # Errors
    ///
    /// [`LoadError::Folder`], which names the file, and the tensor, at fault.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Self, LoadError> {
        let folder = StaticFolder::read(folder)?;
        let tokenizer = TextTokenizer::read_static(&folder)?;
        let table = Table::read(&folder.weights)?;
        let largest = tokenizer.largest_id().map_or(0, |id| id as usize);
        if largest >= table.tokens() {
            let reason = format!(
                "tensor `{}` has vectors for {} tokens, and {} knows a token of id {largest}",
                table.name(),
                table.tokens(),
                folder.tokenizer.display(),
            );
            return Err(invalid(&folder.weights, reason));
        }
        let json = tokenizer.to_json();
        let json = json.map_err(|source| invalid(&folder.tokenizer, source))?;
        Ok(Self::new(table, tokenizer, &json).with_prompts(folder.prompts))
    }

    /// Whether a folder is a static encoder's, which [`StaticEmbedder::from_dir`] loads, and not a transformer's.
    ///
    /// # Errors
    ///
    /// [`LoadError::Folder`] for a folder that is not there, and for a damaged file of it.
    pub fn is_at(folder: impl AsRef<Path>) -> Result<bool, LoadError> {
        Ok(StaticFolder::find(folder)?.is_some())
    }

    /// Of a table that has a row for each token of the tokenizer, whose own form is `json`.
    fn new(table: Table, tokenizer: TextTokenizer, json: &[u8]) -> Self {
        Self {
            hashes: [table.hash(), *blake3::hash(json).as_bytes()],
            unknown: tokenizer.unknown(),
            tokenizer,
            table,
            prompts: Prompts::default(),
            max_tokens: usize::MAX,
            model_id: String::new(),
            explained: None,
            baseline: OnceLock::new(),
        }
        .named()
    }

    /// The share of the encoder's variance over its vocabulary that the components keep, of a table that was just
    /// distilled.
    #[must_use]
    pub fn explained_variance(&self) -> Option<f64> {
        self.explained
    }

    /// Writes the folder as model2vec does: `model.safetensors`, `tokenizer.json`, `config.json` and
    /// `modules.json`. model2vec and sentence-transformers open it, and so does [`StaticEmbedder::from_dir`], under
    /// the same id. Files of these names are written over.
    ///
    /// Prompts and limits of this value are not part of it. A table out of `StaticEmbedding`, in which unknown
    /// tokens count, is written as such.
    ///
    /// # Errors
    ///
    /// [`FolderError::Write`] with the file.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), FolderError> {
        let folder = folder.as_ref();
        let json = self.tokenizer.to_json();
        let tokenizer = folder.join("tokenizer.json");
        let json = json.map_err(|source| FolderError::Invalid {
            path: tokenizer.clone(),
            source,
        })?;
        let write = |path: &Path, bytes: &[u8]| {
            std::fs::write(path, bytes).map_err(|source| FolderError::Write {
                path: path.to_path_buf(),
                source,
            })
        };
        std::fs::create_dir_all(folder).map_err(|source| FolderError::Write {
            path: folder.to_path_buf(),
            source,
        })?;
        write(&tokenizer, &json)?;
        for (name, text) in self.table.companions() {
            write(&folder.join(name), text.as_bytes())?;
        }
        let weights = folder.join("model.safetensors");
        let bytes = self.table.to_safetensors();
        let bytes = bytes.map_err(|source| FolderError::Invalid {
            path: weights.clone(),
            source,
        })?;
        write(&weights, &bytes)
    }

    /// How many tokens of a text are read. Default: all.
    #[must_use]
    pub fn with_max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = max_tokens.max(1);
        self.tokenizer = self.tokenizer.with_max_tokens(self.max_tokens);
        self.named()
    }

    /// The text before each text of a role. Default: as `config_sentence_transformers.json` says.
    #[must_use]
    pub fn with_prompt(self, role: Role, prompt: impl Into<String>) -> Self {
        let prompts = self.prompts.clone().with(role, prompt);
        self.with_prompts(prompts)
    }

    /// Keeps the first components of each vector alone: those of a distilled table are sorted by how much they
    /// tell apart.
    ///
    /// # Errors
    ///
    /// [`LoadError::Setting`] for none, and for more than there are.
    pub fn with_dimension(mut self, dimension: usize) -> Result<Self, LoadError> {
        let most = self.table.dimension();
        if dimension == 0 || dimension > most {
            return Err(LoadError::Setting {
                setting: "dimension",
                reason: format!("it is {dimension}; the table has 1..={most}"),
            });
        }
        if dimension < most {
            self.table = self.table.cut(dimension);
            self.hashes[0] = self.table.hash();
            self.explained = None;
        }
        Ok(self.named())
    }

    fn with_prompts(mut self, prompts: Prompts) -> Self {
        self.prompts = prompts;
        self.named()
    }

    /// The id after a setting has changed.
    fn named(mut self) -> Self {
        let name = format!("static-{}", self.table.dimension());
        self.model_id = identity::content_id(
            &name,
            &self.hashes.concat(),
            &[
                &self.prompts.query,
                &self.prompts.document,
                &self.max_tokens.to_string(),
            ],
        );
        self
    }

    /// How many tokens of a text are read; `usize::MAX` where all are.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// The text that is put before each text of a role; empty where there is none.
    #[must_use]
    pub fn prompt(&self, role: Role) -> &str {
        self.prompts.of(role)
    }

    /// How many tokens each text has, and how many are read.
    ///
    /// # Errors
    ///
    /// [`EmbedError::EmptyText`], [`EmbedError::Tokenize`].
    pub fn usage(&self, texts: &[&str], role: Role) -> Result<Vec<TokenUsage>, EmbedError> {
        self.each(texts, role, |_, tokens| Ok(tokens.usage))
    }

    /// Reads texts, each on a thread, and hands their tokens to `finish` with the text's index.
    fn each<T: Send>(
        &self,
        texts: &[&str],
        role: Role,
        finish: impl Fn(usize, &Tokens) -> Result<T, EmbedError> + Sync,
    ) -> Result<Vec<T>, EmbedError> {
        /// Texts that one thread takes at least: a text takes a few microseconds.
        const TEXTS: usize = 8;
        refuse_empty(texts)?;
        let prompt = self.prompts.of(role);
        let cancel = Cancel::current();
        let read = |(index, text): (usize, &&str)| {
            if cancel.is_cancelled() {
                return Err(EmbedError::Cancelled);
            }
            let tokens = self.tokenizer.tokens(prompt, text, Spans::Skip);
            finish(
                index,
                &tokens.map_err(|source| EmbedError::Tokenize { index, source })?,
            )
        };
        let texts = texts.par_iter().enumerate().with_min_len(TEXTS);
        texts.map(read).collect()
    }

    /// Whether a token takes part where there are others.
    fn counts(&self, id: u32) -> bool {
        !(self.table.skips_unknown() && Some(id) == self.unknown)
    }

    fn embedded(&self, index: usize, tokens: &Tokens) -> Result<Embedded, EmbedError> {
        let mut sum = vec![0.0; self.table.dimension()];
        let (mut counted, mut last) = (false, None);
        for &id in &tokens.ids {
            last = Some(id);
            if self.counts(id) {
                counted = true;
                self.table.add(id, &mut sum);
            }
        }
        // A text of unknown words alone still lies somewhere: where they do.
        if let (false, Some(unknown)) = (counted, last) {
            self.table.add(unknown, &mut sum);
        }
        match Embedding::normalized(sum) {
            Ok(embedding) => Ok(Embedded::new(embedding, tokens.usage)),
            Err(source) => Err(EmbedError::Output { index, source }),
        }
    }
}

impl Embedder for StaticEmbedder {
    fn dimension(&self) -> usize {
        self.table.dimension()
    }

    /// A hash of the table, the tokenizer, the prompts and the limit: not of the folder's name, so that a table has one
    /// id before it is saved, after, and in a copy.
    fn model_id(&self) -> &str {
        &self.model_id
    }

    /// Measured when it is first asked for ([`CosineBaseline::measure`]).
    fn cosine_baseline(&self) -> CosineBaseline {
        let measured = || CosineBaseline::measure(self).unwrap_or_default();
        *self.baseline.get_or_init(measured)
    }

    /// A text of unknown words alone has the vector of the unknown token, where that has one.
    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        self.each(texts, role, |index, tokens| self.embedded(index, tokens))
    }
}

impl TokenLimit for StaticEmbedder {
    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn tokens_around(&self, role: Role) -> Result<usize, BoxError> {
        Ok(self.tokenizer.spans(self.prompt(role), 0)?.counted)
    }

    fn token_spans(&self, text: &str, most: usize) -> Result<TokenSpans, BoxError> {
        self.tokenizer.spans(text, most)
    }
}

impl fmt::Debug for StaticEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticEmbedder")
            .field("model_id", &self.model_id)
            .field("tokens", &self.table.tokens())
            .field("dimension", &self.table.dimension())
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}
