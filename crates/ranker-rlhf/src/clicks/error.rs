//! Why sessions could not be used.

use ranker_core::CandidateId;

/// Why sessions could not be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClickError {
    /// There are more or fewer flags, or chances, than candidates were shown.
    #[error("{shown} candidates were shown, but {given} values of `{what}` given: one each")]
    Length {
        /// What was given.
        what: &'static str,
        /// How many candidates were shown.
        shown: usize,
        /// How many values there are.
        given: usize,
    },
    /// One list shows a candidate twice.
    #[error("candidate {candidate} was shown twice in one session")]
    ShownTwice {
        /// Who.
        candidate: CandidateId,
    },
    /// A chance of being examined that is none.
    #[error("a chance of being examined must lie in (0, 1], but is {value}")]
    Propensity {
        /// The value.
        value: f64,
    },
    /// No session shows anybody.
    #[error("no sessions with candidates: record impressions first")]
    NoSessions,
    /// Features were given for more or fewer candidates than named.
    #[error("{candidates} candidates, but {rows} rows of features: one each")]
    RowCount {
        /// How many candidates were named.
        candidates: usize,
        /// How many rows there are.
        rows: usize,
    },
    /// The features of one job are others than those of another.
    #[error("the features of job {job} are not those of the jobs before it")]
    OtherFeatures {
        /// The job.
        job: String,
    },
    /// What needs features has none.
    #[error("no features of candidate {candidate} for job {job}: add them with `with_features`")]
    NoFeatures {
        /// The job.
        job: String,
        /// Who.
        candidate: CandidateId,
    },
    /// A bound on inverse propensities that bounds nothing.
    #[error("the bound on inverse propensities must lie in 1..=1e6, but is {clip}")]
    Clip {
        /// The bound.
        clip: f64,
    },
    /// The solver stopped before the gradient was small enough.
    #[error("no convergence in {iterations} iterations: look for extreme features")]
    NotConverged {
        /// How many iterations it took.
        iterations: usize,
    },
}
