//! Ids in, profiles out.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{BoxError, CandidateId, Profile, TokenCodes};

/// Why profiles could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached now; trying again may help.
    #[error("{backend} is unavailable; try again")]
    Unavailable {
        /// The store.
        backend: String,
        /// What it said.
        source: BoxError,
    },
    /// What the store holds cannot be read.
    #[error("{backend} holds something unreadable")]
    Corrupt {
        /// The store.
        backend: String,
        /// What is wrong with it.
        source: BoxError,
    },
}

/// Holds the profiles behind ids, for retrievers that hold only ids and vectors.
///
/// Contract, checked by [`crate::conformance::profile_store`]:
/// - one answer an id, in the same order, `None` for an id it does not know;
/// - an id twice in one call gives its profile twice;
/// - a store that cannot be reached is [`StoreError::Unavailable`].
#[async_trait]
pub trait ProfileStore: Send + Sync {
    /// The profiles of these candidates, many in one call.
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError>;

    /// Their token vectors, of a store that keeps such; of any other, none. One answer an id, in the same
    /// order. Requested for hits whose retriever brought none, such as those of a foreign engine beside
    /// which a collection keeps token vectors.
    async fn tokens(&self, ids: &[CandidateId]) -> Result<Vec<Option<TokenCodes>>, StoreError> {
        Ok(vec![None; ids.len()])
    }
}

#[async_trait]
impl<S: ProfileStore + ?Sized> ProfileStore for Arc<S> {
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError> {
        (**self).profiles(ids).await
    }

    async fn tokens(&self, ids: &[CandidateId]) -> Result<Vec<Option<TokenCodes>>, StoreError> {
        (**self).tokens(ids).await
    }
}

/// Profiles in memory.
#[async_trait]
impl<H: std::hash::BuildHasher + Send + Sync> ProfileStore
    for HashMap<CandidateId, Arc<Profile>, H>
{
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError> {
        Ok(ids.iter().map(|id| self.get(id).cloned()).collect())
    }
}
