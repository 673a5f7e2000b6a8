//! What a store must not take.

use std::sync::Arc;

use ranker_core::conformance::{Violation, check};
use ranker_core::{BoxError, Embedding, Profile, Query, Request, RetrieveError};

use super::case::{Case, failed};
use super::people;
use crate::{Store, WriteError};

pub(super) async fn dimension(case: &Case) -> Result<(), Violation> {
    let contract = "embeddings of another dimension are refused whole";
    let value = |error: ranker_core::ValueError| failed(contract, &error);
    let short = Embedding::normalized(vec![1.0; people::DIMENSION / 2]).map_err(value)?;
    let fine = Embedding::normalized(vec![1.0; people::DIMENSION]).map_err(value)?;
    let entries = [
        (Profile::new("fine", "Glazier").map_err(value)?, fine),
        (
            Profile::new("short", "Cooper").map_err(value)?,
            short.clone(),
        ),
    ];
    let written = case.timed(case.store.upsert(&entries)).await?;
    let refused = matches!(written, Err(WriteError::Dimension { .. }));
    check(contract, refused, || format!("the answer was {written:?}"))?;
    let ids = entries.map(|(profile, _)| profile.id().clone());
    let stored = case.entries(&ids).await?;
    check(contract, stored == [None, None], || {
        format!("{stored:?} is stored")
    })?;
    let query = Query::new(people::query(1).job().clone()).with_embedding(short);
    let answer = case.answer(&query, &Request::top(3)).await?;
    let refused = matches!(answer, Err(RetrieveError::Dimension { .. }));
    check(contract, refused, || {
        format!("a query was answered with {answer:?}")
    })
}

/// A store that is opened for another encoder is an error, not a store.
pub(super) fn encoder(opened: Result<Arc<dyn Store>, BoxError>) -> Result<(), Violation> {
    check(
        "a store of one encoder is not opened for another",
        opened.is_err(),
        || "it was opened".to_owned(),
    )
}
