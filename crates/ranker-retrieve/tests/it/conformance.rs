//! Every retriever keeps the contract of the trait.

use std::sync::Arc;

use ranker_core::conformance::{self, Entry, RetrieverSuite};
use ranker_core::{
    BoxError, CandidateId, Embedding, Filter, Hit, Profile, ProfileStore, Pushdown, Query, Request,
    RetrieveError, Retriever, Score, StoreError, async_trait,
};
use ranker_retrieve::{
    Collection, CollectionOptions, FlatIndex, Fused, Fusion, HnswIndex, HnswOptions, KeywordIndex,
    KeywordOptions, ProfileIndex, QuantizedIndex, QuantizedOptions, SPARSE_WEIGHT,
};

use crate::sparse::over_words;

type Built = Result<Arc<dyn Retriever>, BoxError>;

fn conforms(build: impl Fn(Vec<Entry>) -> Built + Send + Sync) {
    conforms_to(RetrieverSuite::new(), build);
}

fn conforms_to(suite: RetrieverSuite, build: impl Fn(Vec<Entry>) -> Built + Send + Sync) {
    let checked = suite.run(|entries| std::future::ready(build(entries)));
    pollster::block_on(checked).unwrap();
}

fn shared(entries: Vec<Entry>) -> Vec<(Arc<Profile>, ranker_core::Embedding)> {
    let entries = entries.into_iter();
    entries
        .map(|entry| (Arc::new(entry.profile), entry.embedding))
        .collect()
}

fn bare(entries: Vec<Entry>) -> Vec<(CandidateId, ranker_core::Embedding)> {
    let entries = entries.into_iter();
    entries
        .map(|entry| (entry.profile.id().clone(), entry.embedding))
        .collect()
}

fn dense(entries: Vec<Entry>) -> Built {
    Ok(Arc::new(FlatIndex::with_profiles(shared(entries))?))
}

fn keywords(entries: Vec<Entry>, options: KeywordOptions) -> Built {
    let profiles = entries.into_iter().map(|entry| Arc::new(entry.profile));
    Ok(Arc::new(KeywordIndex::with_options(profiles, options)?))
}

fn both(entries: Vec<Entry>, fusion: Fusion) -> Built {
    let bm25 = keywords(entries.clone(), KeywordOptions::new())?;
    Ok(Arc::new(Fused::new(
        [(dense(entries)?, 1.0), (bm25, 0.5)],
        fusion,
    )?))
}

#[test]
fn flat() {
    conforms(dense);
    conforms(|entries| Ok(Arc::new(FlatIndex::new(bare(entries))?)));
}

#[test]
fn sparse() {
    conforms(|entries| {
        let profiles = entries.into_iter().map(|entry| Arc::new(entry.profile));
        Ok(Arc::new(over_words(profiles.collect())))
    });
}

#[test]
fn sparse_beside_others() {
    conforms(|entries| {
        let profiles = entries.iter().map(|entry| Arc::new(entry.profile.clone()));
        let sparse = over_words(profiles.collect());
        let each = entries
            .into_iter()
            .map(|entry| (entry.profile, entry.embedding));
        let index = ProfileIndex::new(each)?;
        Ok(Arc::new(Fused::beside(index, sparse, SPARSE_WEIGHT)?))
    });
}

#[test]
fn quantized() {
    conforms(|entries| Ok(Arc::new(QuantizedIndex::new(bare(entries))?)));
    conforms(|entries| {
        let options = QuantizedOptions::new();
        Ok(Arc::new(QuantizedIndex::with_profiles(
            shared(entries),
            options,
        )?))
    });
}

#[test]
fn quantized_after_changes() {
    conforms(|entries| {
        let entries = shared(entries);
        let (first, rest) = entries.split_at(entries.len() / 2);
        let options = QuantizedOptions::new();
        let index = QuantizedIndex::with_profiles(first.to_vec(), options)?;
        for entry in rest {
            index.insert(entry.clone())?;
        }
        for (i, entry) in entries.iter().enumerate() {
            match i % 3 {
                0 => index.update(entry.clone())?,
                1 => {
                    index.remove(entry.0.id())?;
                    index.insert(entry.clone())?;
                }
                _ => {}
            }
        }
        Ok(Arc::new(index))
    });
}

#[test]
fn hnsw() {
    let options = HnswOptions::new();
    conforms(move |entries| Ok(Arc::new(HnswIndex::build(bare(entries), options)?)));
    conforms(move |entries| {
        Ok(Arc::new(HnswIndex::build_with_profiles(
            shared(entries),
            options,
        )?))
    });
}

#[test]
fn hnsw_with_much_pending() {
    conforms(|entries| {
        let entries = shared(entries);
        let (first, rest) = entries.split_at(entries.len() / 2);
        let narrow = HnswOptions::new().with_ef_search(4)?;
        let index = HnswIndex::build_with_profiles(first.to_vec(), narrow)?;
        for entry in rest {
            index.insert(entry.clone())?;
        }
        for entry in first.iter().step_by(3) {
            index.remove(entry.0.id())?;
            index.insert(entry.clone())?;
        }
        Ok(Arc::new(index))
    });
}

#[test]
fn keyword() {
    conforms(|entries| keywords(entries, KeywordOptions::new()));
    let options = KeywordOptions::new().with_title_boost(3.0).unwrap();
    conforms(move |entries| keywords(entries, options.with_max_terms(4)?));
}

