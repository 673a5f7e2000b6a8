//! The crate as its users see it.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod features;
mod linear;
mod occupations;
mod support;
