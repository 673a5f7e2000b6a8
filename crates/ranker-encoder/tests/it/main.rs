//! One binary for all integration tests.
#![allow(missing_docs, clippy::unwrap_used)]

mod bad_input;
mod fast;
mod golden;
mod same;
mod support;
