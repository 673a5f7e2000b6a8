//! Reading and writing: BEIR folders, TREC run and qrels files.
//!
//! All readers go line by line; an error names the file and the line. Blank lines are skipped,
//! and so is a byte order mark at the start.

mod beir;
mod columns;
mod jsonl;
mod lines;
mod qrels;
mod run;

pub use beir::{BeirDataset, Warning};
pub use jsonl::{Document, Documents, QueryText, read_queries};
