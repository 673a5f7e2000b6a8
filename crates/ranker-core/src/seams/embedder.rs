//! Texts in, embeddings out.

use std::sync::Arc;

use super::baseline::CosineBaseline;
use crate::{BoxError, Embedding, TokenEmbeddings, ValueError};

/// What a text is to the search: some encoders treat the two differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// What is asked for.
    Query,
    /// What is searched.
    Document,
}

/// How much of a text the encoder read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenUsage {
    /// The tokens that the whole text has, with the encoder's special tokens.
    pub tokens: usize,
    /// The tokens that were read.
    pub used: usize,
}

impl TokenUsage {
    /// The tokens of a text, and how many of them were read.
    #[must_use]
    pub fn new(tokens: usize, used: usize) -> Self {
        Self { tokens, used }
    }

    /// Whether part of the text was not read.
    #[must_use]
    pub fn is_cut(self) -> bool {
        self.used < self.tokens
    }
}

/// A text's embedding, or its several, and how much of the text they stand for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Embedded {
    /// Where the text lies; of several vectors the first.
    pub embedding: Embedding,
    /// Further vectors of the text, such as those of its later parts; none from most encoders. A text is as
    /// near to a query as the nearest of all its vectors ([`Self::cosine`]).
    pub further: Vec<Embedding>,
    /// How much of it was read.
    pub usage: TokenUsage,
}

/// A text's embedding and the vectors of its tokens, from one pass of the encoder.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddedTokens {
    /// Where the text lies, and how much of it was read.
    pub embedded: Embedded,
    /// The vectors of the tokens that were read.
    pub tokens: TokenEmbeddings,
}

impl Embedded {
    /// An embedding, and how much of its text was read.
    #[must_use]
    pub fn new(embedding: Embedding, usage: TokenUsage) -> Self {
        Self {
            embedding,
            further: Vec::new(),
            usage,
        }
    }

    /// Sets the further vectors, each of the first one's dimension.
    #[must_use]
    pub fn with_further(mut self, further: Vec<Embedding>) -> Self {
        self.further = further;
        self
    }

    /// All vectors, the first one first.
    pub fn vectors(&self) -> impl Iterator<Item = &Embedding> {
        std::iter::once(&self.embedding).chain(&self.further)
    }

    /// The greatest cosine of any of the text's vectors with a query's, as indexes score a text.
    ///
    /// # Errors
    ///
    /// [`ValueError::Dimension`] when they come from different encoders.
    pub fn cosine(&self, query: &Embedding) -> Result<f32, ValueError> {
        let mut best = query.cosine(&self.embedding)?;
        for further in &self.further {
            best = best.max(query.cosine(further)?);
        }
        Ok(best)
    }
}

/// Why texts were not embedded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The result is no longer wanted ([`crate::Cancel`]).
    #[error("embedding was cancelled")]
    Cancelled,
    /// A text is empty or only white space; an encoder would still return some vector.
    #[error("text {index} is empty: leave it out or give it some text")]
    EmptyText {
        /// Its place in the batch, from 0.
        index: usize,
    },
    /// The text could not be cut into tokens.
    #[error("text {index} could not be tokenised")]
    Tokenize {
        /// Its place in the batch, from 0.
        index: usize,
        /// What the tokeniser said.
        source: BoxError,
    },
    /// The encoder does not take this text.
    #[error("text {index} was refused")]
    Refused {
        /// Its place in the batch, from 0.
        index: usize,
        /// Why, and what to do.
        source: BoxError,
    },
    /// The encoder failed.
    #[error("{backend} failed to encode")]
    Backend {
        /// The engine that runs the encoder.
        backend: String,
        /// What it said.
        source: BoxError,
    },
    /// The encoder returned something that is no embedding.
    #[error("the encoder's output for text {index} is no embedding")]
    Output {
        /// The text's place in the batch, from 0.
        index: usize,
        /// What is wrong with it.
        source: ValueError,
    },
    /// This encoder has vectors for single tokens alone.
    #[error(
        "encoder {model} gives vectors of tokens and none of texts: join it to one that does, by `WithTokens`"
    )]
    NoTextVectors {
        /// The encoder.
        model: String,
    },
    /// This encoder has no vectors for single tokens.
    #[error("encoder {model} gives no token vectors")]
    NoTokenVectors {
        /// The encoder.
        model: String,
    },
}

