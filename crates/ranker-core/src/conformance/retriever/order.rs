//! What is found, and in which order.

use super::case::{Case, shown};
use super::{Violation, check, pool};
use crate::Request;

/// Asks for many numbers of hits; [`Case`] checks each answer.
pub(super) async fn orders_hits(case: &Case<'_>) -> Result<(), Violation> {
    let contract = "k hits where there are as many";
    for k in [0, 1, 2, 7, case.entries.len(), case.entries.len() + 10] {
        case.retrieve(contract, &Request::top(k)).await?;
    }
    let ties = pool::twin_query();
    for k in [2, 3, case.entries.len()] {
        let found = case.answer(&ties, &Request::top(k)).await?;
        found.map_err(|e| Violation::failed(contract, e))?;
    }
    Ok(())
}

pub(super) async fn finds_what_is_there(case: &Case<'_>) -> Result<(), Violation> {
    let contract = "a query that says exactly what one profile says finds it first";
    for i in [0, 5, 10, 39] {
        let query = pool::query(i);
        let found = case.answer(&query, &Request::top(3)).await?;
        let hits = found.map_err(|e| Violation::failed(contract, e))?;
        let wanted = case.entries[i].profile.id();
        let first = hits.first().is_some_and(|hit| hit.id() == wanted);
        check(contract, first, || {
            format!("asked for {wanted}, found {}", shown(&hits))
        })?;
        let again = case.answer(&query, &Request::top(3)).await?;
        let again = again.map_err(|e| Violation::failed(contract, e))?;
        check("the same query gives the same hits", hits == again, || {
            format!("{}, then {}", shown(&hits), shown(&again))
        })?;
    }
    Ok(())
}

/// An empty pool gives no hits, a pool of one gives that one.
pub(super) async fn finds_all(case: &Case<'_>) -> Result<(), Violation> {
    let contract = match case.entries {
        [] => "an empty pool gives no hits",
        _ => "a pool of one gives that one",
    };
    let hits = case.retrieve(contract, &Request::top(5)).await?;
    check(contract, hits.len() == case.entries.len(), || shown(&hits))
}
