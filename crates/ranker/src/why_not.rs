//! Why somebody is not among the first.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use ranker_core::{
    Candidate, CandidateId, LegScore, Profile, Pushdown, Query, Ranked, Ranking, Request, compute,
};
use ranker_xai::{Contrast, Unmet, unmet};

use crate::contrast::{contrast, ranked};
use crate::error::Error;
use crate::pool::{self, GROWTH, MOST_FETCHED, Whom};
use crate::ranker::Ranker;
use crate::stages::Stages;
use crate::times::Clock;

/// The most differences that the text of a [`WhyNot`] names.
const MOST: usize = 3;

/// Why a candidate is not among the first of a ranking.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WhyNot {
    /// Who it is about.
    pub id: CandidateId,
    /// Among how many first.
    pub among: usize,
    /// What stands in the way.
    pub obstacle: Obstacle,
}

/// What stands between a candidate and the first places.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Obstacle {
    /// Nothing: it has this place among them.
    Nothing {
        /// The place, from 1.
        place: usize,
    },
    /// The job's filter leaves it out: by these conditions.
    Filter {
        /// Each with what is known of the facts that it reads.
        unmet: Vec<Unmet>,
    },
    /// Retrieval does not find it among those that are scored.
    Retrieval {
        /// Its place among all that retrieval finds and the filter passes, from 1; `None` where it is not found, or
        /// where the retriever cannot apply the filter.
        place: Option<usize>,
        /// How many are scored.
        scored: usize,
        /// What each leg of retrieval gives it, and the best that it gives anyone; none where it is not found.
        legs: Vec<LegScore>,
    },
    /// Its score.
    Score {
        /// Its place, from 1.
        place: usize,
        /// The last of the first places against it.
        contrast: Box<Contrast>,
    },
}

impl Ranker {
    /// Why a candidate is not among the first `among` of a ranking: the job's filter, retrieval, or its score.
    ///
    /// Somebody beyond the ranking is looked for anew, with the ranking's own query and model: that takes as long as a
    /// ranking, and where retrieval finds the candidate far down, longer.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCandidate`] for somebody whom neither retriever nor profile store has;
    /// [`Error::NoSuchPlace`] unless `among` is a place of the ranking; and those of [`Self::rank`] and
    /// [`Self::explain`].
    pub async fn why_not(
        &self,
        ranking: &Ranking,
        id: &CandidateId,
        among: usize,
    ) -> Result<WhyNot, Error> {
        let last = place(ranking, among)?;
        let obstacle = match ranked(ranking, id) {
            Some(found) if found.rank <= among => Obstacle::Nothing { place: found.rank },
            Some(found) => self.by_score(last, found).await?,
            None => match ranked(&self.all_of(ranking).await?, id) {
                Some(found) if found.rank <= among => Obstacle::Nothing { place: found.rank },
                Some(found) => self.by_score(last, found).await?,
                None => self.not_scored(ranking.query(), id).await?,
            },
        };
        let id = id.clone();
        Ok(WhyNot {
            id,
            among,
            obstacle,
        })
    }

    async fn by_score(&self, last: &Ranked, found: &Ranked) -> Result<Obstacle, Error> {
        let (stages, both) = (Arc::clone(self.stages()), [last.clone(), found.clone()]);
        let place = found.rank;
        let contrast = compute(move || contrast(&stages, &both)).await?;
        Ok(Obstacle::Score {
            place,
            contrast: Box::new(contrast),
        })
    }

    /// The ranking with all who were scored for it.
    async fn all_of(&self, ranking: &Ranking) -> Result<Ranking, Error> {
        let scorer = self.stages().scorer_of(ranking.model())?;
        let nothing = (Vec::new(), Clock::default());
        let query = Arc::clone(ranking.query());
        let best = self.measured(query, Whom::Best, nothing).await?;
        best.scored_by(scorer).await
    }

