//! Both legs at once, then the scores of everyone whom either found.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Hit, Profile, Query, Request};

use super::filter::passing;
use super::words::Words;
use super::{RECORD, RedisSearch, RedisVectors, VECTOR};
use crate::adapter::condition::Condition;
use crate::adapter::engine::{Entry, hits_in_order};
use crate::adapter::fault::Fault;
use crate::adapter::fuse::{Best, Scored, depth};
use crate::redis::resp::{Commands, Reply};
use crate::redis::search::profile_of;
use crate::redis::write::bytes;

/// How many profiles are read at once.
const BATCH: usize = 1000;

/// How the nearest are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As the engine chooses: by the graph, or by comparing those who pass.
    Chosen,
    /// By comparing all who pass.
    Exact,
}

/// What is known of a candidate whom a leg found.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    dense: Option<f64>,
    words: Option<f64>,
}

pub(super) async fn search(
    redis: &RedisSearch,
    query: &Query,
    embedding: &Embedding,
    request: &Request,
) -> Result<Vec<Hit>, Fault> {
    let depth = depth(request.k);
    let condition = Condition::of(&request.filter);
    let everyone = condition == Condition::Everyone;
    let among = passing(&condition);
    let near_among = if everyone { "*" } else { &among };
    let words = Words::of(query);
    let mut commands = Commands::default();
    nearest(
        redis,
        &mut commands,
        embedding,
        (depth, near_among, Way::Chosen),
    );
    count(redis, &mut commands, &among);
    if let Some(words) = &words {
        said(redis, &mut commands, &words.among(&condition), (depth, &[]));
    }
    let replies = redis.pool.replies(commands).await?;
    let mut near = distances(redis, &replies[0])?;
    let passing = number(&replies[1]).ok_or_else(super::bad_count)?;
    if (near.len() as u64) < passing.min(depth as u64) {
        // The graph of neighbours lost some: compare all who pass.
        let mut commands = Commands::default();
        nearest(redis, &mut commands, embedding, (depth, &among, Way::Exact));
        near = distances(redis, &redis.pool.replies(commands).await?[0])?;
    }
    let own = replies
        .get(2)
        .map_or_else(|| Ok(Vec::new()), |said| scores(redis, said))?;
    let mut found: BTreeMap<CandidateId, Found> = BTreeMap::new();
    for (id, dense) in &near {
        found.entry(id.clone()).or_default().dense = Some(*dense);
    }
    for (id, words) in &own {
        found.entry(id.clone()).or_default().words = Some(*words);
    }
    // A leg that ended before its depth gave everyone.
    let whole = own.len() < depth;
    let scored = completed(redis, words.as_ref(), embedding, (found, whole)).await?;
    let best = match everyone {
        true => Best::of(&scored),
        // Shares are those of the best of all, so that a filter changes nobody's score.
        false => best_of_all(redis, words.as_ref(), embedding).await?,
    };
    with_profiles(redis, redis.rule(query).best(scored, best, request.k)?).await
}

pub(super) async fn scored(
    redis: &RedisSearch,
    query: &Query,
    embedding: &Embedding,
    ids: &[CandidateId],
) -> Result<Vec<Option<Hit>>, Fault> {
    let words = Words::of(query);
    let best = best_of_all(redis, words.as_ref(), embedding).await?;
    let found = ids
        .iter()
        .map(|id| (id.clone(), Found::default()))
        .collect();
    let scored = completed(redis, words.as_ref(), embedding, (found, false)).await?;
    let hits = with_profiles(redis, redis.rule(query).hits(scored, best)?).await?;
    Ok(hits_in_order(ids, hits))
}

/// Both scores of everyone who is there: from a leg, from the own vector, and from a search for the words among those alone
/// whom the leg of words did not find, unless it found all.
async fn completed(
    redis: &RedisSearch,
    words: Option<&Words>,
    embedding: &Embedding,
    (found, whole): (BTreeMap<CandidateId, Found>, bool),
) -> Result<Vec<Scored>, Fault> {
    let far: Vec<&CandidateId> = ids_of(&found, |one| one.dense.is_none());
    let mute: Vec<&CandidateId> = ids_of(&found, |one| one.words.is_none() && !whole);
    let mut dense: HashMap<CandidateId, f64> = HashMap::new();
    for ids in far.chunks(BATCH) {
        let mut commands = Commands::default();
        read(redis, &mut commands, ids, &[VECTOR]);
        for (id, reply) in ids.iter().zip(redis.pool.replies(commands).await?) {
            if let Some(own) = reply.list().and_then(<[_]>::first).and_then(vector) {
                dense.insert((*id).clone(), own.cosine(embedding)?.into());
            }
        }
    }
    let mut said_of: HashMap<CandidateId, f64> = HashMap::new();
    if let Some(words) = words {
        for ids in mute.chunks(BATCH) {
            let mut commands = Commands::default();
            let keys: Vec<Vec<u8>> = ids.iter().map(|id| redis.key(id)).collect();
            said(redis, &mut commands, &words.of_some(), (ids.len(), &keys));
            let replies = redis.pool.replies(commands).await?;
            said_of.extend(scores(redis, &replies[0])?);
        }
    }
    let scored = found.into_iter().filter_map(|(id, one)| {
        // Whoever was deleted since is no hit.
        let dense = one.dense.or_else(|| dense.get(&id).copied())?;
        let words = one.words.or_else(|| said_of.get(&id).copied());
        Some(Scored {
            id,
            dense,
            words: Some(words.unwrap_or(0.0)),
            profile: None,
        })
    });
    Ok(scored.collect())
}

