//! What the engines' adapters share.

pub(crate) mod condition;
pub(crate) mod engine;
pub(crate) mod fault;
pub(crate) mod fuse;
#[cfg(any(feature = "pgvector-tls", feature = "redis-tls"))]
pub(crate) mod roots;