/// Turns texts into embeddings. Shared by threads: nothing needs `&mut self`.
///
/// Contract, checked by [`crate::conformance::embedder`]:
/// - one result a text, in the same order, each of [`Embedder::dimension`] components;
/// - a text's embedding does not depend on the rest of its batch (to 1e-5);
/// - a query's text has one vector; a document's may have [further](Embedded::further) ones, of the same
///   dimension;
/// - an empty text is [`EmbedError::EmptyText`];
/// - what was not read is said in [`TokenUsage`].
///
/// Sync, because it computes; call it through [`crate::compute`] from async code.
pub trait Embedder: Send + Sync {
    /// The number of components of an embedding.
    fn dimension(&self) -> usize;

    /// Names the encoder and its weights: embeddings of different ids are never compared.
    fn model_id(&self) -> &str;

    /// The cosines that count as no similarity where they are added to other scores. [`CosineBaseline::NONE`] as provided; an
    /// encoder whose cosines all lie close together returns what [`CosineBaseline::measure`] once said of it.
    fn cosine_baseline(&self) -> CosineBaseline {
        CosineBaseline::NONE
    }

    /// Embeds texts in one batch.
    ///
    /// # Errors
    ///
    /// [`EmbedError`]; a batch succeeds or fails as a whole.
    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError>;

    /// The vector of each token, for alignment.
    ///
    /// # Errors
    ///
    /// [`EmbedError::NoTokenVectors`] unless an implementation offers them.
    fn embed_tokens(
        &self,
        _texts: &[&str],
        _role: Role,
    ) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        Err(EmbedError::NoTokenVectors {
            model: self.model_id().to_owned(),
        })
    }

    /// Both of [`Embedder::embed`] and [`Embedder::embed_tokens`]. Provided as two passes; an
    /// encoder that computes both from one output does it in one.
    ///
    /// # Errors
    ///
    /// As both.
    fn embed_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        let tokens = self.embed_tokens(texts, role)?;
        let embedded = self.embed(texts, role)?;
        let both = embedded.into_iter().zip(tokens);
        Ok(both
            .map(|(embedded, tokens)| EmbeddedTokens { embedded, tokens })
            .collect())
    }

    /// As [`Embedder::embed_with_tokens`], but each text's answer is handed over as soon as it is there, with the
    /// text's place in the batch: where token vectors are at once made into something smaller, those of many texts,
    /// some 400 kB each, are never held together. Provided as handing over what that gives.
    ///
    /// `take` is called once a text, on any threads and in any order. Where the batch fails, it may have been called
    /// for some.
    ///
    /// # Errors
    ///
    /// As [`Embedder::embed_with_tokens`].
    fn embed_each_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
        take: &(dyn Fn(usize, EmbeddedTokens) + Sync),
    ) -> Result<(), EmbedError> {
        let both = self.embed_with_tokens(texts, role)?.into_iter();
        both.enumerate().for_each(|(index, both)| take(index, both));
        Ok(())
    }
}

impl<E: Embedder + ?Sized> Embedder for Arc<E> {
    fn dimension(&self) -> usize {
        (**self).dimension()
    }

    fn model_id(&self) -> &str {
        (**self).model_id()
    }

    fn cosine_baseline(&self) -> CosineBaseline {
        (**self).cosine_baseline()
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        (**self).embed(texts, role)
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        (**self).embed_tokens(texts, role)
    }

    fn embed_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        (**self).embed_with_tokens(texts, role)
    }

    fn embed_each_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
        take: &(dyn Fn(usize, EmbeddedTokens) + Sync),
    ) -> Result<(), EmbedError> {
        (**self).embed_each_with_tokens(texts, role, take)
    }
}
