//! What a gate judges by.

use std::sync::Arc;

use ranker_core::FeatureMatrix;

use crate::off_policy::LoggedList;
use crate::{JudgedList, LearnError};

/// What a gate judges by. None of it may have been learned from.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Evidence<'a> {
    /// Lists that were shown by chance, with what they earned.
    pub logged: &'a [LoggedList],
    /// Lists judged by people, for nDCG.
    pub held_out: &'a [JudgedList],
    /// Preferences, each a list of two of which the better gains more: for nDCG as well. All of one job
    /// count as one list.
    pub pairs: &'a [JudgedList],
    /// Lists of candidates with the group of each, for impact ratios.
    pub groups: &'a [GroupedList],
}

impl<'a> Evidence<'a> {
    /// Logged lists alone.
    #[must_use]
    pub fn new(logged: &'a [LoggedList]) -> Self {
        Self {
            logged,
            ..Self::default()
        }
    }

    /// Adds judged lists.
    #[must_use]
    pub fn with_held_out(mut self, lists: &'a [JudgedList]) -> Self {
        self.held_out = lists;
        self
    }

    /// Adds preferences, each a list of two.
    #[must_use]
    pub fn with_pairs(mut self, pairs: &'a [JudgedList]) -> Self {
        self.pairs = pairs;
        self
    }

    /// All that was judged.
    pub(super) fn judged(&self) -> impl Iterator<Item = &'a JudgedList> + use<'a> {
        self.held_out.iter().chain(self.pairs)
    }

    /// Adds lists with groups.
    #[must_use]
    pub fn with_groups(mut self, lists: &'a [GroupedList]) -> Self {
        self.groups = lists;
        self
    }
}

/// The candidates of one job, and which group each belongs to. Groups are only ever compared
/// here: no model sees them.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupedList {
    features: FeatureMatrix,
    groups: Vec<Option<Arc<str>>>,
}

impl GroupedList {
    /// A group for each row; `None` where it is not known.
    ///
    /// # Errors
    ///
    /// [`LearnError::GroupCount`].
    pub fn new(features: FeatureMatrix, groups: Vec<Option<Arc<str>>>) -> Result<Self, LearnError> {
        if features.len() != groups.len() {
            return Err(LearnError::GroupCount {
                rows: features.len(),
                groups: groups.len(),
            });
        }
        Ok(Self { features, groups })
    }

    /// A row for each candidate.
    #[must_use]
    pub fn features(&self) -> &FeatureMatrix {
        &self.features
    }

    /// The group of each row.
    #[must_use]
    pub fn groups(&self) -> &[Option<Arc<str>>] {
        &self.groups
    }
}
