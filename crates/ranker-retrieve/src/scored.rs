//! Scored candidates on their way to hits.

use std::cmp::Ordering;
use std::sync::Arc;

use ranker_core::{CandidateId, Hit, LegScore, Profile, RetrieveError, Score};

use crate::top_k::TopK;

/// A candidate and its score, ordered best first, ties by id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scored<'a> {
    pub(crate) score: f32,
    pub(crate) id: &'a CandidateId,
    pub(crate) profile: Option<&'a Arc<Profile>>,
    /// The number by which a collection knows the candidate.
    #[cfg_attr(not(feature = "collection"), allow(dead_code))]
    pub(crate) number: Option<u64>,
}

impl Ord for Scored<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Adding zero makes -0.0 and 0.0 one score, as `Score` does.
        let by_score = (other.score + 0.0).total_cmp(&(self.score + 0.0));
        by_score.then_with(|| self.id.cmp(other.id))
    }
}

impl PartialOrd for Scored<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scored<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Scored<'_> {}

/// A computed number as a score of the leg `name`.
pub(crate) fn score_of(value: f32, name: &Arc<str>) -> Result<Score, RetrieveError> {
    Score::new(value.into()).map_err(|source| RetrieveError::Invalid {
        backend: name.to_string(),
        source,
    })
}

/// Hits with the one leg `name`, best first; `best` is the best score of anyone for this query.
pub(crate) fn hits(
    top: TopK<Scored<'_>>,
    best: f32,
    name: &Arc<str>,
) -> Result<Vec<Hit>, RetrieveError> {
    let hits = top.into_sorted().into_iter().map(|found| {
        let score = score_of(found.score, name)?;
        let leg = LegScore::new(Arc::clone(name), score, score_of(best, name)?);
        let hit = Hit::new(found.id.clone(), score).with_leg(leg);
        Ok(match found.profile {
            Some(profile) => hit.with_profile(Arc::clone(profile)),
            None => hit,
        })
    });
    hits.collect()
}
