//! A job and profiles in, a verdict on each requirement out.

use std::sync::Arc;

use crate::{Assessment, ExplainError, JobDescription, Profile};

/// Reads what a job requires, and says of each requirement whether a profile meets it.
///
/// Contract:
/// - one list a profile, in the same order, and the same requirements in the same order in each;
/// - a verdict is of one profile, whoever is assessed with it;
/// - [`crate::Requirement::place`] and [`Assessment::passage`] are byte ranges of the texts they point into.
///
/// [`crate::conformance::assessor`] checks it. Sync, because it computes; call it through [`crate::compute`] from async code.
pub trait Assessor: Send + Sync {
    /// Assesses profiles for one job.
    ///
    /// # Errors
    ///
    /// [`ExplainError::Assessor`].
    fn assess(
        &self,
        job: &JobDescription,
        profiles: &[&Profile],
    ) -> Result<Vec<Vec<Assessment>>, ExplainError>;
}

impl<A: Assessor + ?Sized> Assessor for Arc<A> {
    fn assess(
        &self,
        job: &JobDescription,
        profiles: &[&Profile],
    ) -> Result<Vec<Vec<Assessment>>, ExplainError> {
        (**self).assess(job, profiles)
    }
}