#[test]
fn fused() {
    conforms(|entries| both(entries, Fusion::Weighted));
    conforms(|entries| both(entries, Fusion::reciprocal_rank()));
}

#[test]
fn fused_of_fused() {
    conforms(|entries| {
        let legs = [
            (both(entries.clone(), Fusion::Weighted)?, 1.0),
            (dense(entries)?, 1.0),
        ];
        Ok(Arc::new(Fused::new(legs, Fusion::reciprocal_rank())?))
    });
}

#[test]
fn profile_index() {
    conforms(|entries| {
        let entries = entries
            .into_iter()
            .map(|entry| (entry.profile, entry.embedding));
        Ok(Arc::new(ProfileIndex::new(entries)?))
    });
    let checked = conformance::profile_store(|profiles| {
        let vector = ranker_core::Embedding::normalized(vec![1.0]);
        let built = vector.map_err(BoxError::from).and_then(|vector| {
            let profiles = profiles
                .into_iter()
                .map(|profile| (profile, vector.clone()));
            Ok(ProfileIndex::new(profiles)?)
        });
        std::future::ready(built.map(|index| Arc::new(index) as Arc<dyn ranker_core::ProfileStore>))
    });
    pollster::block_on(checked).unwrap();
}

/// A collection in a directory that is there as long as the collection is.
struct Kept {
    collection: Collection,
    _directory: tempfile::TempDir,
}

#[async_trait]
impl Retriever for Kept {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        self.collection.retrieve(query, request).await
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        self.collection.pushdown(filter)
    }

    fn holds_profiles(&self) -> bool {
        self.collection.holds_profiles()
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
impl ProfileStore for Kept {
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError> {
        self.collection.profiles(ids).await
    }
}

/// A collection, and the directory that goes with it.
pub(crate) fn kept(collection: Collection, directory: tempfile::TempDir) -> Arc<dyn Retriever> {
    Arc::new(Kept {
        collection,
        _directory: directory,
    })
}

fn collection(entries: impl IntoIterator<Item = (Profile, Embedding)>) -> Result<Kept, BoxError> {
    let directory = tempfile::tempdir()?;
    let collection = Collection::create(directory.path(), CollectionOptions::new())?;
    collection.insert_all(entries)?;
    Ok(Kept {
        collection,
        _directory: directory,
    })
}

fn pairs(entries: Vec<Entry>) -> impl Iterator<Item = (Profile, Embedding)> {
    let entries = entries.into_iter();
    entries.map(|entry| (entry.profile, entry.embedding))
}

#[test]
fn collections() {
    conforms(|entries| Ok(Arc::new(collection(pairs(entries))?)));
    let checked = conformance::profile_store(|profiles| {
        let vector = Embedding::normalized(vec![1.0]);
        let built = vector.map_err(BoxError::from).and_then(|vector| {
            let profiles = profiles.into_iter();
            collection(profiles.map(|profile| (profile, vector.clone())))
        });
        std::future::ready(built.map(|kept| Arc::new(kept) as Arc<dyn ProfileStore>))
    });
    pollster::block_on(checked).unwrap();
}

#[test]
fn collections_after_changes_and_a_restart() {
    conforms(|entries| {
        let kept = collection(pairs(entries.clone()))?;
        for entry in entries.iter().step_by(3) {
            kept.collection.remove(entry.profile.id())?;
            let (profile, embedding) = (entry.profile.clone(), entry.embedding.clone());
            kept.collection.insert(profile, embedding)?;
        }
        for entry in entries.iter().skip(1).step_by(3) {
            let (profile, embedding) = (entry.profile.clone(), entry.embedding.clone());
            kept.collection.update(profile, embedding)?;
        }
        let Kept {
            collection,
            _directory,
        } = kept;
        drop(collection);
        let collection = Collection::open(_directory.path(), CollectionOptions::new())?;
        Ok(Arc::new(Kept {
            collection,
            _directory,
        }))
    });
}

/// A team's own retriever that does no more than it must: no leg scores of its own.
struct Plain {
    inner: Arc<dyn Retriever>,
    filters: bool,
    scores: bool,
}

#[async_trait]
impl Retriever for Plain {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let hits = self.inner.retrieve(query, request).await?;
        let strip = |hit: Hit| Hit::new(hit.id().clone(), hit.score());
        Ok(hits.into_iter().map(strip).collect())
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        if self.filters {
            self.inner.pushdown(filter)
        } else {
            Pushdown::Unsupported
        }
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        if self.scores {
            self.inner.score(query, ids).await
        } else {
            Ok(vec![None; ids.len()])
        }
    }
}

#[test]
fn fused_with_a_plain_leg() {
    for fusion in [Fusion::Weighted, Fusion::reciprocal_rank()] {
        for (filters, scores) in [(true, true), (false, true), (false, false)] {
            let suite = match scores {
                true => RetrieverSuite::new(),
                false => RetrieverSuite::new().without_scores(),
            };
            conforms_to(suite, move |entries| {
                let inner = keywords(entries.clone(), KeywordOptions::new())?;
                let plain = Arc::new(Plain {
                    inner,
                    filters,
                    scores,
                });
                Ok(Arc::new(Fused::new(
                    [(dense(entries)?, 1.0), (plain, 0.5)],
                    fusion,
                )?))
            });
        }
    }
}
