//! Texts longer than an encoder reads, read in windows.

mod join;
mod plan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use ranker_core::{
    BoxError, CosineBaseline, EmbedError, Embedded, EmbeddedTokens, Embedder, Role,
    TokenEmbeddings, TokenUsage,
};
use ranker_folder::TokenSpans;
use rayon::prelude::*;

use crate::OnnxEmbedder;
use crate::embedder::refuse_empty;
use crate::progress::reindex;
use plan::{Limits, Plan};

/// An embedder that reads a limited number of tokens of a text, and says where a text's tokens lie.
pub trait TokenLimit: Embedder {
    /// How many tokens are read, those around a text included.
    fn max_tokens(&self) -> usize;

    /// How many of them are not the text's own: special tokens and the prompt's.
    ///
    /// # Errors
    ///
    /// What the tokenizer reports.
    fn tokens_around(&self, role: Role) -> Result<usize, BoxError>;

    /// The bytes of the first `most` tokens of a text, and how many tokens it has in all, whatever
    /// the limit is.
    ///
    /// # Errors
    ///
    /// What the tokenizer reports.
    fn token_spans(&self, text: &str, most: usize) -> Result<TokenSpans, BoxError>;

    /// How many tokens of a role's texts are read. Provided as [`Self::max_tokens`], for encoders that read both alike.
    fn max_tokens_of(&self, _role: Role) -> usize {
        self.max_tokens()
    }

    /// How much of each text is read, without reading it. Provided by the functions above.
    ///
    /// # Errors
    ///
    /// [`EmbedError::EmptyText`], [`EmbedError::Tokenize`].
    fn token_usage(&self, texts: &[&str], role: Role) -> Result<Vec<TokenUsage>, EmbedError> {
        refuse_empty(texts)?;
        let failed = |index, source| EmbedError::Tokenize { index, source };
        let around = self.tokens_around(role);
        let around = around.map_err(|source| failed(0, source))?;
        let most = self.max_tokens_of(role);
        let usage = |(index, text): (usize, &&str)| {
            let own = self.token_spans(text, 0);
            let tokens = own.map_err(|source| failed(index, source))?.counted + around;
            Ok(TokenUsage::new(tokens, tokens.min(most)))
        };
        texts.par_iter().enumerate().map(usage).collect()
    }
}

impl<E: TokenLimit + ?Sized> TokenLimit for Arc<E> {
    fn max_tokens(&self) -> usize {
        (**self).max_tokens()
    }

    fn tokens_around(&self, role: Role) -> Result<usize, BoxError> {
        (**self).tokens_around(role)
    }

    fn token_spans(&self, text: &str, most: usize) -> Result<TokenSpans, BoxError> {
        (**self).token_spans(text, most)
    }

    fn max_tokens_of(&self, role: Role) -> usize {
        (**self).max_tokens_of(role)
    }

    fn token_usage(&self, texts: &[&str], role: Role) -> Result<Vec<TokenUsage>, EmbedError> {
        (**self).token_usage(texts, role)
    }
}

/// So that each window is found in the cache, whatever becomes of the windows' vectors.
#[cfg(feature = "cache")]
impl<E: TokenLimit> TokenLimit for crate::CachedEmbedder<E> {
    fn max_tokens(&self) -> usize {
        self.inner().max_tokens()
    }

    fn tokens_around(&self, role: Role) -> Result<usize, BoxError> {
        self.inner().tokens_around(role)
    }

    fn token_spans(&self, text: &str, most: usize) -> Result<TokenSpans, BoxError> {
        self.inner().token_spans(text, most)
    }
}

impl TokenLimit for OnnxEmbedder {
    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn tokens_around(&self, role: Role) -> Result<usize, BoxError> {
        if let Some(late) = &self.late {
            return late.tokens_around(role, &self.tokenizer);
        }
        let prompt = self.tokenizer.spans(self.prompt(role), 0)?.counted;
        Ok(self.tokenizer.special_tokens() + prompt)
    }

    fn token_spans(&self, text: &str, most: usize) -> Result<TokenSpans, BoxError> {
        self.tokenizer.spans(text, most)
    }

    fn max_tokens_of(&self, role: Role) -> usize {
        match &self.late {
            Some(late) => late.max_tokens(role),
            None => self.max_tokens,
        }
    }

    fn token_usage(&self, texts: &[&str], role: Role) -> Result<Vec<TokenUsage>, EmbedError> {
        self.usage(texts, role)
    }
}

