//! Calls of a retriever, each of whose hits is checked.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Entry, Violation, check, in_time, pool};
use crate::{CandidateId, Hit, Query, Request, RetrieveError, Retriever, Score};

const ORDER: &str = "at most k hits, best first, ties by id, no id twice";
const OWN_PROFILE: &str = "a hit carries its own candidate's profile, unchanged";
const HEARD: &str = "a hit's score reaches the ranking, by its legs or under the retriever's name";

/// A retriever, and the pool that it was built from.
pub(super) struct Case<'r> {
    pub(super) retriever: &'r dyn Retriever,
    pub(super) entries: &'r [Entry],
    limit: Duration,
}

impl<'r> Case<'r> {
    pub(super) fn new(retriever: &'r dyn Retriever, entries: &'r [Entry], limit: Duration) -> Self {
        Self {
            retriever,
            entries,
            limit,
        }
    }

    pub(super) fn entry(&self, id: &CandidateId) -> Option<&'r Entry> {
        self.entries.iter().find(|entry| entry.profile.id() == id)
    }

    /// Retrieves for the pool's first profile.
    pub(super) async fn retrieve(
        &self,
        contract: &'static str,
        request: &Request,
    ) -> Result<Vec<Hit>, Violation> {
        let found = self.answer(&pool::query(0), request).await?;
        found.map_err(|e| Violation::failed(contract, e))
    }

    /// The answer to any query: in time, from a store that can be reached, with hits that are sound.
    pub(super) async fn answer(
        &self,
        query: &Query,
        request: &Request,
    ) -> Result<Result<Vec<Hit>, RetrieveError>, Violation> {
        let call = self.retriever.retrieve(query, request);
        let found = reached(in_time("retrieve", self.limit, call).await?)?;
        if let Ok(hits) = &found {
            self.check_hits(hits, request.k)?;
        }
        Ok(found)
    }

    pub(super) async fn score(
        &self,
        contract: &'static str,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, Violation> {
        let call = self.retriever.score(query, ids);
        let scores = reached(in_time("score", self.limit, call).await?)?;
        let scores = scores.map_err(|e| Violation::failed(contract, e))?;
        check(contract, scores.len() == ids.len(), || {
            format!("{} answers for {} ids", scores.len(), ids.len())
        })?;
        Ok(scores)
    }

    fn check_hits(&self, hits: &[Hit], k: usize) -> Result<(), Violation> {
        check(ORDER, hits.len() <= k, || {
            format!("{} hits for k = {k}", hits.len())
        })?;
        let distinct: BTreeSet<&CandidateId> = hits.iter().map(Hit::id).collect();
        check(ORDER, distinct.len() == hits.len(), || {
            format!("an id comes twice in {}", shown(hits))
        })?;
        for pair in hits.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            check(ORDER, a.score() >= b.score(), || {
                format!("{} comes before {}", shown(&pair[..1]), shown(&pair[1..]))
            })?;
            check(ORDER, a.score() > b.score() || a.id() < b.id(), || {
                let (a, b) = (a.id(), b.id());
                format!("{a} and {b} have the same score, but {a} comes before {b}")
            })?;
        }
        hits.iter().try_for_each(|hit| self.check_profile(hit))?;
        self.check_legs(hits)
    }

    fn check_profile(&self, hit: &Hit) -> Result<(), Violation> {
        let id = hit.id();
        let entry = self.entry(id);
        check("every hit is of the pool", entry.is_some(), || {
            format!("{id} is not")
        })?;
        let Some(profile) = hit.profile() else {
            return check(
                "holds_profiles means that every hit has its profile",
                !self.retriever.holds_profiles(),
                || format!("{id} has none"),
            );
        };
        check(OWN_PROFILE, profile.id() == id, || {
            format!("{id} carries the profile of {}", profile.id())
        })?;
        let own = entry.map(|entry| &entry.profile);
        check(OWN_PROFILE, own == Some(&**profile), || {
            format!("{id} carries {profile:?} instead of {own:?}")
        })
    }

    fn check_legs(&self, hits: &[Hit]) -> Result<(), Violation> {
        let without = hits.iter().filter(|hit| hit.legs().is_empty()).count();
        check(HEARD, without == 0 || without == hits.len(), || {
            format!(
                "{without} of {} hits have no legs, the others do",
                hits.len()
            )
        })?;
        let name = self.retriever.name();
        let named = !name.trim().is_empty() && name != DEFAULT_NAME;
        check(HEARD, without == 0 || named, || {
            format!(
                "hits have no legs, and the retriever's name is {name:?}: return a name of your own from \
                 Retriever::name, or add Hit::with_leg"
            )
        })
    }
}

/// The name of a retriever that does not choose one.
const DEFAULT_NAME: &str = "custom";

/// An answer of a store that can be reached.
fn reached<T>(answer: Result<T, RetrieveError>) -> Result<Result<T, RetrieveError>, Violation> {
    match answer {
        Err(error @ RetrieveError::Unavailable { .. }) => Err(Violation::unavailable(error)),
        other => Ok(other),
    }
}

/// The first hits, for people.
pub(super) fn shown(hits: &[Hit]) -> String {
    let first = hits.iter().take(10);
    let first: Vec<String> = first
        .map(|hit| format!("{} ({})", hit.id(), hit.score()))
        .collect();
    match hits.len() {
        1 => first.concat(),
        count => format!("{count} hits: {}", first.join(", ")),
    }
}
