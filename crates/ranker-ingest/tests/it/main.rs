//! The crate as its callers use it.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod files;
mod folder;
mod formats;
mod pdf;
mod worker;
