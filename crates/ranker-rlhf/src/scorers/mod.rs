//! Models that turn features into scores.

mod error;
mod file;
mod linear;

pub use error::ModelError;
pub use linear::LinearScorer;
