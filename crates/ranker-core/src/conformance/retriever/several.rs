//! Profiles with several vectors each.

use super::case::{Case, shown};
use super::{Entry, Violation, check, pool};
use crate::{CandidateId, Embedding, Hit, JobDescription, Query, Request, Score, legs};

const BEST: &str = "a profile scores as the best of its vectors does";
const ENOUGH: &str = "k hits where there are as many";
/// As the check of one vector each has it.
const SCORED: &str = "score gives one answer an id, and a hit's own score where it knows one";

/// How far a score may be from the best cosine.
const TOLERANCE: f64 = 1e-4;

/// The pool, in which three of four have one to three further vectors, of other trades than their own.
pub(super) fn entries() -> Vec<(Entry, Vec<Embedding>)> {
    let entries = pool::with_twins().into_iter().enumerate();
    let further = |i: usize| (1..=i % 4).map(move |n| pool::vector(i + 41 * n));
    entries
        .map(|(i, entry)| (entry, further(i).collect()))
        .collect()
}

/// Asks for every third vector: whoever is found comes once ([`Case`] looks for it), with the best of their vectors.
pub(super) async fn scores_by_the_best(
    case: &Case<'_>,
    several: &[(Entry, Vec<Embedding>)],
) -> Result<(), Violation> {
    let job = JobDescription::new("Somebody for the work");
    let job = job.map_err(|e| Violation::failed(BEST, e))?;
    let vectors = several.iter().flat_map(|(entry, further)| {
        let first = std::iter::once(&entry.embedding);
        first.chain(further)
    });
    for vector in vectors.step_by(3) {
        let query = Query::new(job.clone()).with_embedding(vector.clone());
        for k in [1, 5, several.len()] {
            let found = case.answer(&query, &Request::top(k)).await?;
            let hits = found.map_err(|e| Violation::failed(BEST, e))?;
            check_scores(&hits, several, vector)?;
            check_given(case, &query, &hits).await?;
            if ordered_by_vector(&hits) {
                check(ENOUGH, hits.len() == k, || shown(&hits))?;
                check_left_out(&hits, several, vector)?;
            }
        }
    }
    Ok(())
}

fn check_scores(
    hits: &[Hit],
    several: &[(Entry, Vec<Embedding>)],
    vector: &Embedding,
) -> Result<(), Violation> {
    for hit in hits {
        let own = several.iter().find(|own| own.0.profile.id() == hit.id());
        let (Some(own), Some(score)) = (own, by_vector(hit)) else {
            continue;
        };
        let expected = best(vector, own);
        let close = (score.get() - expected).abs() <= TOLERANCE;
        check(BEST, close, || {
            format!("{} has {score} instead of {expected}", hit.id())
        })?;
    }
    Ok(())
}

/// The same candidates, given by their ids.
async fn check_given(case: &Case<'_>, query: &Query, hits: &[Hit]) -> Result<(), Violation> {
    let ids: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
    let given = case.score(SCORED, query, &ids).await?;
    for (hit, score) in hits.iter().zip(given) {
        let gap = score.map(|score| score.get() - hit.score().get());
        check(SCORED, gap.is_none_or(|gap| gap.abs() <= TOLERANCE), || {
            let (id, own) = (hit.id(), hit.score());
            format!("{id} was retrieved with {own} and scored {score:?}")
        })?;
    }
    Ok(())
}

/// Nobody is missing who has a better vector than the last that was found.
fn check_left_out(
    hits: &[Hit],
    several: &[(Entry, Vec<Embedding>)],
    vector: &Embedding,
) -> Result<(), Violation> {
    let least = hits.last().map_or(0.0, |hit| hit.score().get());
    let left_out = several.iter().find(|own| {
        let known = hits.iter().any(|hit| hit.id() == own.0.profile.id());
        !known && best(vector, own) > least + TOLERANCE
    });
    check(BEST, left_out.is_none(), || {
        let id = left_out.map(|own| own.0.profile.id());
        format!("{id:?} is left out of {}", shown(hits))
    })
}

/// Whether hits are in the order of vector search alone: a fusion orders by other scores too.
fn ordered_by_vector(hits: &[Hit]) -> bool {
    hits.iter().all(|hit| by_vector(hit) == Some(hit.score()))
}

/// What vector search said of a hit: its leg, or where there are no legs its score.
fn by_vector(hit: &Hit) -> Option<Score> {
    match hit.legs() {
        [] => Some(hit.score()),
        _ => hit.leg(legs::DENSE).map(|leg| leg.score),
    }
}

fn best(query: &Embedding, (entry, further): &(Entry, Vec<Embedding>)) -> f64 {
    let vectors = [&entry.embedding].into_iter().chain(further);
    let cosines = vectors.filter_map(|vector| query.cosine(vector).ok());
    cosines.map(f64::from).fold(f64::NEG_INFINITY, f64::max)
}