fn ids_of(
    found: &BTreeMap<CandidateId, Found>,
    lacks: impl Fn(&Found) -> bool,
) -> Vec<&CandidateId> {
    let lacking = found.iter().filter(|(_, one)| lacks(one));
    lacking.map(|(id, _)| id).collect()
}

async fn best_of_all(
    redis: &RedisSearch,
    words: Option<&Words>,
    embedding: &Embedding,
) -> Result<Best, Fault> {
    let mut commands = Commands::default();
    nearest(redis, &mut commands, embedding, (1, "*", Way::Chosen));
    if let Some(words) = words {
        let words = words.among(&Condition::Everyone);
        said(redis, &mut commands, &words, (1, &[]));
    }
    let replies = redis.pool.replies(commands).await?;
    let near = distances(redis, &replies[0])?;
    let said = replies
        .get(1)
        .map_or_else(|| Ok(Vec::new()), |said| scores(redis, said))?;
    let first = |found: &[(CandidateId, f64)]| found.first().map_or(0.0, |(_, score)| *score);
    Ok(Best {
        dense: first(&near),
        words: first(&said),
    })
}

/// Adds a search for the `k` nearest of those whom a query lets pass.
fn nearest(
    redis: &RedisSearch,
    commands: &mut Commands,
    embedding: &Embedding,
    (k, among, way): (usize, &str, Way),
) {
    let how = match (way, redis.options.vectors) {
        (Way::Exact, _) => " HYBRID_POLICY ADHOC_BF".to_owned(),
        (Way::Chosen, RedisVectors::Flat) => String::new(),
        (Way::Chosen, RedisVectors::Graph) => {
            format!(" EF_RUNTIME {}", k.max(redis.options.effort))
        }
    };
    let query = format!("({among})=>[KNN {k} @{VECTOR} $asked{how} AS distance]");
    let (vector, most) = (bytes(embedding), k.to_string());
    let query = if among == "*" {
        query.replacen("(*)", "*", 1)
    } else {
        query
    };
    let parts: [&[u8]; 20] = [
        b"FT.SEARCH",
        redis.keys.index.as_bytes(),
        query.as_bytes(),
        b"PARAMS",
        b"2",
        b"asked",
        &vector,
        b"SORTBY",
        b"distance",
        b"RETURN",
        b"1",
        b"distance",
        b"LIMIT",
        b"0",
        most.as_bytes(),
        // The engine would end a search after half a second, with what it has.
        b"TIMEOUT",
        b"0",
        b"DIALECT",
        b"2",
        b"VERBATIM",
    ];
    commands.add(parts);
}

/// Adds a search for the `k` best by words, among these keys alone if there are any.
fn said(redis: &RedisSearch, commands: &mut Commands, words: &str, (k, keys): (usize, &[Vec<u8>])) {
    let (most, count) = (k.to_string(), keys.len().to_string());
    let mut parts: Vec<&[u8]> = vec![b"FT.SEARCH", redis.keys.index.as_bytes(), words.as_bytes()];
    if !keys.is_empty() {
        parts.extend([&b"INKEYS"[..], count.as_bytes()]);
        parts.extend(keys.iter().map(Vec::as_slice));
    }
    parts.extend([&b"SCORER"[..], b"BM25STD", b"WITHSCORES", b"NOCONTENT"]);
    parts.extend([&b"LIMIT"[..], b"0", most.as_bytes()]);
    parts.extend([&b"TIMEOUT"[..], b"0", b"DIALECT", b"2", b"VERBATIM"]);
    commands.add(parts);
}

