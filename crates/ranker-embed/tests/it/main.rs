//! The encoder on a real model and on a tiny one, under both engines.

// Clippy takes only functions marked as tests for tests, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[cfg(feature = "api")]
mod api;
mod cached;
mod classifiers;
mod conformance;
mod decoders;
mod engines;
mod folders;
mod golden;
#[cfg(feature = "hub")]
mod hub;
mod late;
mod long_texts;
mod modules;
mod pooling;
mod precision;
mod reranking;
mod runtime;
#[cfg(any(feature = "api", feature = "hub"))]
mod server;
mod sparse;
mod static_tables;
mod steps;
mod support;
mod token_vectors;
