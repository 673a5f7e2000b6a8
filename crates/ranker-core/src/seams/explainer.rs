//! A ranked candidate in, an account of its place out.

use std::sync::Arc;

use crate::{BoxError, CandidateId, EmbedError, Explanation, Ranked, ScoreError, Scorer};

/// Why a candidate's place was not explained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The parts do not sum to the score: the account would not be true.
    #[error("the parts of candidate {id} sum to {sum}, but its score is {score}")]
    NotAdditive {
        /// Who it was about.
        id: CandidateId,
        /// The score.
        score: f64,
        /// What the parts sum to.
        sum: f64,
    },
    /// A candidate does not come with the one row of features that its score was computed from.
    #[error("candidate {id} comes with {rows} rows of features where one is expected")]
    Rows {
        /// Who it was about.
        id: CandidateId,
        /// How many rows there are.
        rows: usize,
    },
    /// The model could not account for its score.
    #[error("the model could not account for its score")]
    Scorer(#[source] ScoreError),
    /// The passages could not be encoded.
    #[error("the passages could not be encoded")]
    Embedder(#[source] EmbedError),
    /// The requirements could not be assessed.
    #[error("the requirements could not be assessed")]
    Assessor(#[source] BoxError),
    /// An assessor did not give each profile its verdicts.
    #[error("{profiles} profiles were assessed, and {lists} lists of verdicts came back")]
    Assessments {
        /// How many profiles were given.
        profiles: usize,
        /// How many lists came back.
        lists: usize,
    },
}

/// Says why candidates stand where they stand.
///
/// Contract, checked by [`crate::conformance::explainer`]:
/// - one explanation a candidate, in the same order;
/// - the parts sum to the score ([`Explanation`] has no way round that), and the score explained is
///   the score given;
/// - passages are byte ranges of the texts they point into.
///
/// Sync, because it computes; call it through [`crate::compute`] from async code.
pub trait Explainer: Send + Sync {
    /// Explains candidates of one ranking, scored by `scorer`.
    ///
    /// # Errors
    ///
    /// [`ExplainError`].
    fn explain(
        &self,
        ranked: &[Ranked],
        scorer: &dyn Scorer,
    ) -> Result<Vec<Explanation>, ExplainError>;
}

impl<X: Explainer + ?Sized> Explainer for Arc<X> {
    fn explain(
        &self,
        ranked: &[Ranked],
        scorer: &dyn Scorer,
    ) -> Result<Vec<Explanation>, ExplainError> {
        (**self).explain(ranked, scorer)
    }
}
