//! The contract of [`Retriever`].

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pool::{self, Entry};
use super::{Violation, check};
use crate::{
    BoxError, CandidateId, Embedding, Filter, Hit, JobDescription, Pushdown, Query, Request,
    RetrieveError, Retriever, Score,
};

/// Checks that a retriever built from the given profiles and vectors keeps the contract of
/// [`Retriever`].
///
/// `build` is called with [`super::pool`], with an empty pool and with a single profile; a
/// retriever that uses only the text or only the vectors ignores the other.
///
/// # Errors
///
/// The first [`Violation`] found.
pub async fn retriever<B, F>(build: B) -> Result<(), Violation>
where
    B: Fn(Vec<Entry>) -> F + Send + Sync,
    F: Future<Output = Result<Arc<dyn Retriever>, BoxError>> + Send,
{
    let entries = pool::pool();
    let built = |e| Violation::failed("a retriever can be built", e);
    let retriever = build(entries.clone()).await.map_err(built)?;
    orders_hits(&*retriever, &entries).await?;
    finds_what_is_there(&*retriever, &entries).await?;
    scores_as_it_retrieves(&*retriever).await?;
    applies_filters(&*retriever, &entries).await?;
    survives_odd_queries(&*retriever).await?;

    let empty = build(Vec::new()).await.map_err(built)?;
    let hits = retrieve("an empty pool gives no hits", &*empty, &Request::top(5)).await?;
    check("an empty pool gives no hits", hits.is_empty(), || {
        ids(&hits)
    })?;
    let single = build(entries[..1].to_vec()).await.map_err(built)?;
    let hits = retrieve("a pool of one gives that one", &*single, &Request::top(5)).await?;
    let right = hits.len() == 1 && hits[0].id() == entries[0].profile.id();
    check("a pool of one gives that one", right, || ids(&hits))
}

/// Retrieves for the pool's first profile.
async fn retrieve(
    contract: &'static str,
    retriever: &dyn Retriever,
    request: &Request,
) -> Result<Vec<Hit>, Violation> {
    let found = retriever.retrieve(&pool::query(0), request).await;
    found.map_err(|e| Violation::failed(contract, e))
}

async fn orders_hits(retriever: &dyn Retriever, entries: &[Entry]) -> Result<(), Violation> {
    let contract = "at most k hits, best first, ties by id, no id twice";
    let known: BTreeSet<&CandidateId> = entries.iter().map(|entry| entry.profile.id()).collect();
    for k in [0, 1, 2, 7, entries.len(), entries.len() + 10] {
        let hits = retrieve(contract, retriever, &Request::top(k)).await?;
        check(contract, hits.len() <= k, || {
            format!("{} hits for k = {k}", hits.len())
        })?;
        let key = |hit: &Hit| (hit.score(), hit.id().clone());
        let sorted = hits.is_sorted_by(|a, b| {
            let (a, b) = (key(a), key(b));
            Score::best_first((a.0, &a.1), (b.0, &b.1)).is_lt()
        });
        check(contract, sorted, || ids(&hits))?;
        let distinct: BTreeSet<&CandidateId> = hits.iter().map(Hit::id).collect();
        check(contract, distinct.len() == hits.len(), || ids(&hits))?;
        check(
            "every hit is of the pool",
            distinct.is_subset(&known),
            || ids(&hits),
        )?;
        let held = hits
            .iter()
            .all(|hit| !retriever.holds_profiles() || hit.profile().is_some());
        check(
            "holds_profiles means that every hit has its profile",
            held,
            || ids(&hits),
        )?;
    }
    Ok(())
}

async fn finds_what_is_there(
    retriever: &dyn Retriever,
    entries: &[Entry],
) -> Result<(), Violation> {
    let contract = "a query that says exactly what one profile says finds it first";
    for i in [0, 5, 10, 39] {
        let query = pool::query(i);
        let found = retriever.retrieve(&query, &Request::top(3)).await;
        let hits = found.map_err(|e| Violation::failed(contract, e))?;
        let first = hits
            .first()
            .is_some_and(|hit| hit.id() == entries[i].profile.id());
        check(contract, first, || {
            format!("asked for c{i:02}, found {}", ids(&hits))
        })?;
        let again = retriever.retrieve(&query, &Request::top(3)).await;
        let again = again.map_err(|e| Violation::failed(contract, e))?;
        check("the same query gives the same hits", hits == again, || {
            ids(&again)
        })?;
    }
    Ok(())
}

