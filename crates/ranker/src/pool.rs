//! Gathers the candidates that will be scored: hits that pass the filter, with their profiles.

use std::collections::HashSet;
use std::sync::Arc;

use ranker_core::{
    Candidate, CandidateId, Filter, Hit, LegScore, Note, Profile, Pushdown, Query, Request,
    RetrieveError, Score, TokenVectors,
};

use crate::error::Error;
use crate::stages::Stages;

/// The most hits fetched from a retriever that cannot filter, and how fast we get there.
pub(crate) const MOST_FETCHED: usize = 20_000;
pub(crate) const GROWTH: usize = 4;

/// Whose candidates are gathered.
#[derive(Clone, Copy)]
pub(crate) enum Whom<'w> {
    /// The best that pass the job's filter.
    Best,
    /// These and nobody else, whatever the job's filter says.
    Only(&'w HashSet<&'w CandidateId>),
}

/// The candidates for the query.
pub(crate) async fn gather(
    stages: &Stages,
    query: &Query,
    whom: Whom<'_>,
    notes: &mut Vec<Note>,
) -> Result<Vec<Candidate>, Error> {
    let candidates = match whom {
        Whom::Best => gather_best(stages, query, notes).await?,
        Whom::Only(wanted) => gather_only(stages, query, wanted, notes).await?,
    };
    if stages.features.token_vectors() == TokenVectors::Skip {
        return Ok(candidates);
    }
    with_tokens(stages, candidates, notes).await
}

/// As many of these candidates as the retriever finds when it is asked for more and more.
async fn gather_only(
    stages: &Stages,
    query: &Query,
    wanted: &HashSet<&CandidateId>,
    notes: &mut Vec<Note>,
) -> Result<Vec<Candidate>, Error> {
    let mut asked = stages.candidates.saturating_mul(GROWTH);
    loop {
        let mut request = Request::top(asked);
        request.tokens = stages.features.token_vectors();
        let mut hits = retrieve(stages, query, &request).await?;
        let exhausted = hits.len() < asked;
        hits.retain(|hit| wanted.contains(hit.id()));
        if hits.len() == wanted.len() || exhausted || asked >= MOST_FETCHED {
            return with_profiles(stages, hits, notes).await;
        }
        asked = asked.saturating_mul(GROWTH);
    }
}

/// The best candidates that pass the job's filter.
async fn gather_best(
    stages: &Stages,
    query: &Query,
    notes: &mut Vec<Note>,
) -> Result<Vec<Candidate>, Error> {
    let filter = query.job().filter();
    let exact = filter.is_all() || stages.retriever.pushdown(filter) == Pushdown::Exact;
    if exact {
        let mut request = Request::top(stages.candidates).with_filter(filter.clone());
        request.tokens = stages.features.token_vectors();
        let hits = retrieve(stages, query, &request).await?;
        with_profiles(stages, hits, notes).await
    } else {
        filtered_here(stages, query, notes).await
    }
}

/// Gives the candidates whose hits brought no token vectors those that the store of profiles keeps,
/// and notes for how many the encoder will read the profile.
async fn with_tokens(
    stages: &Stages,
    mut candidates: Vec<Candidate>,
    notes: &mut Vec<Note>,
) -> Result<Vec<Candidate>, Error> {
    let encoder = stages.embedder.model_id();
    let lacks = |candidate: &Candidate| candidate.hit().tokens_of(encoder).is_none();
    let lacking = candidates.iter().filter(|candidate| lacks(candidate));
    let ids: Vec<CandidateId> = lacking.map(|candidate| candidate.id().clone()).collect();
    if let (Some(store), false) = (&stages.profile_store, ids.is_empty()) {
        let kept = store.tokens(&ids).await.map_err(Error::Profiles)?;
        let without = candidates.iter_mut().filter(|candidate| lacks(candidate));
        for (candidate, tokens) in without.zip(kept) {
            if let Some(tokens) = tokens {
                let hit = candidate.hit().clone().with_tokens(tokens);
                *candidate = Candidate::new(hit, Arc::clone(candidate.profile()));
            }
        }
    }
    let encoded = candidates
        .iter()
        .filter(|candidate| lacks(candidate))
        .count();
    if encoded > 0 {
        notes.push(Note::TokensEncoded {
            candidates: encoded,
        });
    }
    Ok(candidates)
}

