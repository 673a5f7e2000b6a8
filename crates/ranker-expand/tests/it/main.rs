//! Everything that the crate promises, seen from outside.
#![allow(clippy::unwrap_used)] // Helpers of tests are not tests to clippy.

mod expanders;
mod feedback;
mod jobs;
#[cfg(feature = "llm")]
mod language_model;
mod laws;
mod snapshots;
mod tables;
mod vectors;
mod wordnet;
