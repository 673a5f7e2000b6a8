//! A job description made ready for retrieval.

use super::embedding::Embedding;
use super::expansion::Expansion;
use super::job::JobDescription;

/// A job with the terms added to it and its place in the encoder's space.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    job: JobDescription,
    expansion: Expansion,
    embedding: Option<Embedding>,
}

impl Query {
    /// A query with nothing added: enough for keyword search.
    #[must_use]
    pub fn new(job: JobDescription) -> Self {
        Self {
            job,
            expansion: Expansion::default(),
            embedding: None,
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
}
