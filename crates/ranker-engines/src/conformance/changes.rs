//! What changes do, and when they are seen.

use futures_util::future::join;
use ranker_core::conformance::{Violation, check};
use ranker_core::{CandidateId, Embedding, Fact, Filter, Hit, Profile, Query, Request};

use super::case::{Case, failed};
use super::people;

pub(super) async fn empty(case: &Case) -> Result<(), Violation> {
    let contract = "an empty store has nobody";
    let ids = [id("nobody")?];
    let hits = case.hits(&people::query(1), &Request::top(5)).await?;
    check(contract, hits.is_empty(), || format!("{} hits", hits.len()))?;
    let filter = Filter::Not(Box::new(Filter::flag("permit", true)));
    if case.store.pushdown(&filter) == ranker_core::Pushdown::Exact {
        let request = Request::top(5).with_filter(filter);
        let hits = case.hits(&people::query(1), &request).await?;
        check(contract, hits.is_empty(), || {
            format!("{} hits with a filter", hits.len())
        })?;
    }
    let count = case.count().await?;
    check(contract, count == 0, || format!("it counts {count}"))?;
    let entries = case.entries(&ids).await?;
    check(contract, entries == [None], || {
        format!("{entries:?} for an unknown id")
    })?;
    case.delete(&ids).await?;
    case.write(&[]).await
}

/// Ids that stores, paths, query languages or file formats might take for something else.
fn odd_ids() -> Vec<String> {
    let odd = [
        "42",
        "18446744073709551616",
        "550e8400-e29b-41d4-a716-446655440000",
        "Zoë Müller",
        "李小龙",
        "🦀",
        "a/b?c=d&e#f%20g",
        "it's \"quoted\" \\ back",
        "'; DROP TABLE profiles; --",
        "_all",
        "..",
        "-1",
        "null",
        "{\"$ne\":1}",
        "UPPER",
        "upper",
    ];
    let long = [
        "x".repeat(512),
        "ü".repeat(256),
        format!("{}y", "x".repeat(511)),
    ];
    odd.map(str::to_owned).into_iter().chain(long).collect()
}

pub(super) async fn ids(case: &Case) -> Result<(), Violation> {
    let contract = "an id comes back as it was given";
    let mut given = Vec::new();
    for (at, odd) in odd_ids().into_iter().enumerate() {
        let profile = profile(&odd, &format!("Keeper of lighthouse number {at}"))?;
        given.push((profile, vector(at)?));
    }
    case.write(&given).await?;
    case.settle().await?;
    let ids: Vec<CandidateId> = given
        .iter()
        .map(|(profile, _)| profile.id().clone())
        .collect();
    let stored = case.entries(&ids).await?;
    for ((profile, embedding), stored) in given.iter().zip(&stored) {
        let same = stored.as_ref().is_some_and(|(own, vector)| {
            own == profile && vector.cosine(embedding).is_ok_and(|cosine| cosine > 0.999)
        });
        check(contract, same, || {
            format!("{} gave {stored:?}", profile.id())
        })?;
        let request = Request::top(1);
        let hits = case.hits(&query(profile, embedding), &request).await?;
        let first = hits.first().map(Hit::id);
        check(contract, first == Some(profile.id()), || {
            format!("{} was asked for, {first:?} was found", profile.id())
        })?;
    }
    case.delete(&ids).await?;
    case.settle().await?;
    let count = case.count().await?;
    let expected = case.people.len() as u64;
    check("what was deleted is gone", count == expected, || {
        format!("{count} are left instead of {expected}")
    })
}

