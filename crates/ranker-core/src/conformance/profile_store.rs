//! The contract of [`ProfileStore`].

use std::sync::Arc;

use super::watch::{LIMIT, in_time};
use super::{Violation, check, pool};
use crate::{BoxError, CandidateId, Profile, ProfileStore, StoreError};

const ANSWERED: &str = "one answer an id, in the same order, none for an unknown id";

/// Checks that a store built from the given profiles keeps the contract of [`ProfileStore`]. Runs under
/// any executor.
///
/// # Errors
///
/// The first [`Violation`] found.
pub async fn profile_store<B, F>(build: B) -> Result<(), Violation>
where
    B: Fn(Vec<Profile>) -> F + Send + Sync,
    F: Future<Output = Result<Arc<dyn ProfileStore>, BoxError>> + Send,
{
    let built = |e| Violation::failed("a store can be built", e);
    let profiles: Vec<Profile> = pool().into_iter().map(|entry| entry.profile).collect();
    let store = build(profiles.clone()).await.map_err(built)?;
    let [a, b, c] = [3, 0, 39].map(|at| Some(&profiles[at]));
    for (asked, expected) in [
        ("an unknown id between known ones", vec![a, None, b, c]),
        ("an id twice", vec![b, a, b]),
        ("unknown ids alone", vec![None, None]),
        ("no ids", vec![]),
        ("all ids", profiles.iter().map(Some).rev().collect()),
    ] {
        answers(&*store, asked, &expected).await?;
    }
    let empty = build(Vec::new()).await.map_err(built)?;
    answers(&*empty, "an unknown id of an empty store", &[None]).await
}

/// Reads some profiles, and as many unknown ones as are `None`.
async fn answers(
    store: &dyn ProfileStore,
    asked: &str,
    expected: &[Option<&Profile>],
) -> Result<(), Violation> {
    let unknown = CandidateId::new("nobody").map_err(|e| Violation::failed(ANSWERED, e))?;
    let ids = expected.iter();
    let ids = ids.map(|profile| profile.map_or(&unknown, |profile| profile.id()).clone());
    let ids: Vec<CandidateId> = ids.collect();
    let found = match in_time("profiles", LIMIT, store.profiles(&ids)).await? {
        Err(error @ StoreError::Unavailable { .. }) => return Err(Violation::unavailable(error)),
        found => found.map_err(|e| Violation::failed(ANSWERED, e))?,
    };
    check(ANSWERED, found.len() == expected.len(), || {
        format!("{asked}: {} answers for {} ids", found.len(), ids.len())
    })?;
    for ((id, found), expected) in ids.iter().zip(&found).zip(expected) {
        let another = found.as_ref().filter(|found| found.id() != id);
        check(ANSWERED, another.is_none(), || {
            let other = another.map(|profile| profile.id());
            format!("{asked}: {id} gave the profile of {other:?}")
        })?;
        check(ANSWERED, found.as_deref() == *expected, || {
            format!("{asked}: {id} gave {found:?} instead of {expected:?}")
        })?;
    }
    Ok(())
}
