//! The engines, on real servers where there are some and on fakes where not.

// Helpers of tests are tests too; clippy only knows `#[test]`. What is skipped is printed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod between;
mod chroma;
mod elastic;
mod fake;
mod http;
mod live;
mod load;
mod memory;
mod milvus;
mod pinecone;
mod postgres;
mod postgres_versions;
mod proxy;
mod qdrant;
mod redis;
mod redis_search;
mod scatter;
mod suite;
mod tls;