/// What becomes a text's embedding, of several windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum WindowVector {
    /// The first window's: about that of the encoder alone, whose first window ends at its limit and not
    /// with a line.
    #[default]
    First,
    /// The mean of all windows', each by its tokens: where in a text something stands does not matter.
    Mean,
    /// Each window's own: the first's is the embedding, the others' are
    /// [further vectors](Embedded::further), and a profile is as near to a job as its nearest window. A
    /// query has the first window's alone.
    Several,
    /// As [`Self::Several`], with each later window's drawn towards the first's, since what a resume begins
    /// with says best what somebody is: `w` of the first and `1 - w` of its own,
    /// at unit length, where `w` is [`Self::FIRST_SHARE`].
    SeveralWithFirst,
}

impl WindowVector {
    /// The share of the first window's vector in each later one of [`Self::SeveralWithFirst`].
    pub const FIRST_SHARE: f32 = 0.25;

    /// All of them, each of which has a [name](Self::name).
    pub const ALL: [Self; 4] = [
        Self::First,
        Self::Mean,
        Self::Several,
        Self::SeveralWithFirst,
    ];

    /// Its name in ids of encoders and in options of programs, such as `several-with-first`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Mean => "mean",
            Self::Several => "several",
            Self::SeveralWithFirst => "several-with-first",
        }
    }
}

/// An embedder that reads a text longer than another one's limit in windows of that limit.
///
/// A text's token vectors are those of all its windows, with their bytes in the whole text; its embedding is
/// formed as [`WindowVector`] says. A text within the limit is read as ever. All windows of a batch are one
/// batch of the embedder within. What lies beyond the last window is told by
/// [`TokenUsage`](ranker_core::TokenUsage), as is whatever else was not read.
///
/// `docs/EVALUATION.md` has what it does to rankings of long resumes.
pub struct Windowed<E> {
    embedder: E,
    vector: WindowVector,
    windows: NonZeroUsize,
    model_id: String,
}

impl<E: TokenLimit> Windowed<E> {
    /// Windows of a text unless set otherwise: some 2,000 tokens of an encoder that reads 256,
    /// enough for 96 in 100 real resumes.
    pub const DEFAULT_WINDOWS: NonZeroUsize = NonZeroUsize::new(8).unwrap();

    /// Wraps an embedder: [`WindowVector::First`], and at most [`Self::DEFAULT_WINDOWS`] a text.
    pub fn new(embedder: E) -> Self {
        Self {
            embedder,
            vector: WindowVector::default(),
            windows: Self::DEFAULT_WINDOWS,
            model_id: String::new(),
        }
        .named()
    }

    /// How a text's embedding is formed.
    #[must_use]
    pub fn with_vector(mut self, vector: WindowVector) -> Self {
        self.vector = vector;
        self.named()
    }

    /// How many windows of a text are read at most: what bounds the time and memory that it takes. With
    /// one, everything is as from the embedder within, its id too.
    #[must_use]
    pub fn with_windows(mut self, windows: NonZeroUsize) -> Self {
        self.windows = windows;
        self.named()
    }

    /// How many tokens of a text are read at most, those around it included: fewer where windows end
    /// with lines.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.embedder
            .max_tokens()
            .saturating_mul(self.windows.get())
    }

    /// The embedder within.
    pub fn inner(&self) -> &E {
        &self.embedder
    }

    /// How a text of this role gets its embedding: a query has one.
    fn vector_of(&self, role: Role) -> WindowVector {
        match (self.vector, role) {
            (WindowVector::Several | WindowVector::SeveralWithFirst, Role::Query) => {
                WindowVector::First
            }
            (vector, _) => vector,
        }
    }

    fn named(mut self) -> Self {
        let vector = self.vector.name();
        let within = self.embedder.model_id();
        self.model_id = match self.windows.get() {
            1 => within.to_owned(),
            windows => format!("{within}-{windows}-windows-{vector}"),
        };
        self
    }

    /// How much of each text is read, without reading it: the encoder does not run.
    ///
    /// # Errors
    ///
    /// [`EmbedError::EmptyText`], [`EmbedError::Tokenize`].
    pub fn usage(&self, texts: &[&str], role: Role) -> Result<Vec<TokenUsage>, EmbedError> {
        let plans = self.plans(texts, role)?;
        Ok(plans.iter().map(Plan::usage).collect())
    }

    /// Where each text's windows lie.
    fn plans(&self, texts: &[&str], role: Role) -> Result<Vec<Plan>, EmbedError> {
        refuse_empty(texts)?;
        let failed = |index, source| EmbedError::Tokenize { index, source };
        let around = self.embedder.tokens_around(role);
        let limits = Limits {
            max_tokens: self.embedder.max_tokens_of(role),
            around: around.map_err(|source| failed(0, source))?,
            windows: self.windows.get(),
        };
        let most = limits.room().saturating_mul(limits.windows);
        let plan = |(index, text): (usize, &&str)| {
            let places = self.embedder.token_spans(text, most);
            let places = places.map_err(|source| failed(index, source))?;
            Ok(Plan::new(text, &places, limits))
        };
        texts.par_iter().enumerate().map(plan).collect()
    }
}

