//! Milvus (2.3 and later), over HTTP: version 2 of its REST interface, which Zilliz Cloud speaks too, and version 1
//! where the server has no other.
//!
//! - A profile is one row of a collection: its vector, tags and numbers as dynamic fields for filters, and the
//!   profile itself as JSON, which a field holds up to 65,535 bytes of. The row's key is the BLAKE3 hash of the id.
//! - There is one leg, the dense one, by cosine similarity. For keywords, fuse it with another retriever.
//! - Every filter is pushed down, up to 100 conditions in one; a longer one is refused, and a ranker then fetches
//!   more and filters itself. Up to 1,000 who pass are compared one by one, and all who pass where the index of neighbours
//!   finds fewer than are asked for.
//! - By version 2 every search sees what was acknowledged before it. Version 1 has no such consistency:
//!   [`crate::Store::settle`] writes a row and waits until it is seen, and with it all that was written before, and is
//!   [`WriteError::NotVisible`] after [`MilvusOptions::with_patience`].
//! - Version 1 makes no collection whose keys are ours. The server's interface of management, at a port of its own
//!   (9091), does: [`MilvusOptions::with_management`].

mod dialect;
mod filter;
mod search;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_timer::Delay;
use ranker_core::{CandidateId, Embedding, Filter, Hit, Query, Request, async_trait};
use serde_json::{Value, json};

use crate::adapter::condition::{Condition, known};
use crate::adapter::engine::{Engine, Entry, in_order, same_dimension, same_encoder, seams};
use crate::adapter::fault::Fault;
use crate::http::{Call, Client, Endpoint, EndpointError};
use crate::{Secret, Space, WriteError};
use dialect::{Deed, Dialect};

/// The field of a profile's vector, and of the profile itself.
const VECTOR: &str = "vector";
const RECORD: &str = "record";
/// The row that says what a collection is for.
const ABOUT: &str = "~about";
/// The pause between two looks at what is there.
const PAUSE: Duration = Duration::from_millis(50);

/// Where a collection is, and how its server is spoken to.
#[derive(Debug, Clone)]
pub struct MilvusOptions {
    database: String,
    management: Option<Endpoint>,
    patience: Duration,
}

impl Default for MilvusOptions {
    fn default() -> Self {
        Self {
            database: "default".to_owned(),
            management: None,
            patience: Duration::from_secs(60),
        }
    }
}

impl MilvusOptions {
    /// Milvus' own database `default`, no interface of management, a minute's patience.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The database, which must be there.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = database.into();
        self
    }

    /// The server's interface of management, port 9091, which makes the collection where the server speaks version 1
    /// alone. It takes no token: keep it from others.
    #[must_use]
    pub fn with_management(mut self, endpoint: Endpoint) -> Self {
        self.management = Some(endpoint);
        self
    }

    /// How long is waited for a collection to be loaded, and for changes to be seen.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

/// A server's address with the token that it takes: `user:password`, or a key of Zilliz Cloud's.
///
/// # Errors
///
/// [`EndpointError::Header`] for a token that HTTP does not carry.
pub fn with_token(endpoint: Endpoint, token: &Secret) -> Result<Endpoint, EndpointError> {
    let bearer = Secret::new(format!("Bearer {}", token.expose()));
    endpoint.with_header("authorization", &bearer)
}

/// A collection of profiles in Milvus.
#[derive(Debug, Clone)]
pub struct Milvus {
    client: Client,
    dialect: Dialect,
    space: Arc<Space>,
    options: Arc<MilvusOptions>,
    backend: String,
}

impl Milvus {
    /// Opens the collection of the space's name, and makes it where it is not there.
    ///
    /// # Errors
    ///
    /// [`WriteError::Encoder`] for a collection of another encoder; [`WriteError::Rejected`] for one that this crate
    /// did not make, for one of another dimension, where the database is not there, and where a collection cannot be
    /// made without [`MilvusOptions::with_management`]; [`WriteError::NotVisible`] for one that is not loaded in time;
    /// [`WriteError::Unavailable`].
    pub async fn open(
        endpoint: Endpoint,
        space: Space,
        options: MilvusOptions,
    ) -> Result<Self, WriteError> {
        let mut milvus = Self {
            client: Client::new(endpoint),
            dialect: Dialect::Two,
            backend: format!("milvus collection {}", space.name),
            space: Arc::new(space),
            options: Arc::new(options),
        };
        let made = milvus.make().await;
        made.map_err(|fault| fault.write(&milvus.backend))?;
        Ok(milvus)
    }

    async fn make(&mut self) -> Result<(), Fault> {
        let asked = Dialect::Two.describe(&self.space, &self.options);
        if self.client.send(asked).await?.status() == 404 {
            self.dialect = Dialect::One;
        }
        let mut found = self.described().await?;
        if found.is_none() {
            self.create().await?;
            found = self.described().await?;
        }
        let found = found.ok_or_else(|| Fault::rejected("it was made, and is not there"))?;
        let mut fields = found["fields"].as_array().into_iter().flatten();
        if !fields.any(|field| field["name"] == json!(RECORD)) {
            let told = "the collection was not made for profiles: use another name";
            return Err(Fault::rejected(told));
        }
        self.loaded(found).await?;
        self.claimed().await
    }

    /// What the server says of the collection; `None` where it is not there.
    async fn described(&self) -> Result<Option<Value>, Fault> {
        let call = self.dialect.describe(&self.space, &self.options);
        let answer = self.client.json(call).await?;
        if answer["code"] == json!(dialect::ABSENT) {
            return Ok(None);
        }
        self.dialect.told(answer).map(Some)
    }

