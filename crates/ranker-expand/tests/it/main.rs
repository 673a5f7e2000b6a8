//! Everything that the crate promises, seen from outside.
#![allow(clippy::unwrap_used)] // Helpers of tests are not tests to clippy.

mod expanders;
mod feedback;
mod jobs;
mod laws;
mod snapshots;
mod tables;
mod vectors;
mod wordnet;
