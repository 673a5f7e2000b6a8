//! The conformance suite passes what is right and finds what is wrong.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod conformance;
mod cross_encoder;
mod several;
mod sparse_embedder;