    async fn create(&self) -> Result<(), Fault> {
        if self.dialect == Dialect::Two {
            let call = dialect::making(&self.space, &self.options);
            let made = self.dialect.told(self.client.json(call).await?);
            // Another opener may have made it in between.
            return match self.described().await? {
                Some(_) => Ok(()),
                None => made.map(drop),
            };
        }
        self.managed(dialect::managed_making(&self.space, &self.options))
            .await
    }

    /// Waits until the collection is loaded, which is asked for where nobody did.
    async fn loaded(&self, mut found: Value) -> Result<(), Fault> {
        let begun = Instant::now();
        let mut asked = false;
        while found["load"] != json!("LoadStateLoaded") {
            if !asked && found["load"] == json!("LoadStateNotLoad") {
                self.load().await?;
                asked = true;
            }
            if begun.elapsed() > self.options.patience {
                return Err(self.late());
            }
            Delay::new(PAUSE).await;
            found = self.described().await?.unwrap_or_default();
        }
        Ok(())
    }

    async fn load(&self) -> Result<(), Fault> {
        if self.dialect == Dialect::Two {
            let call = dialect::loading(&self.space, &self.options);
            return self.dialect.told(self.client.json(call).await?).map(drop);
        }
        for call in dialect::managed_loading(&self.space, &self.options) {
            self.managed(call).await?;
        }
        Ok(())
    }

    /// A call of the interface of management.
    async fn managed(&self, call: Call) -> Result<(), Fault> {
        let Some(endpoint) = &self.options.management else {
            let told = "the server speaks version 1 of the interface alone, which makes and loads no collection for profiles: \
                        give the address of its management, port 9091";
            return Err(Fault::rejected(told));
        };
        let answer = Client::new(endpoint.clone()).json(call).await?;
        match answer["reason"].as_str() {
            None => Ok(()),
            Some(reason) => Err(Fault::rejected(reason)),
        }
    }

    /// That the collection is one for this encoder; a new one is from now on.
    async fn claimed(&self) -> Result<(), Fault> {
        if !self.is_claimed().await? {
            // What another opener wrote may not be seen yet.
            self.settled().await?;
            if !self.is_claimed().await? {
                let about =
                    json!({ "encoder": self.space.encoder, "dimension": self.space.dimension });
                self.mark(ABOUT, &about.to_string()).await?;
                self.settled().await?;
                self.is_claimed().await?;
            }
        }
        Ok(())
    }

    async fn is_claimed(&self) -> Result<bool, Fault> {
        let found = search::read(self, &[ABOUT], &["id", RECORD]).await?;
        let Some(row) = found.get(ABOUT) else {
            return Ok(false);
        };
        let about = row[RECORD].as_str().map(serde_json::from_str);
        let about: Value = about.and_then(Result::ok).unwrap_or_default();
        same_dimension(&self.space, &about["dimension"])?;
        same_encoder(&self.space, about["encoder"].as_str().unwrap_or_default())?;
        Ok(true)
    }

    /// Writes a row that is no profile.
    async fn mark(&self, key: &str, record: &str) -> Result<(), Fault> {
        let mut vector = vec![0.0; self.space.dimension];
        vector[0] = 1.0;
        let row = json!({ "id": key, VECTOR: vector, RECORD: record, filter::TAGS: [] });
        write::send(self, vec![row]).await
    }

    /// What the server says of a call on the collection's rows.
    async fn rows(&self, deed: Deed, own: Value) -> Result<Value, Fault> {
        let call = self.dialect.rows(deed, (&self.space, &self.options), own);
        self.dialect.told(self.client.json(call).await?)
    }

    fn late(&self) -> Fault {
        Fault::NotVisible {
            seconds: self.options.patience.as_secs(),
        }
    }
}

#[async_trait]
impl Engine for Milvus {
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
        let keys: Vec<String> = ids.iter().map(key).collect();
        let found = search::entries(self, &keys).await?.into_values();
        let found = found.map(|entry| (entry.0.id().clone(), entry));
        Ok(in_order(ids, found))
    }

    async fn write(&self, entries: &[&Entry]) -> Result<(), Fault> {
        write::write(self, entries).await
    }

    async fn erase(&self, ids: &[CandidateId]) -> Result<(), Fault> {
        write::erase(self, ids).await
    }

    async fn counted(&self) -> Result<u64, Fault> {
        search::passes(self, &filter::profiles()).await
    }

    async fn settled(&self) -> Result<(), Fault> {
        if self.dialect == Dialect::Two {
            return Ok(());
        }
        let begun = Instant::now();
        let own = marker();
        self.mark(&own, "").await?;
        while search::read(self, &[&own], &["id"]).await?.is_empty() {
            if begun.elapsed() > self.options.patience {
                return Err(self.late());
            }
            Delay::new(PAUSE).await;
        }
        write::drop_rows(self, &[own]).await
    }
}

seams!(Milvus);

/// A profile's key: the BLAKE3 hash of its id in hexadecimal, which needs no quoting in an expression and is spread
/// evenly.
fn key(id: &CandidateId) -> String {
    blake3::hash(id.as_str().as_bytes()).to_hex().to_string()
}

/// The key of a row that no other writer has.
fn marker() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_nanos());
    let own = (
        std::process::id(),
        now,
        COUNT.fetch_add(1, Ordering::Relaxed),
    );
    let hash = blake3::hash(format!("{own:?}").as_bytes()).to_hex();
    format!("{}{}", filter::OTHER, &hash[..32])
}

/// A number that may be written as a text: JSON has no integers of 64 bits everywhere.
fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
