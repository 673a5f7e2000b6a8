//! Decision trees, added up: how they are walked, explained and saved.

mod content;
mod packed;
mod scorer;
mod shap;
mod tree;

pub(super) use content::TreesContent;
pub use scorer::TreeScorer;
pub use tree::{Node, Tree};
