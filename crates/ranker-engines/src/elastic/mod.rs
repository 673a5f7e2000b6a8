//! Elasticsearch (8.12 and later) and OpenSearch (2.9 and later).
//!
//! - A profile is one document: its text and title for BM25, its vector for kNN, tags and numbers for
//!   filters, and the profile itself as it was written.
//! - A search asks for both legs at once (`_msearch`), then for both scores of everyone whom either found;
//!   the engine's blended score is not used. kNN is approximate, the scores of those it finds are exact.
//! - Every filter is pushed down, into both legs. Where kNN finds fewer than pass, they are scored one by one.
//! - A query that some shard did not answer is an error.

mod dialect;
mod explain;
mod query;
mod search;
mod write;

use std::sync::Arc;

use ranker_core::{
    CandidateId, Embedding, Hit, Query, Request, RetrieveError, TermScore, ValueError, async_trait,
    legs,
};
use serde_json::Value;

use crate::adapter::engine::{Engine, Entry, in_order, same_dimension, same_encoder, seams};
use crate::adapter::fault::Fault;
use crate::adapter::fuse::Rule;
use crate::http::{Call, Client, Endpoint};
use crate::{Space, Weights, WriteError};
pub use dialect::Dialect;

/// How an index is made and searched.
#[derive(Debug, Clone, PartialEq)]
pub struct ElasticOptions {
    weights: Weights,
    title_boost: f64,
    analyzer: String,
    shards: u32,
}

impl Default for ElasticOptions {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            title_boost: 1.0,
            analyzer: "english".to_owned(),
            shards: 1,
        }
    }
}

impl ElasticOptions {
    /// The weights of a `Collection`, titles that count once, the engine's `english` analyzer, one shard.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How much each leg counts.
    #[must_use]
    pub fn with_weights(mut self, weights: Weights) -> Self {
        self.weights = weights;
        self
    }

    /// How often a title counts: it is part of the text, and `boost - 1` times the score of the title alone
    /// is added.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] outside `1..=100`.
    pub fn with_title_boost(mut self, boost: f64) -> Result<Self, ValueError> {
        if !(1.0..=100.0).contains(&boost) {
            return Err(ValueError::OutOfRange {
                what: "the title's boost",
                value: boost,
                min: 1.0,
                max: 100.0,
            });
        }
        self.title_boost = boost;
        Ok(self)
    }

    /// The analyzer of texts and titles of an index that is made.
    #[must_use]
    pub fn with_analyzer(mut self, name: impl Into<String>) -> Self {
        self.analyzer = name.into();
        self
    }

    /// The shards of an index that is made.
    #[must_use]
    pub fn with_shards(mut self, shards: u32) -> Self {
        self.shards = shards.max(1);
        self
    }
}

/// An index of profiles in Elasticsearch or OpenSearch.
#[derive(Debug, Clone)]
pub struct Elastic {
    client: Client,
    dialect: Dialect,
    space: Arc<Space>,
    options: ElasticOptions,
    backend: String,
}

impl Elastic {
    /// Opens an index, and makes it where it is not there.
    ///
    /// # Errors
    ///
    /// [`WriteError::Encoder`] for an index of another encoder; [`WriteError::Rejected`] for an index that
    /// this crate did not make or one of another dimension; [`WriteError::Unavailable`].
    pub async fn open(
        endpoint: Endpoint,
        dialect: Dialect,
        space: Space,
        options: ElasticOptions,
    ) -> Result<Self, WriteError> {
        let elastic = Self {
            client: Client::new(endpoint),
            dialect,
            backend: format!("{dialect} index {}", space.name),
            space: Arc::new(space),
            options,
        };
        let made = elastic.make().await;
        made.map_err(|fault| fault.write(&elastic.backend))?;
        Ok(elastic)
    }

