//! What a search finds, against what exact scores say.

use std::collections::BTreeSet;

use ranker_core::conformance::{Violation, check};
use ranker_core::{CandidateId, Filter, Hit, Pushdown, Query, Request, RetrieveError, Score, legs};

use super::case::Case;
use super::people;

const K: usize = 10;
const QUERIES: usize = 10;

/// The ten best are those of exact scores; a hit's scores are those of its own vector.
pub(super) async fn recalls(case: &Case, floor: f64) -> Result<(), Violation> {
    let contract = "a search finds those whom exact scores put first";
    let mut found = 0;
    for i in 0..QUERIES {
        let query = people::query(case.people.len() + 31 * i);
        let hits = case.hits(&query, &Request::top(K)).await?;
        check(contract, hits.len() == K, || {
            format!("{} hits of {K}", hits.len())
        })?;
        let exact = exact(case, &query, &Filter::All).await?;
        found += shared(&hits, &exact);
        own_scores(case, &query, &hits)?;
    }
    check_recall(contract, found, QUERIES * K, floor)
}

/// Filters that few pass lose nobody.
pub(super) async fn selective(case: &Case, floor: f64) -> Result<(), Violation> {
    let contract = "a search with a filter finds those who pass, and no fewer than k";
    for share in [500.0, 100.0, 10.0, 1.0] {
        let filter = Filter::at_most("rank", share - 1.0);
        if unsupported(case, &filter).await? {
            continue;
        }
        let passing = passing(case, &filter).len();
        let (mut found, mut expected) = (0, 0);
        for i in 0..QUERIES {
            let query = people::query(case.people.len() + 17 * i);
            let hits = case
                .hits(&query, &Request::top(K).with_filter(filter.clone()))
                .await?;
            let at = || format!("{} ‰ pass", share);
            all_pass(case, &filter, &hits)?;
            check(contract, hits.len() == passing.min(K), || {
                format!("{} hits where {}, {} profiles", hits.len(), at(), passing)
            })?;
            let exact = exact(case, &query, &filter).await?;
            found += shared(&hits, &exact);
            expected += exact.len();
        }
        check_recall(contract, found, expected, floor)?;
    }
    Ok(())
}

/// Every nesting of every kind of filter gives exactly those who pass.
pub(super) async fn nested(case: &Case) -> Result<(), Violation> {
    let contract = "a filter gives all who pass, and nobody else";
    let query = people::query(3);
    for filter in people::nestings() {
        if unsupported(case, &filter).await? {
            continue;
        }
        let request = Request::top(case.people.len() + 10).with_filter(filter.clone());
        let hits = case.hits(&query, &request).await?;
        all_pass(case, &filter, &hits)?;
        let found: BTreeSet<&CandidateId> = hits.iter().map(Hit::id).collect();
        let expected = passing(case, &filter);
        let lost: Vec<_> = expected
            .iter()
            .filter(|id| !found.contains(*id))
            .take(5)
            .collect();
        check(contract, lost.is_empty(), || {
            let (some, all) = (found.len(), expected.len());
            format!("{some} of {all} for {filter:?}, without {lost:?}")
        })?;
    }
    Ok(())
}

/// Whether a store cannot apply a filter. It must then say so instead of answering.
async fn unsupported(case: &Case, filter: &Filter) -> Result<bool, Violation> {
    if filter.is_all() || case.store.pushdown(filter) == Pushdown::Exact {
        return Ok(false);
    }
    let contract = "a filter that cannot be applied is refused, never passed over";
    let request = Request::top(K).with_filter(filter.clone());
    let answer = case.answer(&people::query(1), &request).await?;
    let refused = matches!(answer, Err(RetrieveError::UnsupportedFilter { .. }));
    check(contract, refused, || {
        format!("{filter:?} was answered with {answer:?}")
    })?;
    Ok(true)
}

fn all_pass(case: &Case, filter: &Filter, hits: &[Hit]) -> Result<(), Violation> {
    let passes = |hit: &&Hit| {
        let entry = case.people.get(hit.id());
        entry.is_some_and(|(profile, _)| filter.matches(profile.facts()))
    };
    let odd = hits.iter().find(|hit| !passes(hit));
    check("every hit passes the filter", odd.is_none(), || {
        format!("{:?} does not pass {filter:?}", odd.map(Hit::id))
    })
}

fn passing(case: &Case, filter: &Filter) -> BTreeSet<CandidateId> {
    let pass = case
        .people
        .iter()
        .filter(|(_, (profile, _))| filter.matches(profile.facts()));
    pass.map(|(id, _)| id.clone()).collect()
}

/// The ten best by the scores of all who pass.
async fn exact(case: &Case, query: &Query, filter: &Filter) -> Result<Vec<CandidateId>, Violation> {
    let ids: Vec<CandidateId> = passing(case, filter).into_iter().collect();
    let scores = case.scores(query, &ids).await?;
    let contract = "score knows everyone who is stored";
    let all = scores.len() == ids.len() && scores.iter().all(Option::is_some);
    check(contract, all, || {
        format!(
            "{} scores for {} ids",
            scores.iter().flatten().count(),
            ids.len()
        )
    })?;
    let scored = ids.into_iter().zip(scores.into_iter().flatten());
    let mut scored: Vec<(CandidateId, Score)> = scored.collect();
    scored.sort_by(|a, b| Score::best_first((a.1, &a.0), (b.1, &b.0)));
    Ok(scored.into_iter().take(K).map(|(id, _)| id).collect())
}

fn shared(hits: &[Hit], exact: &[CandidateId]) -> usize {
    exact
        .iter()
        .filter(|id| hits.iter().any(|hit| hit.id() == *id))
        .count()
}

fn check_recall(
    contract: &'static str,
    found: usize,
    expected: usize,
    floor: f64,
) -> Result<(), Violation> {
    let recall = found as f64 / expected.max(1) as f64;
    check(contract, recall >= floor || expected == 0, || {
        format!("recall is {recall:.3}, less than {floor}")
    })
}

/// A hit's dense score is the cosine similarity of its own vector.
fn own_scores(case: &Case, query: &Query, hits: &[Hit]) -> Result<(), Violation> {
    for hit in hits {
        let own = case.people.get(hit.id()).zip(query.embedding());
        let own = own.and_then(|((_, own), asked)| own.cosine(asked).ok());
        let said = hit.leg(legs::DENSE).map(|leg| leg.score.get());
        let alike = own
            .zip(said)
            .is_some_and(|(own, said)| (f64::from(own) - said).abs() < 1e-3);
        check("a hit's dense leg is its cosine similarity", alike, || {
            format!("{} has {said:?} instead of {own:?}", hit.id())
        })?;
    }
    Ok(())
}
