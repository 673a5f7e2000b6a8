//! What was found as hits, and the seam of retrievers.

use std::sync::Arc;

use ranker_core::{
    CandidateId, Filter, Hit, Pushdown, Query, Request, RetrieveError, Retriever, Score,
    async_trait, compute,
};

use super::QuantizedIndex;
use super::place::Place;
use super::selection::Selection;
use super::snapshot::{SMALL, SearchParams, Snapshot};
use crate::error::FileError;
use crate::lock::read;
use crate::scored::{Scored, hits, score_of};
use crate::top_k::TopK;
use crate::vector::{check_query, embedding, pushdown};

/// The error of a search that needed a vector which cannot be read from its file.
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

/// Hits, with the leg `name` where the best score of all candidates is known.
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

/// The best score of anyone, and the best of those that may be found.
pub(super) fn found<'n>(
    now: &'n Snapshot,
    query: &[f32],
    params: SearchParams<'_>,
    name: &Arc<str>,
) -> Result<(f32, TopK<Scored<'n>>), RetrieveError> {
    let top = |params| {
        let found = now.search(query, params);
        found.map_err(|error| unread(error, name))
    };
    let found = top(params)?;
    let best = match params.selection.is_all() {
        true => best_of(&found),
        false => {
            let selection = Selection::Passing(&Filter::All);
            best_of(&top(SearchParams { k: 1, selection })?)
        }
    };
    Ok((best, found))
}

#[async_trait]
impl Retriever for QuantizedIndex {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let query = embedding(query, &self.name)?;
        let now = self.view(std::slice::from_ref(query), &request.filter)?;
        let (query, request, name) = (query.clone(), request.clone(), Arc::clone(&self.name));
        let small = now.work() <= SMALL;
        let work = move || {
            let (k, selection) = (request.k, Selection::Passing(&request.filter));
            let params = SearchParams { k, selection };
            let (best, top) = found(&now, query.as_slice(), params, &name)?;
            hits(top, best, &name)
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
            let places = |id| places.of(id).collect::<Vec<Place>>();
            (self.now(), ids.iter().map(places).collect::<Vec<_>>())
        };
        check_query(now.known_dimension(), query)?;
        let score = |places: Vec<Place>| {
            let mut best = None;
            for place in places {
                let score = now.score(query.as_slice(), place);
                let score = score.map_err(|error| unread(error, &self.name))?;
                best = Some(best.map_or(score, |best: f32| best.max(score)));
            }
            best.map(|score| score_of(score, &self.name)).transpose()
        };
        places.into_iter().map(score).collect()
    }
}
