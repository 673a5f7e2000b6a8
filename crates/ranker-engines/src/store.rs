//! What a store of profiles does, whoever operates it.

use ranker_core::{
    BoxError, CandidateId, Embedding, Profile, ProfileStore, Retriever, StoreError, async_trait,
};

/// Why a store was not changed or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The store cannot be reached now; trying again may help. What was sent may have been done, and may
    /// be sent again: an id is written once.
    #[error("{backend} is unavailable; try again")]
    Unavailable {
        /// The store.
        backend: String,
        /// What it said.
        source: BoxError,
    },
    /// The store refused the request; trying again does not help.
    #[error("{backend} rejected the request")]
    Rejected {
        /// The store.
        backend: String,
        /// What it said.
        source: BoxError,
    },
    /// The store took some of the entries only.
    #[error("{backend} refused {refused} of {sent} entries, {id} first; the others are stored")]
    Partly {
        /// The store.
        backend: String,
        /// How many were sent.
        sent: usize,
        /// How many were refused.
        refused: usize,
        /// The first of those.
        id: CandidateId,
        /// What the store said of it.
        source: BoxError,
    },
    /// Embeddings of another length than the stored ones; nothing was stored.
    #[error("{id} has {actual} dimensions, the store {expected}: use the same encoder")]
    Dimension {
        /// Whose embedding it is.
        id: CandidateId,
        /// The store's.
        expected: usize,
        /// The embedding's.
        actual: usize,
    },
    /// The store holds embeddings of another encoder.
    #[error(
        "{backend} holds embeddings of {stored}, not of {given}: use that encoder, or another store"
    )]
    Encoder {
        /// The store.
        backend: String,
        /// The encoder of its embeddings.
        stored: String,
        /// The one that was given.
        given: String,
    },
    /// What was written is not seen by searches yet.
    #[error(
        "{backend} does not show the last changes after {seconds} s; they are stored, wait longer"
    )]
    NotVisible {
        /// The store.
        backend: String,
        /// How long was waited.
        seconds: u64,
    },
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { backend, source } => Self::Unavailable { backend, source },
            StoreError::Corrupt { backend, source } => Self::Rejected { backend, source },
            other => Self::Rejected {
                backend: "the store".to_owned(),
                source: other.into(),
            },
        }
    }
}

/// Profiles with their embeddings in a store that can be changed: what an adapter of an engine implements
/// beside [`Retriever`] and [`ProfileStore`].
///
/// Contract, checked by [`crate::conformance::StoreSuite`]:
/// - [`Store::upsert`] replaces whoever is there under the same id, whole; sent again, it changes nothing;
/// - of an id twice in one call, the last counts;
/// - what was acknowledged before [`Store::settle`] returned is seen by every search that begins after it;
/// - an embedding of another dimension is [`WriteError::Dimension`], and nothing of that call is stored;
/// - an answer is whole or an error: a search never returns fewer than it could because a part of the store
///   did not answer or a filter hid them from an index.
#[async_trait]
pub trait Store: Retriever + ProfileStore {
    /// Inserts or replaces profiles.
    async fn upsert(&self, entries: &[(Profile, Embedding)]) -> Result<(), WriteError>;

    /// Removes profiles; unknown ids are no error.
    async fn delete(&self, ids: &[CandidateId]) -> Result<(), WriteError>;

    /// What is stored under these ids: one answer an id, in the same order. Embeddings are those that were
    /// stored, to within `1e-3` of cosine similarity.
    async fn entries(
        &self,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<(Profile, Embedding)>>, WriteError>;

    /// How many profiles there are.
    async fn count(&self) -> Result<u64, WriteError>;

    /// Returns once every search sees what was acknowledged. Immediate for a store whose changes are seen
    /// at once.
    async fn settle(&self) -> Result<(), WriteError>;
}