/// Adds the question how many pass.
pub(super) fn count(redis: &RedisSearch, commands: &mut Commands, among: &str) {
    let index = &redis.keys.index;
    commands.say([
        "FT.SEARCH",
        index,
        among,
        "LIMIT",
        "0",
        "0",
        "TIMEOUT",
        "0",
        "DIALECT",
        "2",
    ]);
}

/// The number with which an answer begins.
pub(super) fn number(reply: &Reply) -> Option<u64> {
    match reply.list()?.first()? {
        Reply::Number(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

/// The ids and cosine similarities of an answer of keys and distances, the nearest first.
fn distances(redis: &RedisSearch, reply: &Reply) -> Result<Vec<(CandidateId, f64)>, Fault> {
    pairs(redis, reply, |of| {
        let distance = of.list()?.get(1)?.text()?.parse::<f64>().ok()?;
        Some(1.0 - distance)
    })
}

/// The ids and scores of an answer of keys and scores.
fn scores(redis: &RedisSearch, reply: &Reply) -> Result<Vec<(CandidateId, f64)>, Fault> {
    pairs(redis, reply, |of| of.text()?.parse().ok())
}

fn pairs(
    redis: &RedisSearch,
    reply: &Reply,
    score: impl Fn(&Reply) -> Option<f64>,
) -> Result<Vec<(CandidateId, f64)>, Fault> {
    let bad = || Fault::rejected("a search gave what is no list of keys and scores");
    let items = reply.list().and_then(|items| items.get(1..));
    let (pairs, rest) = items.ok_or_else(bad)?.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(bad());
    }
    let pairs = pairs.iter().filter(|[_, of]| *of != Reply::Nothing);
    let scored = pairs.map(|[key, of]| {
        let id = key
            .text()
            .and_then(|key| key.strip_prefix(&*redis.keys.profile));
        let id = CandidateId::new(id.ok_or_else(bad)?)?;
        Ok((id, score(of).ok_or_else(bad)?))
    });
    scored.collect()
}

/// Adds a question for some fields of each of these profiles.
fn read(redis: &RedisSearch, commands: &mut Commands, ids: &[&CandidateId], fields: &[&str]) {
    for id in ids {
        let key = redis.key(id);
        let command = [&b"HMGET"[..], &key[..]].into_iter();
        commands.add(command.chain(fields.iter().map(|field| field.as_bytes())));
    }
}

fn vector(reply: &Reply) -> Option<Embedding> {
    let Reply::Bytes(bytes) = reply else {
        return None;
    };
    let (values, rest) = bytes.as_chunks::<4>();
    let values = values.iter().map(|value| f32::from_le_bytes(*value));
    rest.is_empty()
        .then(|| Embedding::unit(values.collect()).ok())?
}

/// The profiles of these ids, in their order.
pub(super) async fn profiles(
    redis: &RedisSearch,
    ids: &[CandidateId],
) -> Result<Vec<Option<Profile>>, Fault> {
    let mut profiles = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut commands = Commands::default();
        read(
            redis,
            &mut commands,
            &ids.iter().collect::<Vec<_>>(),
            &[RECORD],
        );
        for reply in redis.pool.replies(commands).await? {
            let record = reply.list().and_then(<[_]>::first);
            profiles.push(record.map_or(Ok(None), profile_of)?);
        }
    }
    Ok(profiles)
}

/// The profiles and embeddings of these ids, in their order.
pub(super) async fn whole(
    redis: &RedisSearch,
    ids: &[CandidateId],
) -> Result<Vec<Option<Entry>>, Fault> {
    let mut entries = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut commands = Commands::default();
        let asked: Vec<&CandidateId> = ids.iter().collect();
        read(redis, &mut commands, &asked, &[RECORD, VECTOR]);
        for reply in redis.pool.replies(commands).await? {
            let [record, own] = reply.list().unwrap_or_default() else {
                return Err(Fault::rejected("a profile and a vector were expected"));
            };
            let Some(profile) = profile_of(record)? else {
                entries.push(None);
                continue;
            };
            let own = vector(own).ok_or_else(|| {
                Fault::rejected(format!("{} has a profile and no vector", profile.id()))
            })?;
            entries.push(Some((profile, own)));
        }
    }
    Ok(entries)
}

async fn with_profiles(redis: &RedisSearch, hits: Vec<Hit>) -> Result<Vec<Hit>, Fault> {
    let ids: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
    let profiles = profiles(redis, &ids).await?;
    // Whoever was deleted since the scores were read is no hit.
    let with = hits.into_iter().zip(profiles);
    let with = with.filter_map(|(hit, profile)| Some(hit.with_profile(Arc::new(profile?))));
    Ok(with.collect())
}
