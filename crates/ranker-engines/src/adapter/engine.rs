//! What the adapters share: checks once, and the public seams from one set of functions.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Profile, Query, Request, RetrieveError, TermScore,
    async_trait,
};

use super::condition::known;
use super::fault::Fault;
use crate::{Space, WriteError};

/// A profile and its embedding.
pub(crate) type Entry = (Profile, Embedding);

/// An engine, asked for what is left to do once the arguments are checked.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    /// As in errors, with the place: "qdrant collection people".
    fn backend(&self) -> &str;
    fn space(&self) -> &Space;
    /// Whether the engine applies all of a filter.
    fn pushes(&self, filter: &Filter) -> bool {
        known(filter)
    }
    /// `request.k` is not 0, the embedding has the right dimension, the filter can be pushed down.
    async fn search(
        &self,
        query: &Query,
        embedding: &Embedding,
        request: &Request,
    ) -> Result<Vec<Hit>, Fault>;
    /// One answer an id; there is at least one.
    async fn scored(
        &self,
        query: &Query,
        embedding: &Embedding,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, Fault>;
    /// What the words of a query add to keyword scores: one answer an id.
    async fn terms(
        &self,
        _query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, Fault> {
        Ok(vec![None; ids.len()])
    }
    /// One answer an id; there is at least one. For an engine that reads profiles without their embeddings this is its own.
    async fn read(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, Fault> {
        let entries = self.read_whole(ids).await?.into_iter();
        Ok(entries
            .map(|entry| entry.map(|(profile, _)| Arc::new(profile)))
            .collect())
    }
    /// One answer an id; there is at least one.
    async fn read_whole(&self, ids: &[CandidateId]) -> Result<Vec<Option<Entry>>, Fault>;
    /// No id twice, all of the right dimension; there is at least one.
    async fn write(&self, entries: &[&Entry]) -> Result<(), Fault>;
    /// There is at least one.
    async fn erase(&self, ids: &[CandidateId]) -> Result<(), Fault>;
    async fn counted(&self) -> Result<u64, Fault>;
    /// Whether changes are seen: at once, where a change is acknowledged only once it is done.
    async fn settled(&self) -> Result<(), Fault> {
        Ok(())
    }
}

/// The query's embedding, if it is one of the store's encoder by its dimension.
pub(crate) fn embedding<'q>(
    engine: &dyn Engine,
    query: &'q Query,
) -> Result<&'q Embedding, RetrieveError> {
    let none = || RetrieveError::NoEmbedding {
        retriever: engine.backend().to_owned(),
    };
    let embedding = query.embedding().ok_or_else(none)?;
    let (expected, actual) = (engine.space().dimension, embedding.dimension());
    if expected == actual {
        Ok(embedding)
    } else {
        Err(RetrieveError::Dimension { expected, actual })
    }
}

/// Refuses a filter that the engine cannot apply whole: part of it would be another filter.
pub(crate) fn pushed(engine: &dyn Engine, filter: &Filter) -> Result<(), RetrieveError> {
    if filter.is_all() || engine.pushes(filter) {
        Ok(())
    } else {
        Err(RetrieveError::UnsupportedFilter {
            retriever: engine.backend().to_owned(),
        })
    }
}

/// The last entry of each id, all of the right dimension.
pub(crate) fn entries<'e>(
    engine: &dyn Engine,
    entries: &'e [Entry],
) -> Result<Vec<&'e Entry>, WriteError> {
    let expected = engine.space().dimension;
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
    let last: HashMap<&CandidateId, usize> = entries
        .iter()
        .map(|(profile, _)| profile.id())
        .zip(0..)
        .collect();
    let kept = entries.iter().enumerate();
    let kept = kept.filter(|(at, (profile, _))| last.get(profile.id()) == Some(at));
    Ok(kept.map(|(_, entry)| entry).collect())
}

/// Answers by id, put in the order of the ids.
pub(crate) fn in_order<T: Clone>(
    ids: &[CandidateId],
    found: impl IntoIterator<Item = (CandidateId, T)>,
) -> Vec<Option<T>> {
    let found: HashMap<CandidateId, T> = found.into_iter().collect();
    ids.iter().map(|id| found.get(id).cloned()).collect()
}

/// [`in_order`], of hits by their ids.
pub(crate) fn hits_in_order(ids: &[CandidateId], hits: Vec<Hit>) -> Vec<Option<Hit>> {
    in_order(ids, hits.into_iter().map(|hit| (hit.id().clone(), hit)))
}

/// That the encoder which was noted when the store was made is the space's.
pub(crate) fn same_encoder(space: &Space, stored: &str) -> Result<(), Fault> {
    if stored == space.encoder {
        return Ok(());
    }
    Err(Fault::Encoder {
        stored: stored.to_owned(),
        given: space.encoder.clone(),
    })
}

/// That the dimension which was noted when the store was made is the space's.
pub(crate) fn same_dimension(
    space: &Space,
    stored: impl PartialEq<usize> + std::fmt::Display,
) -> Result<(), Fault> {
    if stored == space.dimension {
        return Ok(());
    }
    let what = format!("its embeddings have {stored} dimensions");
    Err(Fault::rejected(what))
}

