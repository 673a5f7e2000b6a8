//! Filters that the retriever promises to apply.

use super::case::Case;
use super::{Violation, check, pool};
use crate::{CandidateId, Filter, Hit, Pushdown, Request};

const EXACT: &str = "an exact filter returns those that pass, and no fewer than it could";
const LACKING: &str = "a candidate that lacks a fact passes the negation of a condition on it";

pub(super) async fn applies_filters(case: &Case<'_>) -> Result<(), Violation> {
    let all = case
        .retrieve(EXACT, &Request::top(case.entries.len()))
        .await?;
    for filter in pool::filters() {
        if case.retriever.pushdown(&filter) != Pushdown::Exact {
            continue;
        }
        let passes = |id: &CandidateId| {
            case.entry(id)
                .is_some_and(|entry| filter.matches(entry.profile.facts()))
        };
        for k in [1, 3, case.entries.len()] {
            let request = Request::top(k).with_filter(filter.clone());
            let hits = case.retrieve(EXACT, &request).await?;
            let expected = all.iter().map(Hit::id).filter(|id| passes(id)).take(k);
            let expected: Vec<&CandidateId> = expected.collect();
            let found: Vec<&CandidateId> = hits.iter().map(Hit::id).collect();
            let missing = || expected.iter().filter(|id| !found.contains(id));
            let lacking = missing().count() > 0 && missing().all(|id| lacks(case, id, &filter));
            check(LACKING, !lacking, || {
                let missing: Vec<_> = missing().collect();
                format!("with {filter:?}, these are missing: {missing:?}")
            })?;
            check(EXACT, found == expected, || {
                format!("with {filter:?} and k = {k}: {found:?} instead of {expected:?}")
            })?;
        }
    }
    Ok(())
}

/// Whether a filter negates a condition on a fact that the candidate lacks.
fn lacks(case: &Case<'_>, id: &CandidateId, filter: &Filter) -> bool {
    let Filter::Not(condition) = filter else {
        return false;
    };
    let (Filter::Range { fact, .. }
    | Filter::Flag { fact, .. }
    | Filter::AnyOf { fact, .. }
    | Filter::AllOf { fact, .. }) = &**condition
    else {
        return false;
    };
    case.entry(id)
        .is_some_and(|entry| entry.profile.facts().get(fact).is_none())
}
