//! What a retriever found.

use std::sync::Arc;

use super::id::CandidateId;
use super::profile::Profile;
use super::score::Score;
use crate::{TokenCodes, legs};

/// How one leg of retrieval (vector search, keyword search) saw a candidate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LegScore {
    /// The leg's name, as [`crate::Retriever::name`] gives it.
    pub leg: Arc<str>,
    /// The leg's own score: its scale is the leg's, greater is better.
    pub score: Score,
    /// The best score that the leg gave anyone for this query: it makes keyword scores, whose scale
    /// grows with the query's length, comparable between queries.
    pub best: Score,
    /// The score that counts as none: 0, or an encoder's [`crate::CosineBaseline`].
    pub floor: Score,
}

impl LegScore {
    /// A leg's score of a candidate, and the best that the leg gives any candidate for the query.
    #[must_use]
    pub fn new(leg: impl Into<Arc<str>>, score: Score, best: Score) -> Self {
        Self {
            leg: leg.into(),
            score,
            best,
            floor: Score::default(),
        }
    }

    /// Sets the score that counts as none.
    #[must_use]
    pub fn above(mut self, floor: Score) -> Self {
        self.floor = floor;
        self
    }

    /// The score as a share of the best, both counted from the floor, in `0..=1`; 0 when the best is not above the floor.
    #[must_use]
    pub fn share(&self) -> f64 {
        let floor = self.floor.get();
        let best = self.best.get() - floor;
        if best > 0.0 {
            ((self.score.get() - floor) / best).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

/// A candidate that a retriever returned.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    id: CandidateId,
    score: Score,
    legs: Vec<LegScore>,
    profile: Option<Arc<Profile>>,
    tokens: Option<TokenCodes>,
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
            tokens: None,
        }
    }

    /// Adds the profile, from a retriever that holds profiles.
    #[must_use]
    pub fn with_profile(mut self, profile: Arc<Profile>) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Adds the profile's token vectors, from a retriever that keeps them.
    #[must_use]
    pub fn with_tokens(mut self, tokens: TokenCodes) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Adds or replaces what one leg said.
    #[must_use]
    pub fn with_leg(mut self, said: LegScore) -> Self {
        match self.legs.iter_mut().find(|known| known.leg == said.leg) {
            Some(known) => *known = said,
            None => self.legs.push(said),
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

    /// What one leg said, where that leg scored this candidate.
    #[must_use]
    pub fn leg(&self, name: &str) -> Option<&LegScore> {
        self.legs.iter().find(|leg| &*leg.leg == name)
    }

    /// What keyword search said: the leg [`legs::BM25`], or where there is none the leg [`legs::FULL_TEXT`].
    #[must_use]
    pub fn words(&self) -> Option<&LegScore> {
        let bm25 = self.leg(legs::BM25);
        bm25.or_else(|| self.leg(legs::FULL_TEXT))
    }

    /// The profile, where the retriever holds profiles.
    #[must_use]
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.profile.as_ref()
    }

    /// The profile's token vectors, where the retriever keeps them and [`crate::Request::tokens`]
    /// requested them.
    #[must_use]
    pub fn tokens(&self) -> Option<&TokenCodes> {
        self.tokens.as_ref()
    }

    /// [`Self::tokens`], where they stand for vectors of the encoder of this
    /// [`crate::Embedder::model_id`]: those of another mean nothing beside its own.
    #[must_use]
    pub fn tokens_of(&self, encoder: &str) -> Option<&TokenCodes> {
        self.tokens().filter(|codes| **codes.encoder() == *encoder)
    }

    /// Orders hits best first, ties by id.
    pub fn sort(hits: &mut [Self]) {
        hits.sort_by(|a, b| Score::best_first((a.score, &a.id), (b.score, &b.id)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(score: f64, best: f64) -> LegScore {
        let [score, best] = [score, best].map(|value| Score::new(value).unwrap());
        LegScore::new("bm25", score, best)
    }

    #[test]
    fn shares_are_bounded() {
        assert_eq!(leg(6.0, 8.0).share(), 0.75);
        assert_eq!(leg(9.0, 8.0).share(), 1.0);
        assert_eq!(leg(-1.0, 8.0).share(), 0.0);
        assert_eq!(leg(0.0, 0.0).share(), 0.0);
    }

    #[test]
    fn shares_count_from_the_floor() {
        let floor = Score::new(0.5).unwrap();
        assert_eq!(leg(0.75, 1.0).above(floor).share(), 0.5);
        assert_eq!(leg(0.25, 1.0).above(floor).share(), 0.0);
        assert_eq!(leg(0.5, 0.5).above(floor).share(), 0.0);
    }

    #[test]
    fn a_leg_speaks_once() {
        let id = CandidateId::new("p").unwrap();
        let hit = Hit::new(id, Score::default())
            .with_leg(leg(1.0, 8.0))
            .with_leg(leg(2.0, 8.0));
        assert_eq!(hit.legs(), [leg(2.0, 8.0)]);
        assert_eq!(hit.leg("dense"), None);
    }
}
