//! What a retriever found.

use std::sync::Arc;

use super::id::CandidateId;
use super::profile::Profile;
use super::score::Score;

/// How one leg of retrieval (vector search, keyword search) saw a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct LegScore {
    /// The leg's name, as [`crate::Retriever::name`] gives it.
    pub leg: Arc<str>,
    /// The leg's own score: its scale is the leg's, greater is better.
    pub score: Score,
}

/// A candidate that a retriever returned.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    id: CandidateId,
    score: Score,
    legs: Vec<LegScore>,
    profile: Option<Arc<Profile>>,
}

impl Hit {
    /// A hit with a score on the retriever's own scale; greater is better.
    #[must_use]
    pub fn new(id: CandidateId, score: Score) -> Self {
        Self {
            id,
            score,
            legs: Vec::new(),
            profile: None,
        }
    }

    /// Adds the profile, from a retriever that holds profiles.
    #[must_use]
    pub fn with_profile(mut self, profile: Arc<Profile>) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Adds or replaces what one leg said.
    #[must_use]
    pub fn with_leg(mut self, leg: impl Into<Arc<str>>, score: Score) -> Self {
        let leg = leg.into();
        match self.legs.iter_mut().find(|known| known.leg == leg) {
            Some(known) => known.score = score,
            None => self.legs.push(LegScore { leg, score }),
        }
        self
    }

    /// Who was found.
    #[must_use]
    pub fn id(&self) -> &CandidateId {
        &self.id
    }

    /// The retriever's score.
    #[must_use]
    pub fn score(&self) -> Score {
        self.score
    }

    /// What each leg said, in the order in which they were added.
    #[must_use]
    pub fn legs(&self) -> &[LegScore] {
        &self.legs
    }

    /// The score of one leg, where that leg scored this candidate.
    #[must_use]
    pub fn leg(&self, name: &str) -> Option<Score> {
        self.legs
            .iter()
            .find(|leg| &*leg.leg == name)
            .map(|leg| leg.score)
    }

    /// The profile, where the retriever holds profiles.
    #[must_use]
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.profile.as_ref()
    }

    /// Orders hits best first, ties by id.
    pub fn sort(hits: &mut [Self]) {
        hits.sort_by(|a, b| Score::best_first((a.score, &a.id), (b.score, &b.id)));
    }
}
