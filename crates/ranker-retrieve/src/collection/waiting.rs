//! A collection's slow calls, from async code.

use std::path::Path;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile, waiting};

use super::Collection;
use super::change::{Applied, Change};
use super::erase::Erased;
use super::error::CollectionError;
use super::options::CollectionOptions;

/// The async forms wait on threads kept for waiting ([`ranker_core::waiting`]), not on those of the caller's
/// runtime or of the pool that rankings compute on. A future that is dropped lets its call go on: what was
/// handed over is done or refused as a whole.
impl Collection {
    /// As [`Self::create`], from async code.
    ///
    /// # Errors
    ///
    /// As [`Self::create`].
    pub async fn create_async(
        path: impl AsRef<Path> + Send,
        options: CollectionOptions,
    ) -> Result<Self, CollectionError> {
        let path = path.as_ref().to_owned();
        waiting(move || Self::create(path, options)).await
    }

    /// As [`Self::open`], from async code.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub async fn open_async(
        path: impl AsRef<Path> + Send,
        options: CollectionOptions,
    ) -> Result<Self, CollectionError> {
        let path = path.as_ref().to_owned();
        waiting(move || Self::open(path, options)).await
    }

    /// As [`Self::apply`], from async code.
    ///
    /// # Errors
    ///
    /// As [`Self::apply`].
    pub async fn apply_async(
        self: &Arc<Self>,
        changes: Vec<Change>,
    ) -> Result<Applied, CollectionError> {
        self.wait(move |collection| collection.apply(changes)).await
    }

    /// As [`Self::insert_all`], from async code.
    ///
    /// # Errors
    ///
    /// As [`Self::apply`].
    pub async fn insert_all_async(
        self: &Arc<Self>,
        profiles: Vec<(Profile, Embedding)>,
    ) -> Result<Applied, CollectionError> {
        self.wait(move |collection| collection.insert_all(profiles))
            .await
    }

    /// As [`Self::erase`], from async code.
    ///
    /// # Errors
    ///
    /// As [`Self::erase`].
    pub async fn erase_async(
        self: &Arc<Self>,
        ids: Vec<CandidateId>,
    ) -> Result<Erased, CollectionError> {
        self.wait(move |collection| collection.erase(&ids)).await
    }

    /// As [`Self::checkpoint`], from async code.
    ///
    /// # Errors
    ///
    /// As [`Self::checkpoint`].
    pub async fn checkpoint_async(self: &Arc<Self>) -> Result<(), CollectionError> {
        self.wait(Self::checkpoint).await
    }

    /// Any other work with the collection, from async code: several calls in turn, [`Self::measure`],
    /// [`Self::held`], [`Self::reembed`].
    pub async fn wait<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> T {
        let collection = Arc::clone(self);
        waiting(move || work(&collection)).await
    }
}
