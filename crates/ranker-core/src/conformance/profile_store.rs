//! The contract of [`ProfileStore`].

use std::sync::Arc;

use super::{Violation, check, pool};
use crate::{BoxError, CandidateId, Profile, ProfileStore};

/// Checks that a store built from the given profiles keeps the contract of [`ProfileStore`].
///
/// # Errors
///
/// The first [`Violation`] found.
pub async fn profile_store<B, F>(build: B) -> Result<(), Violation>
where
    B: Fn(Vec<Profile>) -> F + Send + Sync,
    F: Future<Output = Result<Arc<dyn ProfileStore>, BoxError>> + Send,
{
    let built = "a store can be built";
    let profiles: Vec<Profile> = pool().into_iter().map(|entry| entry.profile).collect();
    let store = build(profiles.clone())
        .await
        .map_err(|e| Violation::failed(built, e))?;
    let unknown = CandidateId::new("nobody").map_err(|e| Violation::failed(built, e))?;
    let asked = [
        profiles[3].id(),
        &unknown,
        profiles[0].id(),
        profiles[3].id(),
    ]
    .map(Clone::clone);
    let expected = [
        Some(&profiles[3]),
        None,
        Some(&profiles[0]),
        Some(&profiles[3]),
    ];

    let answered = "one answer an id, in the same order, none for an unknown id";
    let found = store
        .profiles(&asked)
        .await
        .map_err(|e| Violation::failed(answered, e))?;
    let same = found.iter().map(Option::as_deref).eq(expected);
    check(answered, same, || format!("{found:?}"))?;

    let nothing = "asking for nobody gives nothing";
    let found = store
        .profiles(&[])
        .await
        .map_err(|e| Violation::failed(nothing, e))?;
    check(nothing, found.is_empty(), || {
        format!("{} answers", found.len())
    })
}
