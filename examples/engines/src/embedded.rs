//! A `Collection` as a store beside the engines.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Profile, ProfileStore, Pushdown, Query, Request,
    RetrieveError, Retriever, Score, StoreError, async_trait,
};
use ranker_engines::{Store, WriteError};
use ranker_retrieve::{Change, Collection, CollectionError, CollectionOptions};

const NAME: &str = "collection";

/// Profiles in a directory, with the interface of an engine.
#[derive(Debug, Clone)]
pub struct Embedded {
    collection: Arc<Collection>,
    dimension: usize,
    /// Held from looking who is there to the change: a collection tells insertions from updates.
    writing: Arc<Mutex<()>>,
}

impl Embedded {
    /// Opens the collection of a directory, or makes it.
    ///
    /// # Errors
    ///
    /// [`CollectionError`].
    pub fn open(
        path: &Path,
        dimension: usize,
        encoder: &str,
        options: CollectionOptions,
    ) -> Result<Self, CollectionError> {
        let opened = if path.join("profiles.redb").exists() {
            Collection::open(path, options)
        } else {
            Collection::create(path, options)
        };
        let collection = Arc::new(opened?.embedded_by(encoder)?);
        Ok(Self {
            collection,
            dimension,
            writing: Arc::default(),
        })
    }

    /// The collection itself.
    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        &self.collection
    }
}

fn refused(error: CollectionError) -> WriteError {
    WriteError::Rejected {
        backend: NAME.to_owned(),
        source: error.into(),
    }
}

#[async_trait]
impl Retriever for Embedded {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        // An empty collection knows no dimension yet.
        if let Some(embedding) = query.embedding()
            && embedding.dimension() != self.dimension
        {
            return Err(RetrieveError::Dimension {
                expected: self.dimension,
                actual: embedding.dimension(),
            });
        }
        self.collection.retrieve(query, request).await
    }

    fn name(&self) -> &str {
        NAME
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        self.collection.pushdown(filter)
    }

    fn holds_profiles(&self) -> bool {
        self.collection.holds_profiles()
    }

    fn encoder(&self) -> Option<&str> {
        self.collection.encoder()
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        self.collection.score(query, ids).await
    }
}

#[async_trait]
impl ProfileStore for Embedded {
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError> {
        self.collection.profiles(ids).await
    }
}

#[async_trait]
impl Store for Embedded {
    async fn upsert(&self, entries: &[(Profile, Embedding)]) -> Result<(), WriteError> {
        let expected = self.dimension;
        let odd = entries
            .iter()
            .find(|(_, embedding)| embedding.dimension() != expected);
        if let Some((profile, embedding)) = odd {
            return Err(WriteError::Dimension {
                id: profile.id().clone(),
                expected,
                actual: embedding.dimension(),
            });
        }
        let last: BTreeMap<CandidateId, (Profile, Embedding)> = entries
            .iter()
            .map(|entry| (entry.0.id().clone(), entry.clone()))
            .collect();
        let writing = Arc::clone(&self.writing);
        let changed = self.collection.wait(move |collection| {
            let _writing = writing.lock().unwrap_or_else(PoisonError::into_inner);
            let known = collection.snapshot();
            let changes = last.into_iter().map(|(id, (profile, embedding))| {
                Ok(match known.profile(&id)? {
                    Some(_) => Change::Update(profile, embedding.into()),
                    None => Change::Insert(profile, embedding.into()),
                })
            });
            let changes = changes.collect::<Result<Vec<Change>, CollectionError>>()?;
            collection.apply(changes)
        });
        changed.await.map(drop).map_err(refused)
    }

    async fn delete(&self, ids: &[CandidateId]) -> Result<(), WriteError> {
        let ids = ids.to_vec();
        let writing = Arc::clone(&self.writing);
        let changed = self.collection.wait(move |collection| {
            let _writing = writing.lock().unwrap_or_else(PoisonError::into_inner);
            let known = collection.snapshot();
            let mut changes = Vec::new();
            for id in ids {
                if known.profile(&id)?.is_some() {
                    changes.push(Change::Remove(id));
                }
            }
            collection.apply(changes)
        });
        changed.await.map(drop).map_err(refused)
    }

    async fn entries(
        &self,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<(Profile, Embedding)>>, WriteError> {
        let ids = ids.to_vec();
        let read = self.collection.wait(move |collection| {
            let now = collection.snapshot();
            let entry = |id| Ok(now.profile(id)?.zip(now.embedding(id)?));
            ids.iter()
                .map(entry)
                .collect::<Result<Vec<_>, CollectionError>>()
        });
        read.await.map_err(refused)
    }

    async fn count(&self) -> Result<u64, WriteError> {
        Ok(self.collection.len() as u64)
    }

    /// A change is seen by every search that begins after it was acknowledged.
    async fn settle(&self) -> Result<(), WriteError> {
        Ok(())
    }
}
