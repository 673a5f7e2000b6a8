//! Queries that a retriever may not be able to answer.

use super::case::{Case, shown};
use super::{Violation, check};
use crate::{Embedding, Hit, JobDescription, Query, Request, RetrieveError};

const CONTRACT: &str =
    "a query that cannot be answered is an error, never a panic or a made-up hit";

pub(super) async fn survives_odd_queries(case: &Case<'_>) -> Result<(), Violation> {
    let odd = [
        "\u{0}\u{202e}((\"AND OR NOT:*~^ +-&&||!{}[]\\/",
        "ÅÄÖ 求人 🦀",
        &"word ".repeat(20_000),
    ];
    for text in odd {
        refused(case, &Query::new(job(text)?)).await?;
    }
    needs_its_embedding(case).await
}

/// A retriever whose answer depends on the embedding cannot answer without one, or with one of another
/// dimension.
async fn needs_its_embedding(case: &Case<'_>) -> Result<(), Violation> {
    let engineer = Query::new(job("rust engineer")?);
    let nurse = Query::new(job("registered nurse")?);
    let narrow = Embedding::normalized(vec![1.0; 3]).map_err(|e| Violation::failed(CONTRACT, e))?;
    let narrow = refused(case, &engineer.clone().with_embedding(narrow)).await?;
    let blind = refused(case, &engineer).await?;
    let blind_too = refused(case, &nurse).await?;
    let mut seeing = Vec::new();
    for entry in &case.entries[..2] {
        let query = engineer.clone().with_embedding(entry.embedding.clone());
        seeing.push(refused(case, &query).await?);
    }
    if seeing[0] == seeing[1] {
        return Ok(()); // The embedding makes no difference: only the text is read.
    }
    let dimension = case.entries[0].embedding.dimension();
    check(CONTRACT, narrow.is_none(), || {
        format!(
            "an embedding of 3 dimensions among some of {dimension} gave {}: return \
             RetrieveError::Dimension",
            shown(narrow.as_deref().unwrap_or_default())
        )
    })?;
    let hits = blind.as_deref().unwrap_or_default();
    check(CONTRACT, hits.is_empty() || blind != blind_too, || {
        format!(
            "queries without an embedding gave the same hits for two texts, {}: return \
             RetrieveError::NoEmbedding",
            shown(hits)
        )
    })
}

/// The hits, or `None` where the query was refused as one without the right embedding.
async fn refused(case: &Case<'_>, query: &Query) -> Result<Option<Vec<Hit>>, Violation> {
    match case.answer(query, &Request::top(3)).await? {
        Ok(hits) => Ok(Some(hits)),
        Err(RetrieveError::NoEmbedding { .. } | RetrieveError::Dimension { .. }) => Ok(None),
        Err(other) => Err(Violation::failed(CONTRACT, other)),
    }
}

fn job(text: &str) -> Result<JobDescription, Violation> {
    JobDescription::new(text).map_err(|e| Violation::failed(CONTRACT, e))
}
