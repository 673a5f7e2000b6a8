//! A job description made ready for retrieval.

use std::sync::Arc;

use super::embedding::Embedding;
use super::expansion::Expansion;
use super::job::JobDescription;
use super::tokens::TokenEmbeddings;
use crate::CosineBaseline;

/// A job with the terms added to it and its place in the encoder's space.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    job: JobDescription,
    expansion: Expansion,
    embedding: Option<Embedding>,
    tokens: Option<Arc<TokenEmbeddings>>,
    baseline: CosineBaseline,
}

impl Query {
    /// A query with nothing added: enough for keyword search.
    #[must_use]
    pub fn new(job: JobDescription) -> Self {
        Self {
            job,
            expansion: Expansion::default(),
            embedding: None,
            tokens: None,
            baseline: CosineBaseline::NONE,
        }
    }

    /// Sets the terms added to the job.
    #[must_use]
    pub fn with_expansion(mut self, expansion: Expansion) -> Self {
        self.expansion = expansion;
        self
    }

    /// Sets the job's embedding, which vector search needs.
    #[must_use]
    pub fn with_embedding(mut self, embedding: Embedding) -> Self {
        self.embedding = Some(embedding);
        self
    }

    /// Sets the job's token vectors, from the same encoder as its embedding: late interaction and
    /// explanations then do not encode the job again.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Arc<TokenEmbeddings>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Sets what counts as no similarity by the encoder of the embedding ([`crate::Embedder::cosine_baseline`]);
    /// [`CosineBaseline::NONE`] by default.
    #[must_use]
    pub fn with_baseline(mut self, baseline: CosineBaseline) -> Self {
        self.baseline = baseline;
        self
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &JobDescription {
        &self.job
    }

    /// The terms added to it.
    #[must_use]
    pub fn expansion(&self) -> &Expansion {
        &self.expansion
    }

    /// Its embedding, where one was made.
    #[must_use]
    pub fn embedding(&self) -> Option<&Embedding> {
        self.embedding.as_ref()
    }

    /// Its token vectors, where they were made.
    #[must_use]
    pub fn tokens(&self) -> Option<&Arc<TokenEmbeddings>> {
        self.tokens.as_ref()
    }

    /// What counts as no similarity by its encoder.
    #[must_use]
    pub fn baseline(&self) -> CosineBaseline {
        self.baseline
    }
}
