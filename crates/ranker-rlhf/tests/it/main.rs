//! The crate as its users see it.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod features;
mod kill;
mod learner;
mod learners;
mod log;
mod log_files;
mod model_files;
mod scorer;
mod support;
mod svmlight;
mod trees;
