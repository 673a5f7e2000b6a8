//! What happened.

use ranker_core::CandidateId;

use super::error::EventError;
use super::ids::{EventId, JobId, RankingId, SourceId, Timestamp};
use super::impression::Impression;
use crate::Outcome;

/// Something that happened: its id, when, by whom, and what.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Its id: an event that is appended again is stored once.
    pub id: EventId,
    /// When it happened, by the caller's clock.
    pub at: Timestamp,
    /// Who acted, or saw the ranking; `None` where that is not known. What one source can weigh in
    /// training is bounded, and all events without a source count as one.
    pub source: Option<SourceId>,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// An event of an unknown source.
    #[must_use]
    pub fn new(id: EventId, at: Timestamp, kind: EventKind) -> Self {
        Self {
            id,
            at,
            source: None,
            kind,
        }
    }

    /// Sets who acted.
    #[must_use]
    pub fn with_source(mut self, source: SourceId) -> Self {
        self.source = Some(source);
        self
    }
}

/// What happened.
///
/// Ids of rankings, jobs and candidates are taken as they come: the log cannot know whether they
/// exist, and an action may arrive before the impression it belongs to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// A ranking was shown to a person.
    Impression(Impression),
    /// A candidate's entry in a ranking was on the screen: scrolled to, long enough to be read.
    Seen(Action),
    /// A candidate's entry in a ranking was clicked.
    Click(Action),
    /// A candidate's whole profile was opened.
    Opened(Action),
    /// A candidate was put on the shortlist.
    Shortlist(Action),
    /// A candidate was turned down.
    Reject {
        /// Where, and who.
        action: Action,
        /// Why, in the person's words; may be empty.
        reason: String,
    },
    /// Two candidates were compared.
    Preference(Preference),
    /// A candidate was graded for a job.
    Grade {
        /// The job.
        job: JobId,
        /// Who.
        candidate: CandidateId,
        /// How good, on a scale of the caller's; greater is better.
        grade: i32,
    },
}

/// Something done to a candidate of a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action {
    /// The ranking in which the candidate was shown.
    pub ranking: RankingId,
    /// Who.
    pub candidate: CandidateId,
}

impl Action {
    /// Something done to a candidate of a ranking.
    #[must_use]
    pub fn new(ranking: RankingId, candidate: CandidateId) -> Self {
        Self { ranking, candidate }
    }
}

/// One candidate is better than another for a job, or they tie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    job: JobId,
    better: CandidateId,
    worse: CandidateId,
    outcome: Outcome,
}

impl Preference {
    /// `better` is better than `worse`, or, with [`Outcome::Tie`], neither is.
    ///
    /// # Errors
    ///
    /// [`EventError::Itself`] when the two are one.
    pub fn new(
        job: JobId,
        better: CandidateId,
        worse: CandidateId,
        outcome: Outcome,
    ) -> Result<Self, EventError> {
        if better == worse {
            return Err(EventError::Itself { candidate: better });
        }
        Ok(Self {
            job,
            better,
            worse,
            outcome,
        })
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &JobId {
        &self.job
    }

    /// The better candidate; of a tie, one of the two.
    #[must_use]
    pub fn better(&self) -> &CandidateId {
        &self.better
    }

    /// The worse candidate; of a tie, the other.
    #[must_use]
    pub fn worse(&self) -> &CandidateId {
        &self.worse
    }

    /// What was said.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}