    async fn make(&self) -> Result<(), Fault> {
        if self.known().await? {
            return Ok(());
        }
        let body = self
            .dialect
            .index(&self.space, &self.options.analyzer, self.options.shards);
        let made = self.client.send(Call::put(self.path("")).json(&body)).await;
        // Another writer may have made it in between.
        if made.is_ok() || self.known().await? {
            Ok(())
        } else {
            made.map(drop)
        }
    }

    /// Whether the index is there, and is one for this encoder.
    async fn known(&self) -> Result<bool, Fault> {
        let answer = self.client.send(Call::get(self.path("/_mapping"))).await?;
        if answer.status() == 404 {
            return Ok(false);
        }
        let answer = answer.json()?;
        let indices = answer
            .as_object()
            .and_then(|indices| indices.values().next());
        let about = indices.map(|index| index["mappings"]["_meta"]["ranker"].clone());
        let about = about.filter(Value::is_object);
        let about = about.ok_or_else(|| {
            Fault::rejected("the index was not made for profiles: use another name")
        })?;
        let stored = about["encoder"].as_str().unwrap_or_default();
        same_encoder(&self.space, stored)?;
        same_dimension(&self.space, &about["dimension"])?;
        Ok(true)
    }

    /// A path of the index.
    fn path(&self, rest: &str) -> String {
        format!("/{}{rest}", self.space.name)
    }

    fn rule(&self, query: &Query) -> Rule {
        Rule {
            weights: self.options.weights,
            words: legs::BM25,
            baseline: query.baseline(),
        }
    }

    /// The terms that make a candidate's keyword score for a query, the greatest part first; `None` where
    /// the engine finds no such candidate, none of the terms in it included.
    ///
    /// # Errors
    ///
    /// Those of a search.
    pub async fn explain(
        &self,
        query: &Query,
        id: &CandidateId,
    ) -> Result<Option<Vec<TermScore>>, RetrieveError> {
        let terms = explain::explain(self, query, id).await;
        terms.map_err(|fault| fault.retrieve(&self.backend))
    }
}

#[async_trait]
impl Engine for Elastic {
    fn backend(&self) -> &str {
        &self.backend
    }

    fn space(&self) -> &Space {
        &self.space
    }

    async fn search(
        &self,
        query: &Query,
        embedding: &Embedding,
        request: &Request,
    ) -> Result<Vec<Hit>, Fault> {
        search::search(self, query, embedding, request).await
    }

    async fn terms(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, Fault> {
        let each = ids.iter().map(|id| explain::explain(self, query, id));
        futures_util::future::try_join_all(each).await
    }

    async fn scored(
        &self,
        query: &Query,
        embedding: &Embedding,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, Fault> {
        search::scored(self, query, embedding, ids).await
    }

    async fn read_whole(&self, ids: &[CandidateId]) -> Result<Vec<Option<Entry>>, Fault> {
        let found = search::records(self, ids).await?;
        let whole = found.into_iter().map(|(id, (profile, embedding))| {
            let embedding = embedding.ok_or_else(|| Fault::rejected("a document has no vector"))?;
            Ok((id, (profile, embedding)))
        });
        Ok(in_order(ids, whole.collect::<Result<Vec<_>, Fault>>()?))
    }

    async fn write(&self, entries: &[&Entry]) -> Result<(), Fault> {
        write::write(self, entries).await
    }

    async fn erase(&self, ids: &[CandidateId]) -> Result<(), Fault> {
        write::erase(self, ids).await
    }

    async fn counted(&self) -> Result<u64, Fault> {
        let answer = self.client.json(Call::get(self.path("/_count"))).await?;
        search::whole(&answer)?;
        answer["count"]
            .as_u64()
            .ok_or_else(|| Fault::rejected("the count is no number"))
    }

    async fn settled(&self) -> Result<(), Fault> {
        self.client
            .json(Call::post(self.path("/_refresh")))
            .await
            .map(drop)
    }
}

seams!(Elastic);
