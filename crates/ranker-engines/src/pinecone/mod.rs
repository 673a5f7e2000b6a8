//! Pinecone's serverless indexes, over the REST interface of vectors.
//!
//! - A profile is one record of a namespace: its vector, tags and numbers in the metadata for filters, and the
//!   profile itself, which with them must stay below Pinecone's 40 kB a record.
//! - There is one leg, the dense one: Pinecone blends a sparse vector into one score and returns neither part.
//!   For keywords, fuse it with another retriever.
//! - Pinecone's language of filters has no "not", and what `$nin` means for a list is not documented. A negated
//!   range is pushed down as its complement; a negated keyword, set or flag is not:
//!   [`ranker_core::Retriever::pushdown`] says so, and a ranker then fetches more and filters itself.
//! - Changes are seen late. [`crate::Store::settle`] waits until Pinecone's log sequence numbers say that
//!   queries see them, and is [`WriteError::NotVisible`] after [`PineconeOptions::with_patience`].

mod filter;
mod search;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use ranker_core::{CandidateId, Embedding, Filter, Hit, Query, Request, async_trait};
use serde_json::{Value, json};

use crate::adapter::condition::{Condition, known};
use crate::adapter::engine::{Engine, Entry, in_order, same_dimension, same_encoder, seams};
use crate::adapter::fault::Fault;
use crate::http::{Answer, Call, Client, Endpoint, EndpointError};
use crate::{Secret, Space, WriteError};

/// The version of the interface that is spoken.
const VERSION: &str = "2025-04";
/// The record that says what a namespace is for; searches leave it out by its kind.
const ABOUT: &str = "ranker-about";
/// The longest pause between two looks at what is visible.
const LONGEST: Duration = Duration::from_secs(2);

/// How a namespace is searched.
#[derive(Debug, Clone, PartialEq)]
pub struct PineconeOptions {
    patience: Duration,
}

impl Default for PineconeOptions {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(60),
        }
    }
}

impl PineconeOptions {
    /// A minute's patience.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long [`crate::Store::settle`] waits for changes to be seen.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

/// A namespace of profiles in an index of Pinecone's.
#[derive(Debug, Clone)]
pub struct Pinecone {
    client: Client,
    space: Arc<Space>,
    options: PineconeOptions,
    backend: String,
    /// The log sequence number of the last change.
    written: Arc<AtomicU64>,
}

impl Pinecone {
    /// Opens a namespace, of the space's name, in the index at `endpoint` (the index's own host), with an
    /// API key ([`with_key`]).
    ///
    /// # Errors
    ///
    /// [`WriteError::Encoder`] for a namespace of another encoder; [`WriteError::Rejected`] for an index of
    /// another dimension or metric; [`WriteError::Unavailable`].
    pub async fn open(
        endpoint: Endpoint,
        space: Space,
        options: PineconeOptions,
    ) -> Result<Self, WriteError> {
        let pinecone = Self {
            client: Client::new(endpoint),
            backend: format!("pinecone namespace {}", space.name),
            space: Arc::new(space),
            options,
            written: Arc::default(),
        };
        let made = pinecone.make().await;
        made.map_err(|fault| fault.write(&pinecone.backend))?;
        Ok(pinecone)
    }

