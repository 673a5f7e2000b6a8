//! Candidates whose worth is known.

use std::sync::Arc;

use ranker_core::CandidateId;

/// Candidates for a job, and how good each truly is.
#[derive(Debug, Clone, PartialEq)]
pub struct GradedList {
    pub(super) job: Arc<str>,
    pub(super) candidates: Vec<CandidateId>,
    pub(super) grades: Vec<u32>,
    pub(super) groups: Vec<u32>,
}

impl GradedList {
    /// Candidates with a grade each, from 0; all of group 0. `None` unless there is one a candidate.
    #[must_use]
    pub fn new(
        job: impl Into<Arc<str>>,
        candidates: Vec<CandidateId>,
        grades: Vec<u32>,
    ) -> Option<Self> {
        (candidates.len() == grades.len()).then(|| Self {
            job: job.into(),
            groups: vec![0; candidates.len()],
            candidates,
            grades,
        })
    }

    /// Sets a group a candidate, such as one that a biased recruiter prefers. `None` unless there is
    /// one each.
    #[must_use]
    pub fn with_groups(mut self, groups: Vec<u32>) -> Option<Self> {
        let one_each = groups.len() == self.candidates.len();
        self.groups = groups;
        one_each.then_some(self)
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &str {
        &self.job
    }

    /// The candidates.
    #[must_use]
    pub fn candidates(&self) -> &[CandidateId] {
        &self.candidates
    }

    /// How good each is.
    #[must_use]
    pub fn grades(&self) -> &[u32] {
        &self.grades
    }
}
