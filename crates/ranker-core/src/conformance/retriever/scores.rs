//! The scores of given candidates.

use super::case::Case;
use super::{Violation, check, pool};
use crate::{CandidateId, Hit, Request, Score};

pub(super) async fn scores_as_it_retrieves(case: &Case<'_>, known: bool) -> Result<(), Violation> {
    let contract = "score gives one answer an id, and a hit's own score where it knows one";
    let mut hits = case.retrieve(contract, &Request::top(5)).await?;
    // In another order than that of the scores, so that an answer in the wrong order is noticed.
    hits.reverse();
    let mut ids: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
    ids.push(CandidateId::new("nobody").map_err(|e| Violation::failed(contract, e))?);
    let scores = case.score(contract, &pool::query(0), &ids).await?;
    check(
        "an unknown id has no score",
        scores.last() == Some(&None),
        || format!("{scores:?}"),
    )?;
    for (hit, score) in hits.iter().zip(&scores) {
        let close = |score: &Score| (score.get() - hit.score().get()).abs() <= 1e-5;
        check(contract, score.as_ref().is_none_or(close), || {
            let (id, own) = (hit.id(), hit.score());
            format!("{id} was retrieved with {own} and scored {score:?}")
        })?;
        check(
            "score knows the candidates that were retrieved",
            score.is_some() || !known,
            || unknown(hit),
        )?;
    }
    Ok(())
}

fn unknown(hit: &Hit) -> String {
    format!(
        "{} was retrieved with {}, but score gives None: implement Retriever::score, or a fusion with \
         another retriever is blind to this one (RetrieverSuite::without_scores accepts that)",
        hit.id(),
        hit.score()
    )
}
