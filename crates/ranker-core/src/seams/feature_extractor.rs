//! Query and candidates in, features out.

use std::sync::Arc;

use crate::{
    BoxError, Candidate, FeatureMatrix, FeatureSchema, Profile, Query, Remark, TokenVectors,
};

/// Why features were not computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureError {
    /// The result is no longer wanted ([`crate::Cancel`]).
    #[error("computing features was cancelled")]
    Cancelled,
    /// Values that do not fill whole rows.
    #[error("{values} values do not fill rows of {columns} features")]
    Shape {
        /// How many values there are.
        values: usize,
        /// How many columns a row has.
        columns: usize,
    },
    /// A feature came out NaN or infinite.
    #[error("feature {feature} of row {row} is not finite")]
    NotFinite {
        /// The feature.
        feature: String,
        /// The row, from 0.
        row: usize,
    },
    /// Two features share a name.
    #[error("two features are named {name}")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// Something that a feature is computed from failed.
    #[error("feature {feature} could not be computed")]
    Failed {
        /// The feature.
        feature: String,
        /// What failed.
        source: BoxError,
    },
}

/// Measures (query, candidate) pairs.
///
/// Contract, checked by [`crate::conformance::feature_extractor`]:
/// - one row a candidate, in the same order, with the columns of [`FeatureExtractor::schema`];
/// - every value is finite and within its column's bounds;
/// - a row depends on its own pair alone, not on the other candidates: a logged row stays true.
///
/// Sync, because it computes; call it through [`crate::compute`] from async code.
pub trait FeatureExtractor: Send + Sync {
    /// The features' names, meanings and bounds.
    fn schema(&self) -> &Arc<FeatureSchema>;

    /// The features of each candidate.
    ///
    /// # Errors
    ///
    /// [`FeatureError`].
    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<FeatureMatrix, FeatureError>;

    /// Whether token vectors are read: of the query ([`Query::tokens`]) and of the candidates
    /// ([`crate::Hit::tokens`]). A ranker then requests them of encoder and retriever. Where one is
    /// missing, an extractor computes it or does without.
    fn token_vectors(&self) -> TokenVectors {
        TokenVectors::Skip
    }

    /// What a reader should know of a pair beside the numbers: "asks 10 years, has 1".
    /// Nothing by default.
    fn remarks(&self, _query: &Query, _profile: &Profile) -> Vec<Remark> {
        Vec::new()
    }
}

impl<X: FeatureExtractor + ?Sized> FeatureExtractor for Arc<X> {
    fn schema(&self) -> &Arc<FeatureSchema> {
        (**self).schema()
    }

    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<FeatureMatrix, FeatureError> {
        (**self).extract(query, candidates)
    }

    fn token_vectors(&self) -> TokenVectors {
        (**self).token_vectors()
    }

    fn remarks(&self, query: &Query, profile: &Profile) -> Vec<Remark> {
        (**self).remarks(query, profile)
    }
}