    /// What keeps somebody from being scored.
    async fn not_scored(&self, query: &Arc<Query>, id: &CandidateId) -> Result<Obstacle, Error> {
        let (stages, filter) = (self.stages(), query.job().filter());
        let found = found(stages, query, id).await?;
        let profile = match &found {
            Some(candidate) => Arc::clone(candidate.profile()),
            None => stored(stages, id).await?,
        };
        let unmet = unmet(filter, profile.facts());
        if !unmet.is_empty() {
            return Ok(Obstacle::Filter { unmet });
        }
        let legs = found.map(|candidate| candidate.hit().legs().to_vec());
        Ok(Obstacle::Retrieval {
            place: match legs {
                Some(_) => retrieved_at(stages, query, id).await?,
                None => None,
            },
            scored: stages.candidates,
            legs: legs.unwrap_or_default(),
        })
    }
}

/// The ranked candidate in this place.
pub(crate) fn place(ranking: &Ranking, place: usize) -> Result<&Ranked, Error> {
    let at = place.checked_sub(1);
    let ranked = at.and_then(|at| ranking.as_slice().get(at));
    ranked.ok_or(Error::NoSuchPlace {
        place,
        places: ranking.len(),
    })
}

/// A candidate as retrieval finds it, whatever the job's filter says.
pub(crate) async fn found(
    stages: &Stages,
    query: &Query,
    id: &CandidateId,
) -> Result<Option<Candidate>, Error> {
    let wanted = HashSet::from([id]);
    let found = pool::gather(stages, query, Whom::Only(&wanted), &mut Vec::new()).await?;
    Ok(found.into_iter().next())
}

/// The profile of somebody whom retrieval does not find.
async fn stored(stages: &Stages, id: &CandidateId) -> Result<Arc<Profile>, Error> {
    let unknown = || Error::UnknownCandidate { id: id.clone() };
    let store = stages.profile_store.as_ref().ok_or_else(unknown)?;
    let found = store.profiles(std::slice::from_ref(id)).await;
    let found = found.map_err(Error::Profiles)?.into_iter().next();
    found.flatten().ok_or_else(unknown)
}

/// The place of a candidate among all whom retrieval finds and the filter passes.
async fn retrieved_at(
    stages: &Stages,
    query: &Query,
    id: &CandidateId,
) -> Result<Option<usize>, Error> {
    let filter = query.job().filter();
    if !filter.is_all() && stages.retriever.pushdown(filter) != Pushdown::Exact {
        return Ok(None);
    }
    let mut asked = stages.candidates.saturating_mul(GROWTH);
    loop {
        let request = Request::top(asked).with_filter(filter.clone());
        let hits = pool::retrieve(stages, query, &request).await?;
        let at = hits.iter().position(|hit| hit.id() == id);
        if at.is_some() || hits.len() < asked || asked >= MOST_FETCHED {
            return Ok(at.map(|at| at + 1));
        }
        asked = asked.saturating_mul(GROWTH);
    }
}

/// One sentence: `p-7 is not among the first 10: its place is 14, 0.120 behind p-3 in place 10 (+0.100 dense)`.
impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            among,
            obstacle,
        } = self;
        if let Obstacle::Nothing { place } = obstacle {
            return write!(f, "{id} is among the first {among}: in place {place}");
        }
        write!(f, "{id} is not among the first {among}: {obstacle}")
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing { place } => write!(f, "it is in place {place}"),
            Self::Filter { unmet } => {
                let unmet: Vec<String> = unmet.iter().map(Unmet::to_string).collect();
                write!(f, "the job's filter asks {}", unmet.join("; "))
            }
            Self::Retrieval {
                place,
                scored,
                legs,
            } => {
                match place {
                    Some(place) => write!(f, "retrieval finds it in place {place}")?,
                    None => f.write_str("retrieval does not find it among the best")?,
                }
                write!(f, ", and the first {scored} are scored")?;
                legs.iter().try_for_each(|leg| {
                    let (score, best) = (leg.score.get(), leg.best.get());
                    write!(f, "; {} {score:.3} of a best of {best:.3}", leg.leg)
                })
            }
            Self::Score { place, contrast } => {
                let last = &contrast.ids().above;
                let gap = contrast.gap();
                write!(
                    f,
                    "its score puts it in place {place}, {gap:.3} behind {last}:"
                )?;
                let greatest = contrast.differences().iter().take(MOST);
                let mut greatest = greatest.filter(|one| one.adds() != 0.0);
                greatest.try_for_each(|one| write!(f, " {:+.3} {}", one.adds(), one.feature))
            }
        }
    }
}
