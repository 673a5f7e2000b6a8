//! What users of the crate see: explanations, alignments and pages of whole rankings.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod additive;
mod align;
mod case;
mod changes;
mod contrast;
mod plain_words;
mod render;
mod toy;
