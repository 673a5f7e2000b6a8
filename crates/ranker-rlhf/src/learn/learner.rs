//! Anything that learns a model from judged lists.

use ranker_score::Model;

use super::error::LearnError;
use super::judged::JudgedList;

/// Learns a model from judged lists.
///
/// Contract:
/// - the same lists give the same model, bit by bit, on any number of threads and in any order;
/// - lists of different features, and lists that teach nothing, are a [`LearnError`];
/// - a row of weight 0 changes nothing.
pub trait Learner: Send + Sync {
    /// Learns a model for the features that all lists share.
    ///
    /// # Errors
    ///
    /// [`LearnError`].
    fn learn(&self, lists: &[JudgedList]) -> Result<Model, LearnError>;
}
