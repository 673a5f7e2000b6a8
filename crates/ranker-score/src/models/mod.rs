//! Models that turn features into scores.

mod blend;
mod error;
pub(crate) mod file;
mod linear;
mod linear_content;
mod mlp;
mod model;
mod other;
mod trees;

pub use blend::{BlendScorer, Member};
pub use error::ModelError;
pub use linear::LinearScorer;
pub use mlp::{MlpScorer, Network};
pub use model::Model;
pub use other::Other;
pub use trees::{Node, Tree, TreeScorer};
