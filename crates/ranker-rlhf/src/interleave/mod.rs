//! Comparing two rankers live, in one list.

mod draft;
mod tally;

pub use draft::{Interleaved, Team, TeamDraft};
pub use tally::{InterleavedResult, Tally};
