//! Reading: searches, and profiles by their ids.

use std::collections::BTreeMap;

use ranker_core::{CandidateId, Embedding, Hit, Profile, Request};

use super::Redis;
use super::filter::filters;
use super::resp::{Commands, Reply};
use super::write::bytes;
use crate::adapter::condition::Condition;
use crate::adapter::engine::{Entry, hits_in_order};
use crate::adapter::fault::Fault;
use crate::adapter::fuse::{Best, Rule, Scored};
use crate::record;

/// How many profiles are read at once.
const BATCH: usize = 1000;
/// How many elements a search with a filter looks at at least before it gives up.
const LEAST_LOOKED_AT: usize = 10_000;

/// How a search finds the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By the graph of neighbours.
    Graph,
    /// By comparing all who pass.
    Exact,
}

pub(super) async fn search(
    redis: &Redis,
    embedding: &Embedding,
    request: &Request,
) -> Result<Vec<Hit>, Fault> {
    let filters = filters(&Condition::of(&request.filter));
    let filters = filters.ok_or_else(|| Fault::rejected("the filter has no form here"))?;
    let mut commands = Commands::default();
    commands.say(["VCARD", &redis.keys.vectors]);
    // Shares are those of the best of all, so that a filter changes nobody's score.
    let first = if filters == [None] { request.k } else { 1 };
    nearest(redis, &mut commands, embedding, (first, None, Way::Graph));
    let replies = redis.ask(commands).await?;
    let [Reply::Number(count), nearest_of_all] = &replies[..] else {
        return Err(Fault::rejected("the count is no number"));
    };
    let nearest_of_all = scores(nearest_of_all)?;
    let best = best_of(&nearest_of_all);
    let pool = if filters == [None] && nearest_of_all.len() == request.k {
        nearest_of_all.into_iter().collect()
    } else {
        passing(
            redis,
            embedding,
            (request.k, &filters, count.unsigned_abs()),
        )
        .await?
    };
    let mut found: Vec<(CandidateId, f64)> = pool.into_iter().collect();
    // The others would only be read and left out.
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found.truncate(request.k);

    let ids: Vec<CandidateId> = found.iter().map(|(id, _)| id.clone()).collect();
    let profiles = profiles(redis, &ids).await?;
    let scored = found
        .into_iter()
        .zip(profiles)
        // Whoever was deleted since is no hit.
        .filter_map(|((_, dense), profile)| Some(Scored::near(profile?, dense)));
    Rule::of_vectors().best(scored.collect(), best, request.k)
}

/// The `k` nearest who pass any of some filters, of a store of so many.
async fn passing(
    redis: &Redis,
    embedding: &Embedding,
    (k, filters, count): (usize, &[Option<String>], u64),
) -> Result<BTreeMap<CandidateId, f64>, Fault> {
    let mut pool = BTreeMap::new();
    let mut left: Vec<&Option<String>> = filters.iter().collect();
    for way in [Way::Graph, Way::Exact] {
        if way == Way::Graph && count <= redis.options.compared {
            continue;
        }
        let mut commands = Commands::default();
        for filter in &left {
            nearest(redis, &mut commands, embedding, (k, filter.as_deref(), way));
        }
        let mut short = Vec::new();
        for (filter, reply) in left.into_iter().zip(redis.ask(commands).await?) {
            let found = scores(&reply)?;
            if found.len() < k && way == Way::Graph {
                // There are no more, or the graph lost some: compare all who pass.
                short.push(filter);
            } else {
                pool.extend(found);
            }
        }
        left = short;
    }
    Ok(pool)
}

pub(super) async fn scored(
    redis: &Redis,
    embedding: &Embedding,
    ids: &[CandidateId],
) -> Result<Vec<Option<Hit>>, Fault> {
    let mut commands = Commands::default();
    nearest(redis, &mut commands, embedding, (1, None, Way::Graph));
    let replies = redis.ask(commands).await?;
    let best = best_of(&replies.last().map_or_else(|| Ok(Vec::new()), scores)?);
    let own = whole(redis, ids).await?.into_iter().flatten();
    let scored = own.map(|entry| Scored::compared(entry, embedding));
    let scored = scored.collect::<Result<Vec<_>, Fault>>()?;
    Ok(hits_in_order(ids, Rule::of_vectors().hits(scored, best)?))
}

