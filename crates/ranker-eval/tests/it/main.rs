//! Integration tests: numbers of other tools, laws, folders, and the table.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod beir;
mod golden;
mod laws;
mod naive;
mod null;
mod table;
