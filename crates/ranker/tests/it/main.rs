//! The facade as its user sees it.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, helpers included"
)]

mod audit;
mod blind;
mod build;
#[cfg(feature = "record")]
mod decision;
#[cfg(feature = "feedback")]
mod erasure;
mod fakes;
#[cfg(feature = "feedback")]
mod feedback;
mod filters;
#[cfg(feature = "record")]
mod formats;
mod other_texts;
mod pages;
mod pipeline;
#[cfg(feature = "feedback")]
mod preferences;
mod sparse;
mod stages;
mod static_table;
#[cfg(feature = "feedback")]
mod texts;
mod tokens;
mod tuning;
mod why;
