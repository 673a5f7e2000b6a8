//! Redis, over its own protocol, in two forms: [`Redis`] on vector sets, which Redis 8 has itself, and [`RedisSearch`] on the
//! query engine (`FT.SEARCH`), which Redis Stack and builds of Redis 8 with its modules have. The latter knows words too and
//! pushes every filter down.
//!
//! # Vector sets
//!
//! - A profile is an element of a vector set, with its tags and numbers as attributes for filters, and a field
//!   of a hash, which has the profile itself. Both are written and removed in one transaction
//!   (`MULTI`, `EXEC`); transactions are sent many at once.
//! - There is one leg, the dense one, by vectors that are not quantized: what a search gives is exact. Vector
//!   sets know no words. For keywords, fuse it with another retriever, or use [`RedisSearch`].
//! - Filters are pushed down as far as the expressions of vector sets go. Each alternative of a filter that
//!   asks for a number, or for its absence, is a search of its own; where there would be more than 16, or a
//!   bound is nearer to zero than expressions can write, [`ranker_core::Retriever::pushdown`] says so, and a
//!   ranker then fetches more and filters itself. All who pass are compared (`TRUTH`) in a store of up to
//!   50,000 profiles ([`RedisOptions::with_compared`]), and where the graph of neighbours finds fewer than are
//!   asked for.
//!
//! # The query engine
//!
//! - A profile is a hash of its own, and one index (`FT.CREATE`) has its words, tags, numbers and vector. It is
//!   replaced and removed in one transaction.
//! - There are two legs: the dense one, by cosine similarity, and BM25 (`BM25STD`) over title and text. Words are
//!   split by ranker, so that `C++` is one, and are the terms of the embedded index: without accents, stemmed,
//!   English stop words left out.
//! - Every filter is pushed down, up to 30 deep; facts of more than 4,000 bytes are no filter's. Each fact with numbers is a
//!   field of the index, which has at most 1,024.
//! - Where the graph of neighbours finds fewer than pass, all who pass are compared.
//!
//! # Both
//!
//! - The URL is `redis://user:password@host:port/database`; `rediss://` is TLS, which the feature `redis-tls`
//!   brings. All keys of a store have the same hash tag, so that a node of a cluster can have them; other nodes
//!   are not looked for.
//! - What a crash or a change of primaries loses is what the server's persistence and replication lose.

mod address;
mod filter;
mod pool;
mod query_engine;
mod resp;
mod search;
#[cfg(feature = "redis-tls")]
mod tls;
mod write;

use std::sync::Arc;
use std::time::Duration;

use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Profile, Query, Request, ValueError, async_trait,
};

use crate::adapter::condition::{Condition, known};
use crate::adapter::engine::{Engine, Entry, same_dimension, same_encoder, seams};
use crate::adapter::fault::Fault;
use crate::{Secret, Space, WriteError};
use address::Address;
use pool::Pool;
pub use query_engine::{RedisSearch, RedisSearchOptions, RedisVectors};
use resp::{Commands, Reply};

/// How a vector set is searched.
#[derive(Debug, Clone, PartialEq)]
pub struct RedisOptions {
    effort: usize,
    compared: u64,
    limit: Duration,
    /// None without TLS.
    roots: Option<Vec<u8>>,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            effort: 200,
            compared: 50_000,
            limit: Duration::from_secs(10),
            roots: None,
        }
    }
}

impl RedisOptions {
    /// An effort of 200, filters compared up to 50,000 profiles, 10 seconds a call.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many candidates a search holds (`EF`). More find more, and take longer.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] outside `1..=10000`.
    pub fn with_effort(mut self, candidates: u32) -> Result<Self, ValueError> {
        self.effort = effort(candidates)?;
        Ok(self)
    }

    /// Up to how many profiles of the store a search with a filter compares all who pass, instead of following the
    /// graph of neighbours past many who do not: exact, and faster where profiles are few or a filter is rare.
    /// 0 follows the graph first, whatever the size.
    #[must_use]
    pub fn with_compared(mut self, profiles: u64) -> Self {
        self.compared = profiles;
        self
    }

    /// The longest that a call may take, connecting included.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Trusts these certificates (in PEM) and no others, for TLS: whether that is spoken is the URL's scheme.
    #[cfg(feature = "redis-tls")]
    #[must_use]
    pub fn with_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }
}

/// Profiles in Redis.
#[derive(Debug, Clone)]
pub struct Redis {
    pool: Arc<Pool>,
    space: Arc<Space>,
    options: Arc<RedisOptions>,
    keys: Arc<Keys>,
    backend: String,
}