pub(crate) async fn retrieve(
    stages: &Stages,
    query: &Query,
    request: &Request,
) -> Result<Vec<Hit>, Error> {
    let hits = stages.retriever.retrieve(query, request).await;
    with_legs(hits.map_err(Error::Retrieve)?, stages.retriever.name())
}

/// Makes the retriever's own score a leg where a hit has none, so that features see it.
///
/// On a scale that goes below zero (a negated distance, a log-likelihood) a share of the best has no
/// meaning, so scores are counted from the worst hit's there.
fn with_legs(hits: Vec<Hit>, retriever: &str) -> Result<Vec<Hit>, Error> {
    let bare = || hits.iter().filter(|hit| hit.legs().is_empty());
    let (Some(best), Some(worst)) = (bare().map(Hit::score).max(), bare().map(Hit::score).min())
    else {
        return Ok(hits);
    };
    let floor = worst.get().min(0.0);
    let above = |score: Score| {
        Score::new(score.get() - floor).map_err(|source| {
            let backend = retriever.to_owned();
            Error::Retrieve(RetrieveError::Invalid { backend, source })
        })
    };
    let (best, leg): (Score, Arc<str>) = (above(best)?, retriever.into());
    let add = |hit: Hit| {
        if !hit.legs().is_empty() {
            return Ok(hit);
        }
        let (leg, score) = (Arc::clone(&leg), above(hit.score())?);
        Ok(hit.with_leg(LegScore::new(leg, score, best)))
    };
    hits.into_iter().map(add).collect()
}

/// For a retriever that cannot filter: fetches more and more until enough pass.
async fn filtered_here(
    stages: &Stages,
    query: &Query,
    notes: &mut Vec<Note>,
) -> Result<Vec<Candidate>, Error> {
    let filter = query.job().filter();
    let mut asked = stages.candidates.saturating_mul(GROWTH);
    loop {
        let hits = retrieve(stages, query, &Request::top(asked)).await?;
        let fetched = hits.len();
        let mut unknown = Vec::new();
        let candidates = with_profiles(stages, hits, &mut unknown).await?;
        let mut passing = passing(candidates, filter);
        let exhausted = fetched < asked;
        if passing.len() >= stages.candidates || exhausted || asked >= MOST_FETCHED {
            let passed = passing.len();
            let may_miss = !exhausted && passed < stages.candidates;
            notes.append(&mut unknown);
            notes.push(Note::FilteredHere {
                fetched,
                passed,
                may_miss,
            });
            passing.truncate(stages.candidates);
            return Ok(passing);
        }
        asked = asked.saturating_mul(GROWTH);
    }
}

fn passing(candidates: Vec<Candidate>, filter: &Filter) -> Vec<Candidate> {
    let passes = |candidate: &Candidate| filter.matches(candidate.profile().facts());
    candidates.into_iter().filter(passes).collect()
}

/// The profile, if it was indexed with as much of it read as the ranker reads.
fn read_so(stages: &Stages, profile: Arc<Profile>) -> Result<Arc<Profile>, Error> {
    let (found, wanted) = (profile.reading(), stages.reading);
    match found == wanted {
        true => Ok(profile),
        false => Err(Error::Reading {
            id: profile.id().clone(),
            found,
            wanted,
        }),
    }
}

/// Joins hits with their profiles, from the hit itself or from the store.
async fn with_profiles(
    stages: &Stages,
    hits: Vec<Hit>,
    notes: &mut Vec<Note>,
) -> Result<Vec<Candidate>, Error> {
    let missing: Vec<CandidateId> = hits
        .iter()
        .filter(|hit| hit.profile().is_none())
        .map(|hit| hit.id().clone())
        .collect();
    let mut found: Vec<Option<Arc<Profile>>> = vec![None; missing.len()];
    if let (Some(store), false) = (&stages.profile_store, missing.is_empty()) {
        found = store.profiles(&missing).await.map_err(Error::Profiles)?;
    }
    let mut found = found.into_iter();
    let mut unknown = Vec::new();
    let mut candidates = Vec::with_capacity(hits.len());
    for hit in hits {
        match hit.profile().cloned().or_else(|| found.next().flatten()) {
            Some(profile) => candidates.push(Candidate::new(hit, read_so(stages, profile)?)),
            None => unknown.push(hit.id().clone()),
        }
    }
    if !unknown.is_empty() {
        notes.push(Note::UnknownProfiles { ids: unknown });
    }
    Ok(candidates)
}
