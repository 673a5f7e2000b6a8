//! Models that turn features into scores.

mod blend;
mod error;
mod file;
mod linear;
mod linear_content;
mod mlp;
mod model;

pub use blend::{BlendScorer, Member};
pub use error::ModelError;
pub(crate) use file::{Bits, Content};
pub use linear::LinearScorer;
pub use mlp::MlpScorer;
pub(crate) use mlp::{MOST_UNITS, Network};
pub use model::Model;
