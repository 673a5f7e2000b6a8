//! What was found as hits, and the seam of retrievers.

use std::sync::Arc;

use ranker_core::{
    CandidateId, Filter, Hit, Pushdown, Query, Request, RetrieveError, Retriever, Score,
    async_trait, compute,
};

use super::QuantizedIndex;
use super::snapshot::{SMALL, Snapshot, Wanted};
use super::who::Who;
use super::writer::Place;
use crate::error::FileError;
use crate::lock::read;
use crate::scored::{Scored, hits, score_of};
use crate::top_k::TopK;
use crate::vector::{check_query, embedding, pushdown};

/// The error of a search that needed a vector which its file does not give.
pub(super) fn unread(error: FileError, name: &Arc<str>) -> RetrieveError {
    let (backend, again) = (name.to_string(), matches!(error, FileError::Io { .. }));
    let source = error.into();
    match again {
        true => RetrieveError::Unavailable { backend, source },
        false => RetrieveError::Rejected { backend, source },
    }
}

/// The best score found.
pub(super) fn best_of(top: &TopK<Scored<'_>>) -> f32 {
    let scores = top.items().map(|found| found.score);
    scores.fold(f32::NEG_INFINITY, f32::max)
}

/// Hits, with the leg `name` where the best score of everyone is known.
pub(super) fn labelled(
    top: TopK<Scored<'_>>,
    best: Option<f32>,
    name: &Arc<str>,
) -> Result<Vec<Hit>, RetrieveError> {
    if let Some(best) = best {
        return hits(top, best, name);
    }
    let plain = |found: Scored<'_>| {
        let hit = Hit::new(found.id.clone(), score_of(found.score, name)?);
        Ok(match found.profile {
            Some(profile) => hit.with_profile(Arc::clone(profile)),
            None => hit,
        })
    };
    top.into_sorted().into_iter().map(plain).collect()
}

/// The hits of a search, with their leg.
pub(super) fn retrieve(
    now: &Snapshot,
    query: &[f32],
    wanted: Wanted<'_>,
    name: &Arc<str>,
) -> Result<Vec<Hit>, RetrieveError> {
    let top = |wanted| {
        let found = now.search(query, wanted);
        found.map_err(|error| unread(error, name))
    };
    let found = top(wanted)?;
    let best = match wanted.who.is_everyone() {
        true => best_of(&found),
        false => {
            let who = Who::Passing(&Filter::All);
            best_of(&top(Wanted { k: 1, who })?)
        }
    };
    hits(found, best, name)
}

#[async_trait]
impl Retriever for QuantizedIndex {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let query = embedding(query, &self.name)?;
        let now = self.view(std::slice::from_ref(query), &request.filter)?;
        let (query, request, name) = (query.clone(), request.clone(), Arc::clone(&self.name));
        let small = now.work() <= SMALL;
        let work = move || {
            let (k, who) = (request.k, Who::Passing(&request.filter));
            retrieve(&now, query.as_slice(), Wanted { k, who }, &name)
        };
        if small { work() } else { compute(work).await }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        pushdown(self.holds_profiles(), filter)
    }

    fn holds_profiles(&self) -> bool {
        self.now().holds_profiles
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let query = embedding(query, &self.name)?;
        let (now, places) = {
            let places = read(&self.places);
            let place = |id| places.get(id).copied();
            (self.now(), ids.iter().map(place).collect::<Vec<_>>())
        };
        check_query(now.known_dimension(), query)?;
        let score = |place: Option<Place>| {
            let score = place.map(|place| now.score(query.as_slice(), place));
            let score = score
                .transpose()
                .map_err(|error| unread(error, &self.name))?;
            score.map(|score| score_of(score, &self.name)).transpose()
        };
        places.into_iter().map(score).collect()
    }
}
