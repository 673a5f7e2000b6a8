//! Chroma (1.5 and later), over version 2 of its REST interface.
//!
//! - A profile is one record of a collection: its vector, tags and numbers in the metadata for filters, and the
//!   profile itself as JSON. The record's id is the profile's.
//! - There is one leg, the dense one, by the cosine distance that Chroma returns. Chroma's server looks a word
//!   up in documents but gives no score for it, and its search by sparse vectors is not part of the server
//!   ("not implemented for local executor"). For keywords, fuse it with another retriever.
//! - Every filter is pushed down, up to 500 words and bounds in one; a longer one is refused, and a ranker then
//!   fetches more and filters itself. Where the index of neighbours finds fewer than are asked for, all who
//!   pass are compared.
//! - A change is seen by every search that begins after it was acknowledged.
//! - Chroma 1 checks no token itself; for whatever stands before it, [`with_token`] sends one.

mod filter;
mod search;
mod write;

use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Filter, Hit, Query, Request, async_trait};
use serde_json::{Value, json};

use crate::adapter::condition::{Condition, known};
use crate::adapter::engine::{Engine, Entry, in_order, same_dimension, same_encoder, seams};
use crate::adapter::fault::Fault;
use crate::http::{Call, Client, Endpoint, EndpointError, segment};
use crate::{Secret, Space, WriteError};

/// The key of the profile itself in a record's metadata.
const RECORD: &str = "record";
/// The keys of a collection's metadata that say what it is for.
const ENCODER: &str = "ranker_encoder";
const DIMENSION: &str = "ranker_dimension";

/// Where a collection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChromaOptions {
    tenant: String,
    database: String,
}

impl Default for ChromaOptions {
    fn default() -> Self {
        Self {
            tenant: "default_tenant".to_owned(),
            database: "default_database".to_owned(),
        }
    }
}

impl ChromaOptions {
    /// Chroma's own default: `default_tenant` and `default_database`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tenant, which must be there.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// The tenant's database, which must be there.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = database.into();
        self
    }
}

/// A server's address with the token that it takes, in the header `x-chroma-token`.
///
/// # Errors
///
/// [`EndpointError::Header`] for a token that HTTP does not carry.
pub fn with_token(endpoint: Endpoint, token: &Secret) -> Result<Endpoint, EndpointError> {
    endpoint.with_header("x-chroma-token", token)
}

/// A collection of profiles in Chroma.
#[derive(Debug, Clone)]
pub struct Chroma {
    client: Client,
    space: Arc<Space>,
    backend: String,
    /// The path of the collection's records.
    records: String,
}

impl Chroma {
    /// Opens a collection, and makes it where it is not there. It is called `NAME-profiles`: Chroma takes no
    /// name shorter than three letters and none that ends in `_`.
    ///
    /// # Errors
    ///
    /// [`WriteError::Encoder`] for a collection of another encoder; [`WriteError::Rejected`] for one that this
    /// crate did not make, for one of another dimension, and where the tenant or the database is not there;
    /// [`WriteError::Unavailable`].
    pub async fn open(
        endpoint: Endpoint,
        space: Space,
        options: ChromaOptions,
    ) -> Result<Self, WriteError> {
        let mut chroma = Self {
            client: Client::new(endpoint),
            backend: format!("chroma collection {}-profiles", space.name),
            space: Arc::new(space),
            records: String::new(),
        };
        let made = chroma.make(&options).await;
        chroma.records = made.map_err(|fault| fault.write(&chroma.backend))?;
        Ok(chroma)
    }

    /// The path of the collection's records.
    async fn make(&self, options: &ChromaOptions) -> Result<String, Fault> {
        let database = format!(
            "/api/v2/tenants/{}/databases/{}",
            segment(&options.tenant),
            segment(&options.database)
        );
        // A collection of a database that is not there is not there either.
        self.client.json(Call::get(&database)).await?;
        let collections = format!("{database}/collections");
        let name = format!("{}-profiles", self.space.name);
        let own = || Call::get(format!("{collections}/{name}"));
        let mut found = self.client.send(own()).await?;
        if found.status() == 404 {
            let body = json!({
                "name": name,
                "metadata": { ENCODER: self.space.encoder, DIMENSION: self.space.dimension },
                "configuration": {
                    "hnsw": { "space": "cosine", "ef_construction": 200, "ef_search": 200 }
                }
            });
            let made = self.client.send(Call::post(&collections).json(&body)).await;
            found = self.client.send(own()).await?;
            // 409: another writer made it in between.
            if found.status() == 404 {
                made?;
                return Err(Fault::rejected("it was made, and is not there"));
            }
        }
        let found = found.json()?;
        self.fits(&found)?;
        let id = found["id"].as_str();
        let id = id.ok_or_else(|| Fault::rejected("the collection has no id"))?;
        Ok(format!("{collections}/{}", segment(id)))
    }

    /// That a collection is one for this encoder.
    fn fits(&self, found: &Value) -> Result<(), Fault> {
        let about = &found["metadata"];
        let Some(stored) = about[ENCODER].as_str() else {
            let told = "the collection was not made for profiles: use another name";
            return Err(Fault::rejected(told));
        };
        same_encoder(&self.space, stored)?;
        same_dimension(&self.space, &about[DIMENSION])?;
        let configuration = &found["configuration_json"];
        let cosine = |index: &str| configuration[index]["space"] == json!("cosine");
        if cosine("hnsw") || cosine("spann") {
            return Ok(());
        }
        let told = "the collection compares by another distance than cosine";
        Err(Fault::rejected(told))
    }

    /// The answer to a call on the collection's records.
    async fn records(&self, what: &str, body: &Value) -> Result<Value, Fault> {
        let call = Call::post(format!("{}/{what}", self.records)).json(body);
        self.client.json(call).await
    }
}

#[async_trait]
impl Engine for Chroma {
    fn backend(&self) -> &str {
        &self.backend
    }

    fn space(&self) -> &Space {
        &self.space
    }

    fn pushes(&self, filter: &Filter) -> bool {
        known(filter) && filter::fits(&Condition::of(filter))
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
        write::write(self, entries).await
    }

    async fn erase(&self, ids: &[CandidateId]) -> Result<(), Fault> {
        write::erase(self, ids).await
    }

    async fn counted(&self) -> Result<u64, Fault> {
        let counted = self
            .client
            .json(Call::get(format!("{}/count", self.records)))
            .await?;
        let count = counted.as_u64();
        count.ok_or_else(|| Fault::rejected("the count is no number"))
    }
}

seams!(Chroma);
