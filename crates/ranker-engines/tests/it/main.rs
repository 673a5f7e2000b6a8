//! The engines, on real servers where there are some and on fakes where not.

mod elastic;
mod fake;
mod http;
mod live;
mod load;
mod memory;
mod pinecone;
mod postgres;
mod qdrant;
mod scatter;
mod suite;
mod tls;