/// The public seams of an engine.
macro_rules! seams {
    ($engine:ty) => {
        #[ranker_core::async_trait]
        impl ranker_core::Retriever for $engine {
            async fn retrieve(
                &self,
                query: &ranker_core::Query,
                request: &ranker_core::Request,
            ) -> Result<Vec<ranker_core::Hit>, ranker_core::RetrieveError> {
                let embedding = $crate::adapter::engine::embedding(self, query)?;
                $crate::adapter::engine::pushed(self, &request.filter)?;
                if request.k == 0 {
                    return Ok(Vec::new());
                }
                let found =
                    $crate::adapter::engine::Engine::search(self, query, embedding, request).await;
                found
                    .map_err(|fault| fault.retrieve($crate::adapter::engine::Engine::backend(self)))
            }

            fn name(&self) -> &str {
                $crate::adapter::engine::Engine::backend(self)
            }

            fn pushdown(&self, filter: &ranker_core::Filter) -> ranker_core::Pushdown {
                if filter.is_all() || $crate::adapter::engine::Engine::pushes(self, filter) {
                    ranker_core::Pushdown::Exact
                } else {
                    ranker_core::Pushdown::Unsupported
                }
            }

            fn holds_profiles(&self) -> bool {
                true
            }

            fn encoder(&self) -> Option<&str> {
                Some($crate::adapter::engine::Engine::space(self).encoder())
            }

            async fn score(
                &self,
                query: &ranker_core::Query,
                ids: &[ranker_core::CandidateId],
            ) -> Result<Vec<Option<ranker_core::Score>>, ranker_core::RetrieveError> {
                let hits = ranker_core::Retriever::complete(self, query, ids).await?;
                Ok(hits.into_iter().map(|hit| Some(hit?.score())).collect())
            }

            async fn complete(
                &self,
                query: &ranker_core::Query,
                ids: &[ranker_core::CandidateId],
            ) -> Result<Vec<Option<ranker_core::Hit>>, ranker_core::RetrieveError> {
                let embedding = $crate::adapter::engine::embedding(self, query)?;
                if ids.is_empty() {
                    return Ok(Vec::new());
                }
                let found =
                    $crate::adapter::engine::Engine::scored(self, query, embedding, ids).await;
                found
                    .map_err(|fault| fault.retrieve($crate::adapter::engine::Engine::backend(self)))
            }

            async fn terms(
                &self,
                query: &ranker_core::Query,
                ids: &[ranker_core::CandidateId],
            ) -> Result<Vec<Option<Vec<ranker_core::TermScore>>>, ranker_core::RetrieveError> {
                let found = $crate::adapter::engine::Engine::terms(self, query, ids).await;
                found
                    .map_err(|fault| fault.retrieve($crate::adapter::engine::Engine::backend(self)))
            }
        }

        #[ranker_core::async_trait]
        impl ranker_core::ProfileStore for $engine {
            async fn profiles(
                &self,
                ids: &[ranker_core::CandidateId],
            ) -> Result<Vec<Option<std::sync::Arc<ranker_core::Profile>>>, ranker_core::StoreError>
            {
                if ids.is_empty() {
                    return Ok(Vec::new());
                }
                let found = $crate::adapter::engine::Engine::read(self, ids).await;
                found.map_err(|fault| fault.read($crate::adapter::engine::Engine::backend(self)))
            }
        }

        #[ranker_core::async_trait]
        impl $crate::Store for $engine {
            async fn upsert(
                &self,
                entries: &[(ranker_core::Profile, ranker_core::Embedding)],
            ) -> Result<(), $crate::WriteError> {
                let entries = $crate::adapter::engine::entries(self, entries)?;
                if entries.is_empty() {
                    return Ok(());
                }
                let written = $crate::adapter::engine::Engine::write(self, &entries).await;
                written.map_err(|fault| fault.write($crate::adapter::engine::Engine::backend(self)))
            }

            async fn delete(
                &self,
                ids: &[ranker_core::CandidateId],
            ) -> Result<(), $crate::WriteError> {
                if ids.is_empty() {
                    return Ok(());
                }
                let erased = $crate::adapter::engine::Engine::erase(self, ids).await;
                erased.map_err(|fault| fault.write($crate::adapter::engine::Engine::backend(self)))
            }

            async fn entries(
                &self,
                ids: &[ranker_core::CandidateId],
            ) -> Result<
                Vec<Option<(ranker_core::Profile, ranker_core::Embedding)>>,
                $crate::WriteError,
            > {
                if ids.is_empty() {
                    return Ok(Vec::new());
                }
                let found = $crate::adapter::engine::Engine::read_whole(self, ids).await;
                found.map_err(|fault| fault.write($crate::adapter::engine::Engine::backend(self)))
            }

            async fn count(&self) -> Result<u64, $crate::WriteError> {
                let counted = $crate::adapter::engine::Engine::counted(self).await;
                counted.map_err(|fault| fault.write($crate::adapter::engine::Engine::backend(self)))
            }

            async fn settle(&self) -> Result<(), $crate::WriteError> {
                let settled = $crate::adapter::engine::Engine::settled(self).await;
                settled.map_err(|fault| fault.write($crate::adapter::engine::Engine::backend(self)))
            }
        }
    };
}
pub(crate) use seams;
