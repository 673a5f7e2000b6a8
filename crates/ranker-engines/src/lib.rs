//! Candidate profiles in engines that others operate: PostgreSQL with pgvector, Redis, Chroma,
//! Milvus, Elasticsearch, OpenSearch, Qdrant and Pinecone.
//!
//! Each engine is a [`Store`]: a [`ranker_core::Retriever`] and a [`ranker_core::ProfileStore`] whose
//! profiles can be changed. A ranking over one has the filters, the scores by leg and the explanations
//! of a ranking over the embedded `Collection`.
//!
//! - [`Store`] is what an engine does, [`WriteError`] why it could not.
//! - [`load()`] brings profiles from anywhere into any store: resumable, with progress and verification.
//! - [`ScatterGather`] searches several retrievers as one.
//! - [`conformance`] is the contract of a store as functions that anyone can run on theirs.
//!
//! # Features
//!
//! Nothing is compiled that is not asked for.
//!
//! | feature | what it brings |
//! |---|---|
//! | `chroma` | `chroma::Chroma` |
//! | `elastic` | `elastic::Elastic`: Elasticsearch and OpenSearch |
//! | `milvus` | `milvus::Milvus`: Milvus and Zilliz Cloud |
//! | `pgvector` | `pgvector::Postgres`: PostgreSQL with the extension pgvector |
//! | `pgvector-tls` | the same with TLS |
//! | `pinecone` | `pinecone::Pinecone` |
//! | `qdrant` | `qdrant::Qdrant` |
//! | `redis` | `redis::Redis`: the vector sets of Redis 8; `redis::RedisSearch`: its query engine |
//! | `redis-tls` | the same with TLS |

pub mod conformance;
mod load;
pub mod record;
mod scatter;
mod space;
mod store;
mod weights;

#[cfg(any(
    feature = "chroma",
    feature = "elastic",
    feature = "milvus",
    feature = "pinecone",
    feature = "qdrant"
))]
pub mod http;

#[cfg(any(
    feature = "chroma",
    feature = "elastic",
    feature = "milvus",
    feature = "pgvector",
    feature = "pinecone",
    feature = "qdrant",
    feature = "redis"
))]
mod adapter;

#[cfg(feature = "chroma")]
pub mod chroma;
#[cfg(feature = "elastic")]
pub mod elastic;
#[cfg(feature = "milvus")]
pub mod milvus;
#[cfg(feature = "pgvector")]
pub mod pgvector;
#[cfg(feature = "pinecone")]
pub mod pinecone;
#[cfg(feature = "qdrant")]
pub mod qdrant;
#[cfg(feature = "redis")]
pub mod redis;

pub use load::{LoadError, LoadOptions, Loaded, Progress, load};
/// A key, password or token.
pub use ranker_http::Secret;
pub use scatter::{Absent, ScatterError, ScatterGather};
pub use space::{Space, SpaceError};
pub use store::{Store, WriteError};
pub use weights::Weights;
