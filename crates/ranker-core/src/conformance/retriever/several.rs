//! Profiles with several vectors each.

use super::case::{Case, shown};
use super::{Entry, Violation, check, pool};
use crate::{Embedding, Hit, JobDescription, Query, Request, Score, legs};

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

/// Asks for every vector: everyone is found, once ([`Case`] looks for it), with the best of their vectors.
pub(super) async fn scores_by_the_best(
    case: &Case<'_>,
    several: &[(Entry, Vec<Embedding>)],
) -> Result<(), Violation> {
    let contract = "a profile scores as the best of its vectors does";
    let job = JobDescription::new("Somebody for the work");
    let job = job.map_err(|e| Violation::failed(contract, e))?;
    let vectors = several.iter();
    let vectors =
        vectors.flat_map(|(entry, further)| [&entry.embedding].into_iter().chain(further));
    for vector in vectors.step_by(3) {
        let query = Query::new(job.clone()).with_embedding(vector.clone());
        for k in [1, 5, several.len()] {
            let found = case.answer(&query, &Request::top(k)).await?;
            let hits = found.map_err(|e| Violation::failed(contract, e))?;
            let expected = |hit: &Hit| {
                let own = several.iter().find(|(one, _)| one.profile.id() == hit.id());
                own.map_or(0.0, |own| best(vector, own))
            };
            let scores: Vec<(&Hit, Score)> = hits
                .iter()
                .filter_map(|hit| Some((hit, by_vector(hit)?)))
                .collect();
            for (hit, score) in &scores {
                check(
                    contract,
                    (score.get() - expected(hit)).abs() <= TOLERANCE,
                    || {
                        let (id, expected) = (hit.id(), expected(hit));
                        format!("{id} has {score} instead of {expected}")
                    },
                )?;
            }
            // A fusion orders by other scores too.
            if !hits.iter().all(|hit| {
                hit.leg(legs::DENSE)
                    .is_none_or(|leg| leg.score == hit.score())
            }) {
                continue;
            }
            let Some((_, least)) = scores.last().filter(|_| scores.len() == hits.len()) else {
                continue;
            };
            check("k hits where there are as many", hits.len() == k, || {
                shown(&hits)
            })?;
            let left_out = several.iter().find(|own| {
                let known = hits.iter().any(|hit| hit.id() == own.0.profile.id());
                !known && best(vector, own) > least.get() + TOLERANCE
            });
            check(contract, left_out.is_none(), || {
                let id = left_out.map(|own| own.0.profile.id());
                format!("{id:?} is left out of {}", shown(&hits))
            })?;
        }
    }
    Ok(())
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
