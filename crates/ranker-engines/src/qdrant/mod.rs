//! Qdrant (1.10 and later), over its REST interface.
//!
//! - A profile is one point: a named dense vector, a named sparse one of its words, tags and numbers in the
//!   payload for filters, and the profile itself. Points are numbered by a hash of the profile's id.
//! - The sparse vector is BM25's: the document's side here, the words' rarity (`modifier: idf`) by Qdrant.
//!   Qdrant knows no average length of documents, so lengths are held against [`QdrantOptions::with_length`].
//! - A search asks for both legs at once, then for both scores of everyone whom either found; Qdrant's own
//!   fusion, which keeps neither score, is not used.
//! - Every filter is pushed down. The index of neighbours looks for enough who pass; where it finds fewer,
//!   all who pass are compared (`exact`).

mod filter;
mod search;
mod words;
mod write;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use ranker_core::{
    CandidateId, Embedding, Hit, Profile, Query, Request, ValueError, async_trait, legs,
};
use serde_json::{Value, json};

use crate::adapter::engine::{Engine, Entry, in_order, same_dimension, same_encoder, seams};
use crate::adapter::fault::Fault;
use crate::adapter::fuse::Rule;
use crate::http::{Call, Client, Endpoint};
use crate::{Space, Weights, WriteError};

/// How a collection is searched.
#[derive(Debug, Clone, PartialEq)]
pub struct QdrantOptions {
    weights: Weights,
    length: f64,
}

impl Default for QdrantOptions {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            length: 256.0,
        }
    }
}

impl QdrantOptions {
    /// The weights of a `Collection`, texts of 256 words on average.
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

    /// The average length of texts, in words: BM25 holds a text's length against it. The same for all
    /// profiles of a collection.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] outside `1..=100000`.
    pub fn with_length(mut self, words: f64) -> Result<Self, ValueError> {
        if !(1.0..=100_000.0).contains(&words) {
            return Err(ValueError::OutOfRange {
                what: "the average length of texts",
                value: words,
                min: 1.0,
                max: 100_000.0,
            });
        }
        self.length = words;
        Ok(self)
    }
}

/// A collection of profiles in Qdrant.
#[derive(Debug, Clone)]
pub struct Qdrant {
    client: Client,
    space: Arc<Space>,
    options: QdrantOptions,
    backend: String,
    /// Facts whose numbers have an index.
    numbers: Arc<Mutex<BTreeSet<String>>>,
}

/// The point that says what a collection is for: Qdrant keeps no description of one.
const ABOUT: &str = "00000000-0000-0000-0000-000000000000";

impl Qdrant {
    /// Opens a collection, and makes it where it is not there.
    ///
    /// # Errors
    ///
    /// [`WriteError::Encoder`] for a collection of another encoder; [`WriteError::Rejected`] for one that this
    /// crate did not make or one of another dimension; [`WriteError::Unavailable`].
    pub async fn open(
        endpoint: Endpoint,
        space: Space,
        options: QdrantOptions,
    ) -> Result<Self, WriteError> {
        let qdrant = Self {
            client: Client::new(endpoint),
            backend: format!("qdrant collection {}", space.name),
            space: Arc::new(space),
            options,
            numbers: Arc::default(),
        };
        let made = qdrant.make().await;
        made.map_err(|fault| fault.write(&qdrant.backend))?;
        Ok(qdrant)
    }

    async fn make(&self) -> Result<(), Fault> {
        if self.known().await? {
            return Ok(());
        }
        let body = json!({
            "vectors": { "dense": { "size": self.space.dimension, "distance": "Cosine" } },
            "sparse_vectors": { "words": { "modifier": "idf" } }
        });
        let made = self.client.send(Call::put(self.path("")).json(&body)).await;
        // 409: another writer made it in between.
        if made.is_err() && self.client.send(Call::get(self.path(""))).await?.status() == 404 {
            return made.map(drop);
        }
        self.index("tags", "keyword").await?;
        // The point has no vector, so that no search finds it, and no tags.
        let about = json!({ "points": [{
            "id": ABOUT,
            "vector": {},
            "payload": { "ranker": { "encoder": self.space.encoder, "dimension": self.space.dimension } }
        }]});
        self.client
            .json(Call::put(self.path("/points?wait=true")).json(&about))
            .await
            .map(drop)
    }

    /// Whether the collection is there, and is one for this encoder.
    async fn known(&self) -> Result<bool, Fault> {
        if self.client.send(Call::get(self.path(""))).await?.status() == 404 {
            return Ok(false);
        }
        let body = json!({ "ids": [ABOUT], "with_payload": true, "with_vector": false });
        let answer = self
            .client
            .json(Call::post(self.path("/points")).json(&body))
            .await?;
        let about = &answer["result"][0]["payload"]["ranker"];
        if !about.is_object() {
            let told = "the collection was not made for profiles: use another name";
            return Err(Fault::rejected(told));
        }
        let stored = about["encoder"].as_str().unwrap_or_default();
        same_encoder(&self.space, stored)?;
        same_dimension(&self.space, &about["dimension"])?;
        Ok(true)
    }

    /// Makes an index of a payload's field; again, it does nothing.
    async fn index(&self, field: &str, schema: &str) -> Result<(), Fault> {
        let body = json!({ "field_name": field, "field_schema": schema });
        let path = self.path("/index?wait=true");
        self.client
            .json(Call::put(path).json(&body))
            .await
            .map(drop)
    }

    /// A path of the collection.
    fn path(&self, rest: &str) -> String {
        format!("/collections/{}{rest}", self.space.name)
    }

    fn rule(&self, query: &Query) -> Rule {
        Rule {
            weights: self.options.weights,
            words: legs::BM25,
            baseline: query.baseline(),
        }
    }

    /// The result of a call on the points.
    async fn points(&self, rest: &str, body: &Value) -> Result<Value, Fault> {
        let path = self.path(&format!("/points{rest}"));
        let mut answer = self.client.json(Call::post(path).json(body)).await?;
        if answer["status"] != json!("ok") {
            let told = format!("the status is {}", answer["status"]);
            return Err(Fault::Unavailable(told.into()));
        }
        Ok(answer["result"].take())
    }
}

#[async_trait]
impl Engine for Qdrant {
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

    async fn scored(
        &self,
        query: &Query,
        embedding: &Embedding,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, Fault> {
        search::scored(self, query, embedding, ids).await
    }

    async fn read(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, Fault> {
        let found = search::records(self, ids, search::Vectors::Without).await?;
        let profiles = found
            .into_iter()
            .map(|(id, (profile, _))| (id, Arc::new(profile)));
        Ok(in_order(ids, profiles))
    }

    async fn read_whole(&self, ids: &[CandidateId]) -> Result<Vec<Option<Entry>>, Fault> {
        let found = search::records(self, ids, search::Vectors::With).await?;
        let whole = found.into_iter().map(|(id, (profile, embedding))| {
            let embedding = embedding.ok_or_else(|| Fault::rejected("a point has no vector"))?;
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
        let counted = self.points("/count", &json!({ "exact": true })).await?;
        let count = counted["count"].as_u64();
        let count = count.ok_or_else(|| Fault::rejected("the count is no number"))?;
        // Without the point that says what the collection is for.
        Ok(count.saturating_sub(1))
    }
}

seams!(Qdrant);

/// The number of a profile's point: a UUID of 128 bits of its id's BLAKE3 hash, marked as of one's own making
/// (version 8, RFC 9562).
fn point(id: &CandidateId) -> String {
    let hash = blake3::hash(id.as_str().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}