async fn scores_as_it_retrieves(retriever: &dyn Retriever) -> Result<(), Violation> {
    let contract = "score gives one answer an id, and a hit's own score where it knows one";
    let hits = retrieve(contract, retriever, &Request::top(5)).await?;
    let mut asked: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
    asked.push(CandidateId::new("nobody").map_err(|e| Violation::failed(contract, e))?);
    let scores = retriever.score(&pool::query(0), &asked).await;
    let scores = scores.map_err(|e| Violation::failed(contract, e))?;
    check(contract, scores.len() == asked.len(), || {
        format!("{} answers", scores.len())
    })?;
    check(
        "an unknown id has no score",
        scores.last() == Some(&None),
        || format!("{scores:?}"),
    )?;
    for (hit, score) in hits.iter().zip(&scores) {
        let close = |score: &Score| (score.get() - hit.score().get()).abs() <= 1e-5;
        check(contract, score.as_ref().is_none_or(close), || {
            format!(
                "{} was retrieved with {} and scored {score:?}",
                hit.id(),
                hit.score()
            )
        })?;
    }
    Ok(())
}

async fn applies_filters(retriever: &dyn Retriever, entries: &[Entry]) -> Result<(), Violation> {
    let contract = "an exact filter returns those that pass, and no fewer than it could";
    let everyone = Request::top(entries.len());
    let all = retrieve(contract, retriever, &everyone).await?;
    for filter in pool::filters() {
        if retriever.pushdown(&filter) != Pushdown::Exact {
            continue;
        }
        let passes = |id: &CandidateId| {
            let entry = entries.iter().find(|entry| entry.profile.id() == id);
            entry.is_some_and(|entry| filter.matches(entry.profile.facts()))
        };
        for k in [1, 3, entries.len()] {
            let request = Request::top(k).with_filter(filter.clone());
            let hits = retrieve(contract, retriever, &request).await?;
            let expected: Vec<_> = all
                .iter()
                .map(Hit::id)
                .filter(|id| passes(id))
                .take(k)
                .collect();
            let found: Vec<_> = hits.iter().map(Hit::id).collect();
            check(contract, found == expected, || {
                format!("with {filter:?} and k = {k}: {found:?} instead of {expected:?}")
            })?;
        }
    }
    check(
        "everyone passes Filter::All",
        Filter::All.is_all(),
        String::new,
    )
}

async fn survives_odd_queries(retriever: &dyn Retriever) -> Result<(), Violation> {
    let contract = "a query that cannot be answered is an error, never a panic or a made-up hit";
    let refused = |found: Result<Vec<Hit>, RetrieveError>| match found {
        Ok(_) => Ok(()),
        Err(RetrieveError::NoEmbedding { .. } | RetrieveError::Dimension { .. }) => Ok(()),
        Err(other) => Err(Violation::failed(contract, other)),
    };
    let job = |text: &str| JobDescription::new(text).map_err(|e| Violation::failed(contract, e));
    let embedding =
        Embedding::normalized(vec![1.0; 3]).map_err(|e| Violation::failed(contract, e))?;
    let known = "rust engineer";
    let queries = [
        Query::new(job(known)?),
        Query::new(job(known)?).with_embedding(embedding.clone()),
        Query::new(job("\u{0}\u{202e}((\"AND OR NOT:*~^ +-&&||!{}[]\\/")?),
        Query::new(job("ÅÄÖ 求人 🦀")?),
        Query::new(job(&"word ".repeat(20_000))?),
    ];
    for query in queries {
        refused(retriever.retrieve(&query, &Request::top(3)).await)?;
    }
    Ok(())
}

fn ids(hits: &[Hit]) -> String {
    let shown: Vec<String> = hits
        .iter()
        .take(10)
        .map(|hit| format!("{} ({})", hit.id(), hit.score()))
        .collect();
    format!("{} hits: {}", hits.len(), shown.join(", "))
}
