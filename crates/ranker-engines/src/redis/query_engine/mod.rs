//! The query engine: words, facts and vectors in one index.

mod filter;
mod search;
mod words;
mod write;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Profile, Query, Request, ValueError, async_trait, legs,
};

use super::address::Address;
use super::filter::{TAGS, is_number};
use super::pool::Pool;
use super::resp::{Commands, Reply};
use super::{bad_count, claim};
use crate::adapter::condition::{Condition, known};
use crate::adapter::engine::{Engine, Entry, seams};
use crate::adapter::fault::Fault;
use crate::adapter::fuse::Rule;
use crate::{Secret, Space, Weights, WriteError};
use words::WORDS;

/// The field of a profile's vector, and of the profile itself, which is not indexed.
const VECTOR: &str = "vector";
const RECORD: &str = "record";
/// How often it is asked whether the index is up to date.
const PAUSE: Duration = Duration::from_millis(50);

/// How vectors are indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RedisVectors {
    /// By a graph of neighbours (HNSW).
    #[default]
    Graph,
    /// Not at all: everyone who passes is compared.
    Flat,
}

/// How an index is made and searched.
#[derive(Debug, Clone, PartialEq)]
pub struct RedisSearchOptions {
    weights: Weights,
    vectors: RedisVectors,
    effort: usize,
    limit: Duration,
    /// None without TLS.
    roots: Option<Vec<u8>>,
}

impl Default for RedisSearchOptions {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            vectors: RedisVectors::Graph,
            effort: 200,
            limit: Duration::from_secs(10),
            roots: None,
        }
    }
}

impl RedisSearchOptions {
    /// The weights of a `Collection`, a graph of neighbours searched with an effort of 200, 10 seconds a call.
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

    /// How vectors of a new store are indexed; one that is there keeps its own way.
    #[must_use]
    pub fn with_vectors(mut self, vectors: RedisVectors) -> Self {
        self.vectors = vectors;
        self
    }