/// Writes down what a store is for, in the hash of that key, or checks that it is for the same. Of two that begin a store at
/// once, one's word counts whole.
async fn claim(pool: &Arc<Pool>, about: &str, space: &Space) -> Result<(), Fault> {
    let mut commands = Commands::default();
    let dimension = space.dimension.to_string();
    commands.say(["MULTI"]);
    commands.say(["HSETNX", about, "encoder", &space.encoder]);
    commands.say(["HSETNX", about, "dimension", &dimension]);
    commands.say(["HMGET", about, "encoder", "dimension"]);
    commands.say(["EXEC"]);
    let replies = pool.replies(commands).await?;
    let stored = replies.last().and_then(Reply::list);
    let stored = stored.and_then(|done| done.last()?.list());
    let Some([encoder, dimension]) = stored else {
        return Err(Fault::rejected("what the store is for cannot be read"));
    };
    same_encoder(space, encoder.text().unwrap_or_default())?;
    let dimension = dimension.text().and_then(|text| text.parse::<usize>().ok());
    same_dimension(space, dimension.unwrap_or_default())
}

/// The keys of a store.
#[derive(Debug)]
struct Keys {
    /// A hash: what the store is for.
    about: String,
    /// A hash: profiles by their ids.
    profiles: String,
    /// A vector set.
    vectors: String,
}

impl Redis {
    /// Opens the profiles under `ranker:{NAME}:...`, and begins them where they are not there.
    ///
    /// # Errors
    ///
    /// [`WriteError::Encoder`] for profiles of another encoder; [`WriteError::Rejected`] for a URL that cannot be
    /// read, a server without vector sets, embeddings of another dimension, and keys that this crate did not
    /// make; [`WriteError::Unavailable`].
    pub async fn open(
        url: &Secret,
        space: Space,
        options: RedisOptions,
    ) -> Result<Self, WriteError> {
        let backend = format!("redis profiles {}", space.name);
        let pool = Address::new(url)
            .and_then(|address| Pool::new(address, options.limit, options.roots.as_deref()));
        let key = |what: &str| format!("ranker:{{{}}}:{what}", space.name);
        let redis = Self {
            pool: Arc::new(pool.map_err(|fault| fault.write(&backend))?),
            keys: Arc::new(Keys {
                about: key("about"),
                profiles: key("profiles"),
                vectors: key("vectors"),
            }),
            space: Arc::new(space),
            options: Arc::new(options),
            backend,
        };
        let made = redis.make().await;
        made.map_err(|fault| fault.write(&redis.backend))?;
        Ok(redis)
    }

    async fn make(&self) -> Result<(), Fault> {
        let Keys {
            about,
            profiles,
            vectors,
        } = &*self.keys;
        let mut commands = Commands::default();
        commands.say(["COMMAND", "INFO", "VSIM"]);
        commands.say(["EXISTS", about]);
        commands.say(["EXISTS", profiles, vectors]);
        let replies = self.ask(commands).await?;
        if replies[0].list() == Some(&[Reply::Nothing]) {
            let told = "the server has no vector sets: they come with Redis 8";
            return Err(Fault::rejected(told));
        }
        if replies[1] == Reply::Number(0) && replies[2] != Reply::Number(0) {
            let told = "its keys were not made for profiles: use another name";
            return Err(Fault::rejected(told));
        }
        claim(&self.pool, about, &self.space).await
    }

    async fn ask(&self, commands: Commands) -> Result<Vec<Reply>, Fault> {
        self.pool.replies(commands).await
    }
}

#[async_trait]
impl Engine for Redis {
    fn backend(&self) -> &str {
        &self.backend
    }

    fn space(&self) -> &Space {
        &self.space
    }

    fn pushes(&self, filter: &Filter) -> bool {
        known(filter) && filter::filters(&Condition::of(filter)).is_some()
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

    async fn read(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, Fault> {
        let profiles = search::profiles(self, ids).await?.into_iter();
        Ok(profiles.map(|profile| profile.map(Arc::new)).collect())
    }

    async fn read_whole(&self, ids: &[CandidateId]) -> Result<Vec<Option<Entry>>, Fault> {
        search::whole(self, ids).await
    }

    async fn write(&self, entries: &[&Entry]) -> Result<(), Fault> {
        write::write(self, entries).await
    }

    async fn erase(&self, ids: &[CandidateId]) -> Result<(), Fault> {
        write::erase(self, ids).await
    }

    async fn counted(&self) -> Result<u64, Fault> {
        let mut commands = Commands::default();
        commands.say(["HLEN", &self.keys.profiles]);
        match self.ask(commands).await?.first() {
            Some(Reply::Number(count)) => u64::try_from(*count).map_err(|_| bad_count()),
            _ => Err(bad_count()),
        }
    }
}

seams!(Redis);

/// How many candidates a search holds.
fn effort(candidates: u32) -> Result<usize, ValueError> {
    if !(1..=10_000).contains(&candidates) {
        return Err(ValueError::OutOfRange {
            what: "the search's effort",
            value: candidates.into(),
            min: 1.0,
            max: 10_000.0,
        });
    }
    Ok(candidates as usize)
}

fn bad_count() -> Fault {
    Fault::rejected("the count is no number")
}
