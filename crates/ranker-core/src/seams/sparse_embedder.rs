//! Texts in, weights over a vocabulary out.

use std::sync::Arc;

use super::embedder::{EmbedError, Role, TokenUsage};
use crate::SparseVector;

/// A text's sparse vector, and how much of the text was read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SparseEmbedded {
    /// The weights.
    pub vector: SparseVector,
    /// How much of the text they stand for.
    pub usage: TokenUsage,
}

impl SparseEmbedded {
    /// A text's vector, and how much of it was read.
    #[must_use]
    pub fn new(vector: SparseVector, usage: TokenUsage) -> Self {
        Self { vector, usage }
    }
}

/// Turns texts into weights over a vocabulary, as SPLADE does (Formal et al. 2021): words that a text has and words that it
/// might have. Two texts are as alike as the [product](SparseVector::dot) of their vectors is great.
///
/// Shared by threads: nothing needs `&mut self`. Contract, checked by [`crate::conformance::sparse_embedder`]:
/// - one result a text, in the same order, with ids below [`SparseEmbedder::vocabulary`];
/// - a text's weights do not depend on the rest of its batch (to 1e-4 of the greatest);
/// - an empty text is [`EmbedError::EmptyText`];
/// - what was not read is said in [`TokenUsage`].
///
/// Sync, because it computes; call it through [`crate::compute`] from async code.
pub trait SparseEmbedder: Send + Sync {
    /// How many entries the vocabulary has: ids are below it.
    fn vocabulary(&self) -> usize;

    /// Names the encoder and its weights: vectors of different ids are never compared.
    fn model_id(&self) -> &str;

    /// Weighs texts in one batch.
    ///
    /// # Errors
    ///
    /// [`EmbedError`]; a batch succeeds or fails as a whole. A weight that is no number is [`EmbedError::Output`].
    fn embed_sparse(&self, texts: &[&str], role: Role) -> Result<Vec<SparseEmbedded>, EmbedError>;

    /// How an entry of the vocabulary is written, where that is known.
    fn entry(&self, _id: u32) -> Option<String> {
        None
    }
}

impl<E: SparseEmbedder + ?Sized> SparseEmbedder for Arc<E> {
    fn vocabulary(&self) -> usize {
        (**self).vocabulary()
    }

    fn model_id(&self) -> &str {
        (**self).model_id()
    }

    fn embed_sparse(&self, texts: &[&str], role: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
        (**self).embed_sparse(texts, role)
    }

    fn entry(&self, id: u32) -> Option<String> {
        (**self).entry(id)
    }
}