/// What an embedder makes of all windows in one batch, a list a text.
fn read<T>(
    texts: &[&str],
    plans: &[Plan],
    encode: impl FnOnce(&[&str]) -> Result<Vec<T>, EmbedError>,
) -> Result<Vec<Vec<T>>, EmbedError> {
    let windows = plans.iter().enumerate().flat_map(|(text, plan)| {
        let bytes = plan.windows.iter().map(|window| window.bytes.clone());
        bytes.map(move |bytes: Range<usize>| (text, bytes))
    });
    let (owners, parts): (Vec<usize>, Vec<&str>) = windows
        .map(|(text, bytes)| (text, &texts[text][bytes]))
        .unzip();
    let owner = |window: usize| owners.get(window).copied().unwrap_or_default();
    let made = encode(&parts).map_err(|error| reindex(error, owner))?;
    let mut made = made.into_iter();
    let of = |plan: &Plan| made.by_ref().take(plan.windows.len()).collect();
    Ok(plans.iter().map(of).collect())
}

impl<E: TokenLimit> Embedder for Windowed<E> {
    fn dimension(&self) -> usize {
        self.embedder.dimension()
    }

    /// That of the embedder within, with how windows are read: neither's embeddings are taken for the other's.
    fn model_id(&self) -> &str {
        &self.model_id
    }

    fn cosine_baseline(&self) -> CosineBaseline {
        self.embedder.cosine_baseline()
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let plans = self.plans(texts, role)?;
        let made = read(texts, &plans, |parts| self.embedder.embed(parts, role))?;
        let each = plans.iter().zip(made).enumerate();
        let vector = self.vector_of(role);
        each.map(|(index, (plan, made))| join::embedded(index, plan, &made, vector))
            .collect()
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        let plans = self.plans(texts, role)?;
        let made = read(texts, &plans, |parts| {
            self.embedder.embed_tokens(parts, role)
        })?;
        let each = plans.iter().zip(made).enumerate();
        each.map(|(index, (plan, made))| join::tokens(index, plan, &made))
            .collect()
    }

    fn embed_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        let plans = self.plans(texts, role)?;
        let both = |parts: &[&str]| self.embedder.embed_with_tokens(parts, role);
        let made = read(texts, &plans, both)?;
        let each = plans.iter().zip(made).enumerate();
        let vector = self.vector_of(role);
        each.map(|(index, (plan, made))| {
            let (embedded, tokens): (Vec<_>, Vec<_>) = made
                .into_iter()
                .map(|both| (both.embedded, both.tokens))
                .unzip();
            Ok(EmbeddedTokens {
                embedded: join::embedded(index, plan, &embedded, vector)?,
                tokens: join::tokens(index, plan, &tokens)?,
            })
        })
        .collect()
    }
}

/// So that another encoder's embeddings can be given the token vectors of all windows.
impl<E: TokenLimit> TokenLimit for Windowed<E> {
    fn max_tokens(&self) -> usize {
        Windowed::max_tokens(self)
    }

    fn tokens_around(&self, role: Role) -> Result<usize, BoxError> {
        self.embedder.tokens_around(role)
    }

    fn token_spans(&self, text: &str, most: usize) -> Result<TokenSpans, BoxError> {
        self.embedder.token_spans(text, most)
    }

    fn max_tokens_of(&self, role: Role) -> usize {
        let most = self.embedder.max_tokens_of(role);
        most.saturating_mul(self.windows.get())
    }

    fn token_usage(&self, texts: &[&str], role: Role) -> Result<Vec<TokenUsage>, EmbedError> {
        self.usage(texts, role)
    }
}

impl<E: Embedder> fmt::Debug for Windowed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windowed")
            .field("encoder", &self.embedder.model_id())
            .field("vector", &self.vector)
            .field("windows", &self.windows)
            .finish_non_exhaustive()
    }
}
