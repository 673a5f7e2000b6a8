//! The crate as its users see it.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod change;
mod collection;
mod common;
mod conformance;
mod explained;
mod file;
mod fused;
mod keyword;
mod living;
mod quantized;
mod quantized_files;
mod reembed;
mod several;
mod sparse;
mod vector;