/// Adds a search for the `k` nearest who pass a filter.
fn nearest(
    redis: &Redis,
    commands: &mut Commands,
    embedding: &Embedding,
    (k, filter, way): (usize, Option<&str>, Way),
) {
    let vector = bytes(embedding);
    let count = k.to_string();
    let effort = k.max(redis.options.effort).to_string();
    let looked_at = k.saturating_mul(100).max(LEAST_LOOKED_AT).to_string();
    let mut parts: Vec<&[u8]> = vec![
        b"VSIM",
        redis.keys.vectors.as_bytes(),
        b"FP32",
        &vector,
        b"WITHSCORES",
        b"COUNT",
        count.as_bytes(),
        b"EF",
        effort.as_bytes(),
    ];
    if let Some(filter) = filter {
        parts.extend([&b"FILTER"[..], filter.as_bytes(), b"FILTER-EF"]);
        parts.push(looked_at.as_bytes());
    }
    if way == Way::Exact {
        parts.push(b"TRUTH");
    }
    commands.add(parts);
}

/// The ids and cosine similarities that a search found. Redis gives `(1 + cosine) / 2`.
fn scores(reply: &Reply) -> Result<Vec<(CandidateId, f64)>, Fault> {
    let items = reply.list();
    let items = items.ok_or_else(|| Fault::rejected("a search gave no list"))?;
    let (pairs, rest) = items.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Fault::rejected("a search gave an id without a score"));
    }
    let scored = pairs.iter().map(|[id, score]| {
        let score = score.text().and_then(|text| text.parse::<f64>().ok());
        let score = score.ok_or_else(|| Fault::rejected("a score is no number"))?;
        let id = CandidateId::new(id.text().unwrap_or_default())?;
        Ok((id, 2.0 * score - 1.0))
    });
    scored.collect()
}

/// The best score of a search for the nearest.
fn best_of(found: &[(CandidateId, f64)]) -> Best {
    Best {
        dense: found.first().map_or(0.0, |(_, score)| *score),
        words: 0.0,
    }
}

/// The profiles of these ids, in their order.
pub(super) async fn profiles(
    redis: &Redis,
    ids: &[CandidateId],
) -> Result<Vec<Option<Profile>>, Fault> {
    let mut profiles = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut commands = Commands::default();
        read_profiles(redis, &mut commands, ids);
        let replies = redis.ask(commands).await?;
        profiles.extend(profiles_of(replies.first(), ids.len())?);
    }
    Ok(profiles)
}

fn read_profiles(redis: &Redis, commands: &mut Commands, ids: &[CandidateId]) {
    let command = [&b"HMGET"[..], redis.keys.profiles.as_bytes()];
    let ids = ids.iter().map(|id| id.as_str().as_bytes());
    commands.add(command.into_iter().chain(ids));
}

fn profiles_of(reply: Option<&Reply>, count: usize) -> Result<Vec<Option<Profile>>, Fault> {
    let items = reply
        .and_then(Reply::list)
        .filter(|items| items.len() == count);
    let items = items.ok_or_else(|| Fault::rejected("a profile an id was expected"))?;
    items.iter().map(profile_of).collect()
}

/// The profile that was stored; `None` where there is none.
pub(super) fn profile_of(reply: &Reply) -> Result<Option<Profile>, Fault> {
    let Reply::Bytes(record) = reply else {
        return Ok(None);
    };
    let record = serde_json::from_slice(record);
    let record = record.map_err(|error| Fault::Rejected(error.into()))?;
    record::profile(&record).map(Some).map_err(Fault::rejected)
}

/// The profiles and embeddings of these ids, in their order.
pub(super) async fn whole(redis: &Redis, ids: &[CandidateId]) -> Result<Vec<Option<Entry>>, Fault> {
    let mut entries = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        // In one transaction: no profile with the vector of another version.
        let mut commands = Commands::default();
        commands.say(["MULTI"]);
        read_profiles(redis, &mut commands, ids);
        for id in ids {
            commands.say(["VEMB", &redis.keys.vectors, id.as_str(), "RAW"]);
        }
        commands.say(["EXEC"]);
        let replies = redis.ask(commands).await?;
        let read = replies.last().and_then(Reply::list).unwrap_or_default();
        let profiles = profiles_of(read.first(), ids.len())?;
        let vectors = read.get(1..).unwrap_or_default();
        for (at, profile) in profiles.into_iter().enumerate() {
            let Some(profile) = profile else {
                entries.push(None);
                continue;
            };
            let embedding = vectors.get(at).and_then(embedding);
            let embedding = embedding.ok_or_else(|| {
                Fault::rejected(format!("{} has a profile and no vector", profile.id()))
            })?;
            entries.push(Some((profile, embedding)));
        }
    }
    Ok(entries)
}

/// The vector of `VEMB ... RAW`: its kind, the bytes of its direction, its length.
fn embedding(reply: &Reply) -> Option<Embedding> {
    let [_, Reply::Bytes(bytes), ..] = reply.list()? else {
        return None;
    };
    let (values, rest) = bytes.as_chunks::<4>();
    let values = values.iter().map(|value| f32::from_le_bytes(*value));
    rest.is_empty()
        .then(|| Embedding::normalized(values.collect()).ok())?
}
