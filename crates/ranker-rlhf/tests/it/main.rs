//! The crate as its users see it.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod calibrate;
mod explore;
mod gate;
mod kill;
mod learner;
mod learners;
mod log;
mod log_bad;
mod log_csv;
mod log_erase;
mod log_files;
mod log_judged;
mod log_migrate;
mod log_processes;
mod log_shown;
mod log_sources;
mod model_files;
mod off_policy;
mod policy;
mod positives;
mod simulated;
mod support;
mod svmlight;
mod trees;
