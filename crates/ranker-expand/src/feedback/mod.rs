//! Pseudo-relevance feedback: what the first profiles found say besides the job's own words.
//!
//! The term models are plain functions of word counts; [`RelevanceFeedback`](crate::RelevanceFeedback) is
//! the expander that asks a retriever for the profiles. All take any number of profiles, five too.

pub(crate) mod expander;
mod models;
mod rocchio;

use std::collections::BTreeMap;

pub use models::{bo1, kl, rm3};
pub use rocchio::{Rocchio, rocchio, rocchio_embedding};

use crate::statistics::TermCounts;

/// Weights of words by their keys: in lower case, without a plural's ending.
pub type TermWeights = BTreeMap<String, f64>;

/// A profile of those found first.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FeedbackText {
    /// Its words.
    pub counts: TermCounts,
    /// What the retriever gave it. Only [`rm3`] reads it.
    pub score: f64,
}

impl FeedbackText {
    /// A text and its score.
    #[must_use]
    pub fn new(text: &str, score: f64) -> Self {
        let counts = TermCounts::of(text);
        Self { counts, score }
    }
}
