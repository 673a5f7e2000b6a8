//! The seam of learners: judged lists and comparisons in, a model out.

use std::sync::Arc;

use ranker_core::{FeatureSchema, Scorer};
use ranker_score::{LinearScorer, Model};

use super::comparison::Comparison;
use super::error::LearnError;
use super::judged::JudgedList;

/// What a learner may learn from; a learner takes what it can use.
///
/// ```
/// use ranker_rlhf::{BradleyTerry, Comparison, Examples, Learner, Outcome};
/// use ranker_score::{Features, FeatureExtractor, LinearScorer};
///
/// let prior = LinearScorer::prior(Features::new().schema());
/// let row = |dense: f32| {
///     let mut row = vec![0.0; prior.weights().len()];
///     row[0] = dense;
///     row
/// };
/// let comparisons = [Comparison::new("job", Outcome::Preferred, row(0.9), row(0.2))?];
/// let examples = Examples::of(&[]).with_comparisons(&comparisons).with_serving(&prior);
/// let model = BradleyTerry::new().learn(&examples)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Examples<'a> {
    lists: &'a [JudgedList],
    comparisons: &'a [Comparison],
    serving: Option<&'a dyn Scorer>,
}

impl<'a> Examples<'a> {
    /// Judged lists, without comparisons and without a model that is served.
    #[must_use]
    pub fn of(lists: &'a [JudgedList]) -> Self {
        Self {
            lists,
            comparisons: &[],
            serving: None,
        }
    }

    /// Adds preferences and ties between two candidates each.
    #[must_use]
    pub fn with_comparisons(mut self, comparisons: &'a [Comparison]) -> Self {
        self.comparisons = comparisons;
        self
    }

    /// Adds the model that is served now, for learners that improve it.
    #[must_use]
    pub fn with_serving(mut self, serving: &'a dyn Scorer) -> Self {
        self.serving = Some(serving);
        self
    }

    /// The judged lists.
    #[must_use]
    pub fn lists(&self) -> &'a [JudgedList] {
        self.lists
    }

    /// The preferences and ties.
    #[must_use]
    pub fn comparisons(&self) -> &'a [Comparison] {
        self.comparisons
    }

    /// The model that is served now.
    #[must_use]
    pub fn serving(&self) -> Option<&'a dyn Scorer> {
        self.serving
    }

    /// The features of all examples: those of the served model, else of the first list.
    ///
    /// # Errors
    ///
    /// [`LearnError::NoLists`] where there is neither, [`LearnError::ListFeatures`] for a list of other
    /// features.
    pub fn schema(&self) -> Result<&'a Arc<FeatureSchema>, LearnError> {
        let first = self.lists.first().map(|list| list.features().schema());
        let schema = self.serving.map(Scorer::schema).or(first);
        let schema = schema.ok_or(LearnError::NoLists)?;
        let other = |list: &JudgedList| !list.features().schema().names().eq(schema.names());
        match self.lists.iter().position(other) {
            Some(list) => Err(LearnError::ListFeatures { list }),
            None => Ok(schema),
        }
    }

    /// The served model as a linear one; [`LinearScorer::prior`] where it is of another kind or none is
    /// served.
    ///
    /// # Errors
    ///
    /// As [`Examples::schema`].
    pub fn start(&self) -> Result<LinearScorer, LearnError> {
        let serving = self.serving.and_then(LinearScorer::of);
        match serving {
            Some(serving) => Ok(serving),
            None => Ok(LinearScorer::prior(self.schema()?)),
        }
    }
}

/// Learns a model from what people judged.
///
/// Contract, which [`conformance::learner`](crate::conformance::learner) checks:
/// - the same examples give the same model, bit by bit, on any number of threads, and for lists in any
///   order;
/// - lists of different features, and examples that teach nothing, are a [`LearnError`];
/// - a row of weight 0 changes nothing;
/// - the model scores rows of the examples' features and keeps the contract of
///   [`Scorer`].
///
/// A model of a kind that `ranker-score` does not know is returned as [`Model::other`].
pub trait Learner: Send + Sync {
    /// Learns a model for the features that all examples share.
    ///
    /// # Errors
    ///
    /// [`LearnError`].
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError>;
}

impl<L: Learner + ?Sized> Learner for Arc<L> {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        (**self).learn(examples)
    }
}

impl std::fmt::Debug for Examples<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Examples")
            .field("lists", &self.lists.len())
            .field("comparisons", &self.comparisons.len())
            .field("serving", &self.serving.map(Scorer::model_id))
            .finish()
    }
}