    /// How many candidates a search of the graph holds (`EF_RUNTIME`). More find more, and take longer.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] outside `1..=10000`.
    pub fn with_effort(mut self, candidates: u32) -> Result<Self, ValueError> {
        self.effort = super::effort(candidates)?;
        Ok(self)
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

/// Profiles in Redis with its query engine.
#[derive(Debug, Clone)]
pub struct RedisSearch {
    pool: Arc<Pool>,
    space: Arc<Space>,
    options: Arc<RedisSearchOptions>,
    keys: Arc<Keys>,
    /// The fields of numbers that are known to be in the index.
    numbers: Arc<Mutex<BTreeSet<String>>>,
    backend: String,
}

/// The names of a store.
#[derive(Debug)]
struct Keys {
    /// A hash: what the store is for.
    about: String,
    /// What the key of a profile begins with; its id follows.
    profile: String,
    index: String,
}

impl RedisSearch {
    /// Opens the profiles under `ranker:{NAME}:search:...`, and begins them where they are not there.
    ///
    /// # Errors
    ///
    /// [`WriteError::Encoder`] for profiles of another encoder; [`WriteError::Rejected`] for a URL that cannot be
    /// read, a server without the query engine, embeddings of another dimension, and an index that this crate did
    /// not make; [`WriteError::Unavailable`].
    pub async fn open(
        url: &Secret,
        space: Space,
        options: RedisSearchOptions,
    ) -> Result<Self, WriteError> {
        let backend = format!("redis search {}", space.name);
        let pool = Address::new(url)
            .and_then(|address| Pool::new(address, options.limit, options.roots.as_deref()));
        let begin = format!("ranker:{{{}}}:search", space.name);
        let mut redis = Self {
            pool: Arc::new(pool.map_err(|fault| fault.write(&backend))?),
            keys: Arc::new(Keys {
                about: format!("{begin}:about"),
                profile: format!("{begin}:of:"),
                index: begin,
            }),
            space: Arc::new(space),
            options: Arc::new(options),
            numbers: Arc::default(),
            backend,
        };
        let made = redis.make().await;
        let vectors = made.map_err(|fault| fault.write(&redis.backend))?;
        Arc::make_mut(&mut redis.options).vectors = vectors;
        Ok(redis)
    }

    /// The way in which its vectors are indexed.
    async fn make(&self) -> Result<RedisVectors, Fault> {
        let Keys { about, index, .. } = &*self.keys;
        let mut commands = Commands::default();
        commands.say(["COMMAND", "INFO", "FT.SEARCH"]);
        let replies = self.pool.replies(commands).await?;
        if replies[0].list() == Some(&[Reply::Nothing]) {
            let told = "the server has no query engine (FT.SEARCH): it comes with Redis Stack and with the modules of Redis 8";
            return Err(Fault::rejected(told));
        }
        // An index of ours is made after it was written down what it is for.
        let mut commands = Commands::default();
        commands.say(["FT._LIST"]);
        commands.say(["EXISTS", about]);
        let replies = self.pool.replies(commands).await?;
        let new = replies[1] == Reply::Number(0);
        let mut known = replies[0].list().unwrap_or_default().iter();
        if new && known.any(|known| known.text() == Some(index)) {
            let told = format!("the index {index} was not made for profiles: use another name");
            return Err(Fault::rejected(told));
        }
        claim(&self.pool, about, &self.space).await?;
        let kind = match self.options.vectors {
            RedisVectors::Graph => "graph",
            RedisVectors::Flat => "flat",
        };
        let mut commands = Commands::default();
        commands.say(["HSETNX", about, "vectors", kind]);
        commands.say(["HGET", about, "vectors"]);
        commands.say(["HKEYS", about]);
        let replies = self.pool.replies(commands).await?;
        let vectors = match replies[1].text() {
            Some("flat") => RedisVectors::Flat,
            _ => RedisVectors::Graph,
        };
        // Whoever began a store may have ended before there was an index, or somebody dropped it.
        let known = replies[2].list().unwrap_or_default().iter();
        let numbers: Vec<&str> = known
            .filter_map(Reply::text)
            .filter(|key| is_number(key))
            .collect();
        self.create(vectors, (!new).then_some(&numbers)).await?;
        Ok(vectors)
    }

    /// Makes the index where it is not there: of a new store, or of one whose numbers are known.
    async fn create(
        &self,
        vectors: RedisVectors,
        numbers: Option<&Vec<&str>>,
    ) -> Result<(), Fault> {
        let dimension = self.space.dimension.to_string();
        let (kind, own): (_, &[&str]) = match vectors {
            RedisVectors::Graph => ("HNSW", &["M", "16", "EF_CONSTRUCTION", "200"]),
            RedisVectors::Flat => ("FLAT", &[]),
        };
        let given = (6 + own.len()).to_string();
        let mut parts = vec!["FT.CREATE", &self.keys.index, "ON", "HASH", "PREFIX", "1"];
        parts.extend([&self.keys.profile, "STOPWORDS", "0"]);
        if numbers.is_none() {
            // A profile that is read a second time counts twice among its words.
            parts.push("SKIPINITIALSCAN");
        }
        parts.extend(["NOOFFSETS", "NOHL", "SCHEMA", WORDS, "TEXT", "NOSTEM"]);
        parts.extend([TAGS, "TAG", "SEPARATOR", ",", "CASESENSITIVE"]);
        parts.extend([VECTOR, "VECTOR", kind, &given, "TYPE", "FLOAT32", "DIM"]);
        parts.extend([&*dimension, "DISTANCE_METRIC", "COSINE"]);
        parts.extend(own);
        let numbers = numbers.into_iter().flatten();
        parts.extend(numbers.flat_map(|name| [name, "NUMERIC"]));
        let mut commands = Commands::default();
        commands.add(parts.into_iter().map(str::as_bytes));
        match self.pool.replies(commands).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.says("already exists") => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn key(&self, id: &CandidateId) -> Vec<u8> {
        [self.keys.profile.as_bytes(), id.as_str().as_bytes()].concat()
    }

    fn rule(&self, query: &Query) -> Rule {
        Rule {
            weights: self.options.weights,
            words: legs::BM25,
            baseline: query.baseline(),
        }
    }

    /// Whether the index is still being brought to what the keys hold.
    async fn indexing(&self) -> Result<bool, Fault> {
        let mut commands = Commands::default();
        commands.say(["FT.INFO", &self.keys.index]);
        let replies = self.pool.replies(commands).await?;
        let told = replies.first().and_then(Reply::list).unwrap_or_default();
        let name = |reply: &Reply| reply.text() == Some("indexing");
        let at = told.iter().position(name).and_then(|at| told.get(at + 1));
        Ok(at.is_some_and(|now| !matches!(now, Reply::Number(0)) && now.text() != Some("0")))
    }
}

#[async_trait]
impl Engine for RedisSearch {
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
        search::count(self, &mut commands, &filter::passing(&Condition::Everyone));
        let replies = self.pool.replies(commands).await?;
        let count = replies.first().and_then(search::number);
        count.ok_or_else(bad_count)
    }

    async fn settled(&self) -> Result<(), Fault> {
        let until = Instant::now() + self.options.limit;
        while self.indexing().await? {
            if Instant::now() > until {
                let seconds = self.options.limit.as_secs();
                return Err(Fault::NotVisible { seconds });
            }
            Delay::new(PAUSE).await;
        }
        Ok(())
    }
}

seams!(RedisSearch);
