//! Gradient-boosted decision trees.

mod bins;
mod content;
mod grow;
mod histogram;
mod lambdas;
mod mart;
mod packed;
mod scorer;
mod shap;
mod split;
mod tree;

pub(crate) use content::TreesContent;
pub use mart::{Mart, MartProgress, Objective};
pub use scorer::TreeScorer;
