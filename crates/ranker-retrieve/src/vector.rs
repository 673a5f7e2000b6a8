//! What the vector indexes share.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Filter, Profile, Pushdown, Query, RetrieveError};

/// Profiles by id; of two with one id, the later.
pub(crate) fn by_id(
    profiles: impl IntoIterator<Item = Arc<Profile>>,
) -> HashMap<CandidateId, Arc<Profile>> {
    let keyed = profiles.into_iter().map(|p| (p.id().clone(), p));
    keyed.collect()
}

/// The query's embedding, which vector search cannot do without.
pub(crate) fn embedding<'q>(
    query: &'q Query,
    name: &Arc<str>,
) -> Result<&'q Embedding, RetrieveError> {
    query.embedding().ok_or_else(|| RetrieveError::NoEmbedding {
        retriever: name.to_string(),
    })
}

/// Refuses a query of another dimension; an empty index takes any.
pub(crate) fn check_query(expected: Option<usize>, query: &Embedding) -> Result<(), RetrieveError> {
    let actual = query.dimension();
    match expected {
        Some(expected) if expected != actual => Err(RetrieveError::Dimension { expected, actual }),
        Some(_) | None => Ok(()),
    }
}

/// What a vector index does with a filter: all or nothing.
pub(crate) fn pushdown(holds_profiles: bool, filter: &Filter) -> Pushdown {
    if holds_profiles || filter.is_all() {
        Pushdown::Exact
    } else {
        Pushdown::Unsupported
    }
}

/// Refuses a filter where there is nothing to apply it to.
pub(crate) fn check_filter(
    holds_profiles: bool,
    filter: &Filter,
    name: &Arc<str>,
) -> Result<(), RetrieveError> {
    match pushdown(holds_profiles, filter) {
        Pushdown::Exact => Ok(()),
        Pushdown::Unsupported => Err(RetrieveError::UnsupportedFilter {
            retriever: name.to_string(),
        }),
    }
}
