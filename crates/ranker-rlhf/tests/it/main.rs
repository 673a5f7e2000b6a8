//! The crate as its users see it.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod calibrate;
mod explore;
mod features;
mod gate;
mod kill;
mod learner;
mod log;
mod log_files;
mod off_policy;
mod policy;
mod scorer;
mod simulated;
mod support;
