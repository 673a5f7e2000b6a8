//! The seams between stages: one trait and one error a file.

pub(crate) mod assessor;
pub(crate) mod baseline;
pub(crate) mod embedder;
pub(crate) mod expander;
pub(crate) mod explainer;
pub(crate) mod feature_extractor;
pub(crate) mod profile_store;
pub(crate) mod retriever;
pub(crate) mod scorer;
pub(crate) mod sparse_embedder;
pub(crate) mod token_codec;
