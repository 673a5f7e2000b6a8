//! Engines of others by name and address.

use std::env;
use std::str::FromStr;
use std::sync::Arc;

use ranker::Profile;
use ranker::core::{BoxError, Embedding};
use ranker::engines::chroma::{Chroma, ChromaOptions};
use ranker::engines::elastic::{Dialect, Elastic, ElasticOptions};
use ranker::engines::http::Endpoint;
use ranker::engines::milvus::{self, Milvus, MilvusOptions};
use ranker::engines::pgvector::{Postgres, PostgresOptions};
use ranker::engines::pinecone::{Pinecone, PineconeOptions, with_key};
use ranker::engines::qdrant::{Qdrant, QdrantOptions};
use ranker::engines::redis::{Redis, RedisOptions, RedisSearch, RedisSearchOptions};
use ranker::engines::{LoadOptions, Loaded, Secret, Space, Store, Weights, load};

use crate::Outcome;

/// An engine's name and address, written `NAME=URL`. The key of one that takes it in a header is in the variable
/// `RANKER_KEY`; PostgreSQL and Redis have it in the address. Milvus 2.3 has two addresses, the other that of its management,
/// with a comma between them.
#[derive(Debug, Clone)]
pub struct Engine {
    name: String,
    address: String,
}

/// The engines, and whether they search words themselves.
const ENGINES: [(&str, bool); 9] = [
    ("chroma", false),
    ("elasticsearch", true),
    ("milvus", false),
    ("opensearch", true),
    ("pinecone", false),
    ("postgresql", true),
    ("qdrant", true),
    ("redis", false),
    ("redis-search", true),
];

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = ENGINES.map(|(name, _)| name).join(", ");
        let known = |name: &str| ENGINES.iter().any(|(known, _)| *known == name);
        match text.split_once('=') {
            Some((name, address)) if known(name) => Ok(Self {
                name: name.to_owned(),
                address: address.to_owned(),
            }),
            _ => Err(format!("use NAME=URL, where NAME is one of {names}")),
        }
    }
}

impl Engine {
    /// What it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it searches words itself. One that does not is fused with an index of words.
    #[must_use]
    pub fn has_words(&self) -> bool {
        ENGINES.contains(&(&*self.name, true))
    }

    /// The engine's store of that name. The weights are those of its two legs, where it has two.
    ///
    /// # Errors
    ///
    /// A server that cannot be reached, refuses the key, or holds something else under that name.
    pub async fn open(&self, space: Space, weights: Weights) -> Outcome<Arc<dyn Store>> {
        let url = Secret::new(&*self.address);
        Ok(match &*self.name {
            "postgresql" => {
                let options = PostgresOptions::new().with_weights(weights);
                Arc::new(Postgres::open(&url, space, options).await?)
            }
            "redis" => Arc::new(Redis::open(&url, space, RedisOptions::new()).await?),
            "redis-search" => {
                let options = RedisSearchOptions::new().with_weights(weights);
                Arc::new(RedisSearch::open(&url, space, options).await?)
            }
            "chroma" => {
                let endpoint = self.endpoint("x-chroma-token")?;
                Arc::new(Chroma::open(endpoint, space, ChromaOptions::new()).await?)
            }
            "milvus" => {
                let (address, management) = match self.address.split_once(',') {
                    Some((address, management)) => (address, Some(management)),
                    None => (&*self.address, None),
                };
                let mut endpoint = Endpoint::new(address)?;
                if let Some(key) = key() {
                    endpoint = milvus::with_token(endpoint, &key)?;
                }
                let mut options = MilvusOptions::new();
                if let Some(management) = management {
                    options = options.with_management(Endpoint::new(management)?);
                }
                Arc::new(Milvus::open(endpoint, space, options).await?)
            }
            "qdrant" => {
                let options = QdrantOptions::new().with_weights(weights);
                let endpoint = self.endpoint("api-key")?;
                Arc::new(Qdrant::open(endpoint, space, options).await?)
            }
            "pinecone" => {
                let key = key().ok_or("RANKER_KEY must hold the API key")?;
                let endpoint = with_key(Endpoint::new(&*self.address)?, &key)?;
                Arc::new(Pinecone::open(endpoint, space, PineconeOptions::new()).await?)
            }
            name => {
                let dialect = match name {
                    "opensearch" => Dialect::OpenSearch,
                    _ => Dialect::Elasticsearch,
                };
                let options = ElasticOptions::new().with_weights(weights);
                let endpoint = self.endpoint("authorization")?;
                Arc::new(Elastic::open(endpoint, dialect, space, options).await?)
            }
        })
    }

    /// Brings profiles into the engine's store of that name, as far as it does not count as many yet, and has the engine
    /// take what its searches for words need. `None` where they were there.
    ///
    /// # Errors
    ///
    /// As [`Self::open`]; profiles that the engine refuses.
    pub async fn fill(
        &self,
        space: &Space,
        entries: Vec<(Profile, Embedding)>,
    ) -> Outcome<Option<Loaded>> {
        let store = self.open(space.clone(), Weights::default()).await?;
        if store.count().await? >= entries.len() as u64 {
            return Ok(None);
        }
        let entries = entries.into_iter().map(Ok::<_, BoxError>);
        let loaded = load(&*store, entries, &LoadOptions::new(), |_| {}).await?;
        if self.name == "postgresql" {
            let (url, options) = (Secret::new(&*self.address), PostgresOptions::new());
            let postgres = Postgres::open(&url, space.clone(), options).await?;
            postgres.refresh().await?;
        }
        Ok(Some(loaded))
    }

    fn endpoint(&self, header: &str) -> Outcome<Endpoint> {
        let endpoint = Endpoint::new(&*self.address)?;
        Ok(match key() {
            Some(key) => endpoint.with_header(header, &key)?,
            None => endpoint,
        })
    }
}

fn key() -> Option<Secret> {
    env::var("RANKER_KEY").ok().map(Secret::new)
}