pub(super) async fn visible(case: &Case) -> Result<(), Violation> {
    let contract = "a change is seen once the store has settled";
    let first = profile("changing", "Astronomer who maps dwarf galaxies")?
        .with_fact("permit", Fact::flag(true))
        .map_err(|error| failed(contract, &error))?;
    let second = profile("changing", "Beekeeper who breeds queens")?;
    let (up, down) = (vector(1)?, vector(900)?);
    let id = first.id().clone();
    let permitted = Filter::flag("permit", true);
    let before = case.count().await?;

    case.write(&[(second.clone(), down.clone()), (first.clone(), up.clone())])
        .await?;
    case.settle().await?;
    let hits = case.hits(&query(&first, &up), &Request::top(1)).await?;
    check(contract, leads(&hits, &first), || {
        format!("after the insertion: {hits:?}")
    })?;
    let count = case.count().await?;
    check("an id is stored once", count == before + 1, || {
        format!("{before}, then {count}")
    })?;

    case.write(&[(second.clone(), down.clone())]).await?;
    case.settle().await?;
    let hits = case.hits(&query(&second, &down), &Request::top(1)).await?;
    check(contract, leads(&hits, &second), || {
        format!("after the update: {hits:?}")
    })?;
    if case.store.pushdown(&permitted) == ranker_core::Pushdown::Exact {
        let request = Request::top(case.people.len() + 10).with_filter(permitted);
        let hits = case.hits(&query(&first, &up), &request).await?;
        let stale = hits.iter().any(|hit| *hit.id() == id);
        check(contract, !stale, || {
            "a fact that was replaced still lets it pass".to_owned()
        })?;
    }
    let count = case.count().await?;
    check("an id is stored once", count == before + 1, || {
        format!("{before}, then {count}")
    })?;

    case.delete(std::slice::from_ref(&id)).await?;
    case.settle().await?;
    let hits = case.hits(&query(&second, &down), &Request::top(5)).await?;
    let gone = hits.iter().all(|hit| *hit.id() != id);
    check(contract, gone, || {
        "it is found after its deletion".to_owned()
    })?;
    let scores = case.scores(&query(&second, &down), &[id]).await?;
    check(contract, scores == [None], || {
        format!("{scores:?} after its deletion")
    })?;
    let count = case.count().await?;
    check(contract, count == before, || {
        format!("{before}, then {count}")
    })
}

/// Two that write the same ids at once: each id is one of the two versions, whole.
pub(super) async fn writers(case: &Case) -> Result<(), Violation> {
    let contract = "of two writers, each profile is one's or the other's, whole";
    let version = |text: &str, from: usize| -> Result<Vec<_>, Violation> {
        let each = (0..40).map(|i| Ok((profile(&format!("both{i}"), text)?, vector(from)?)));
        each.collect()
    };
    let (one, two) = (
        version("Written by one", 3)?,
        version("Written by two", 700)?,
    );
    let (a, b) = join(case.write(&one), case.write(&two)).await;
    a.and(b)?;
    case.settle().await?;
    let ids: Vec<CandidateId> = one
        .iter()
        .map(|(profile, _)| profile.id().clone())
        .collect();
    let stored = case.entries(&ids).await?;
    for ((one, two), stored) in one.iter().zip(&two).zip(&stored) {
        let is = |(own, vector): &(Profile, Embedding),
                  (profile, embedding): &(Profile, Embedding)| {
            own == profile && vector.cosine(embedding).is_ok_and(|cosine| cosine > 0.999)
        };
        let whole = stored
            .as_ref()
            .is_some_and(|stored| is(stored, one) || is(stored, two));
        check(contract, whole, || format!("{stored:?}"))?;
    }
    case.delete(&ids).await?;
    case.settle().await
}

fn leads(hits: &[Hit], profile: &Profile) -> bool {
    let own =
        |hit: &Hit| hit.id() == profile.id() && hit.profile().is_none_or(|own| **own == *profile);
    hits.first().is_some_and(own)
}

fn id(text: &str) -> Result<CandidateId, Violation> {
    CandidateId::new(text).map_err(|error| failed("ids", &error))
}

fn profile(id: &str, text: &str) -> Result<Profile, Violation> {
    Profile::new(id, text).map_err(|error| failed("profiles", &error))
}

/// Vectors that nobody of the people has: the last components lead.
fn vector(at: usize) -> Result<Embedding, Violation> {
    let mut vector = vec![0.0; people::DIMENSION];
    let angle = at as f32 * 0.1;
    vector[people::DIMENSION - 1] = angle.cos() * 2.0;
    vector[people::DIMENSION - 2] = angle.sin() * 2.0;
    vector[people::DIMENSION - 3] = 1.0;
    Embedding::normalized(vector).map_err(|error| failed("embeddings", &error))
}

fn query(profile: &Profile, embedding: &Embedding) -> Query {
    let job = ranker_core::JobDescription::new(profile.text()).expect("a text that is not blank");
    Query::new(job).with_embedding(embedding.clone())
}
