//! Job description in, further terms out.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{BoxError, Expansion, JobDescription};

/// Why a query was not expanded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpandError {
    /// The source of terms cannot be reached now; trying again may help.
    #[error("{backend} is unavailable")]
    Unavailable {
        /// What was asked.
        backend: String,
        /// What it said.
        source: BoxError,
    },
    /// The source of terms failed in a way that trying again does not mend.
    #[error("{backend} failed")]
    Failed {
        /// What was asked.
        backend: String,
        /// What it said.
        source: BoxError,
    },
}

/// Finds synonyms, skills and related concepts of a job description.
///
/// Contract, checked by [`crate::conformance::expander`]:
/// - every term says its weight, source and reason ([`crate::Term`] has no way round that);
/// - the same job gives the same terms, each once;
/// - nothing found is an empty [`Expansion`], not an error.
///
/// Async, because the usual source of terms beyond a table is a service.
#[async_trait]
pub trait Expander: Send + Sync {
    /// The terms to add to the job.
    async fn expand(&self, job: &JobDescription) -> Result<Expansion, ExpandError>;
}

#[async_trait]
impl<E: Expander + ?Sized> Expander for Arc<E> {
    async fn expand(&self, job: &JobDescription) -> Result<Expansion, ExpandError> {
        (**self).expand(job).await
    }
}