    async fn make(&self) -> Result<(), Fault> {
        let stats = self
            .post("/describe_index_stats", &json!({}))
            .await?
            .json()?;
        same_dimension(&self.space, &stats["dimension"])?;
        let found = search::fetch(self, &[ABOUT.to_owned()]).await?;
        if let Some(about) = found.get(ABOUT) {
            let stored = about["metadata"]["encoder"].as_str();
            return same_encoder(&self.space, stored.unwrap_or_default());
        }
        let mut vector = vec![0.0; self.space.dimension];
        vector[0] = 1.0;
        let about = json!({
            "id": ABOUT,
            "values": vector,
            "metadata": { "kind": "about", "encoder": self.space.encoder }
        });
        write::send(self, vec![about]).await?;
        // Whoever opens the namespace next must see it.
        self.settled().await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer, Fault> {
        let call = Call::post(path)
            .json(body)
            .header("x-pinecone-api-version", VERSION);
        self.found(self.client.send(call).await?, path)
    }

    async fn get(&self, path: &str) -> Result<Answer, Fault> {
        let call = Call::get(path).header("x-pinecone-api-version", VERSION);
        self.found(self.client.send(call).await?, path)
    }

    fn found(&self, answer: Answer, path: &str) -> Result<Answer, Fault> {
        if answer.status() == 404 {
            return Err(Fault::rejected(format!(
                "{path} is not there: is this an index's host?"
            )));
        }
        Ok(answer)
    }

    /// Notes the number that a change has in Pinecone's log.
    fn note(&self, answer: &Answer) {
        if let Some(number) = answer.number("x-pinecone-request-lsn") {
            self.written.fetch_max(number, Ordering::Relaxed);
        }
    }
}

/// An index's address with the API key that it takes.
///
/// # Errors
///
/// [`EndpointError::Header`] for a key that HTTP does not carry.
pub fn with_key(endpoint: Endpoint, key: &Secret) -> Result<Endpoint, EndpointError> {
    endpoint.with_header("api-key", key)
}

/// Makes a serverless index, or finds the one of that name, and returns its host: the address of
/// [`Pinecone::open`]. `control` is `https://api.pinecone.io` with the key; `place` is the cloud and its
/// region, such as `("aws", "us-east-1")`. The index takes the space's name, with `-` for `_`.
///
/// # Errors
///
/// [`WriteError::Rejected`], [`WriteError::Unavailable`].
pub async fn create_index(
    control: Endpoint,
    space: &Space,
    place: (&str, &str),
) -> Result<String, WriteError> {
    let client = Client::new(control);
    let name = space.name.replace('_', "-");
    let made = async {
        let known = Call::get(format!("/indexes/{name}")).header("x-pinecone-api-version", VERSION);
        let mut answer = client.send(known).await?;
        if answer.status() == 404 {
            let body = json!({
                "name": name,
                "dimension": space.dimension,
                "metric": "cosine",
                "spec": { "serverless": { "cloud": place.0, "region": place.1 } }
            });
            let make = Call::post("/indexes")
                .json(&body)
                .header("x-pinecone-api-version", VERSION);
            answer = client.send(make).await?;
        }
        let index = answer.json()?;
        if index["metric"] != json!("cosine") {
            return Err(Fault::rejected(
                "the index compares by another metric than cosine",
            ));
        }
        let host = index["host"].as_str();
        host.map(str::to_owned)
            .ok_or_else(|| Fault::rejected("the index has no host yet"))
    };
    let made = made.await;
    made.map_err(|fault: Fault| fault.write(&format!("pinecone index {name}")))
}

#[async_trait]
impl Engine for Pinecone {
    fn backend(&self) -> &str {
        &self.backend
    }

    fn space(&self) -> &Space {
        &self.space
    }

    fn pushes(&self, filter: &Filter) -> bool {
        known(filter) && filter::filter(&Condition::of(filter)).is_some()
    }

    async fn search(
        &self,
        _: &Query,
        embedding: &Embedding,
        request: &Request,
    ) -> Result<Vec<Hit>, Fault> {
        search::search(self, embedding, request).await
    }

    async fn scored(
        &self,
        _: &Query,
        embedding: &Embedding,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, Fault> {
        search::scored(self, embedding, ids).await
    }

    async fn read_whole(&self, ids: &[CandidateId]) -> Result<Vec<Option<Entry>>, Fault> {
        Ok(in_order(ids, search::records(self, ids).await?))
    }

    async fn write(&self, entries: &[&Entry]) -> Result<(), Fault> {
        let records = entries.iter().map(|entry| write::record(entry));
        write::send(self, records.collect::<Result<_, _>>()?).await
    }

    async fn erase(&self, ids: &[CandidateId]) -> Result<(), Fault> {
        write::erase(self, ids).await
    }

    async fn counted(&self) -> Result<u64, Fault> {
        let stats = self
            .post("/describe_index_stats", &json!({}))
            .await?
            .json()?;
        let own = &stats["namespaces"][&self.space.name]["vectorCount"];
        // Without the record that says what the namespace is for.
        Ok(own.as_u64().unwrap_or(0).saturating_sub(1))
    }

    async fn settled(&self) -> Result<(), Fault> {
        let written = self.written.load(Ordering::Relaxed);
        let begun = Instant::now();
        let mut pause = Duration::from_millis(100);
        while search::indexed(self).await? < written {
            if begun.elapsed() >= self.options.patience {
                let seconds = self.options.patience.as_secs();
                return Err(Fault::NotVisible { seconds });
            }
            Delay::new(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
        Ok(())
    }
}

seams!(Pinecone);

/// A profile's id in Pinecone, which takes ASCII alone: its BLAKE3 hash in hexadecimal.
fn key(id: &CandidateId) -> String {
    blake3::hash(id.as_str().as_bytes()).to_hex().to_string()
}
