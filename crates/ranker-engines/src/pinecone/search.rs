//! Reading: queries, and records by their ids.

use std::collections::HashMap;

use ranker_core::{CandidateId, Embedding, Hit, Profile, Request};
use serde_json::{Map, Value, json};

use super::filter::{filter, profiles};
use super::{Pinecone, key};
use crate::adapter::condition::Condition;
use crate::adapter::engine::hits_in_order;
use crate::adapter::fault::Fault;
use crate::adapter::fuse::{Best, Rule, Scored};
use crate::http::{Answer, segment};
use crate::record;

/// The most matches of a query.
const MOST: usize = 10_000;
/// How many records are fetched at once: their ids must fit into an address.
const BATCH: usize = 50;

pub(super) async fn search(
    pinecone: &Pinecone,
    embedding: &Embedding,
    request: &Request,
) -> Result<Vec<Hit>, Fault> {
    if request.k > MOST {
        return Err(Fault::rejected(format!("it returns {MOST} hits at most")));
    }
    let condition = Condition::of(&request.filter);
    let passing =
        filter(&condition).ok_or_else(|| Fault::rejected("the filter has no form here"))?;
    let passing = if condition == Condition::Everyone {
        passing
    } else {
        json!({ "$and": [profiles(), passing] })
    };
    let matches = query(pinecone, embedding, request.k, &passing).await?;
    let best = match (condition, matches.first()) {
        (Condition::Everyone, Some((_, score))) => *score,
        _ => best_of_all(pinecone, embedding).await?,
    };
    let keys: Vec<String> = matches.iter().map(|(key, _)| key.clone()).collect();
    let records = fetch(pinecone, &keys).await?;
    let scored = matches.into_iter().filter_map(|(key, score)| {
        // Whoever was deleted since is no hit.
        let found = records.get(&key)?;
        Some(profile(found).map(|profile| Scored::near(profile, score)))
    });
    let scored = scored.collect::<Result<Vec<_>, Fault>>()?;
    Rule::of_vectors().best(scored, dense(best), request.k)
}

pub(super) async fn scored(
    pinecone: &Pinecone,
    embedding: &Embedding,
    ids: &[CandidateId],
) -> Result<Vec<Option<Hit>>, Fault> {
    let best = best_of_all(pinecone, embedding).await?;
    let own = records(pinecone, ids).await?.into_values();
    let scored = own.map(|entry| Scored::compared(entry, embedding));
    let scored = scored.collect::<Result<Vec<_>, Fault>>()?;
    Ok(hits_in_order(
        ids,
        Rule::of_vectors().hits(scored, dense(best))?,
    ))
}

fn dense(best: f64) -> Best {
    Best {
        dense: best,
        words: 0.0,
    }
}

async fn best_of_all(pinecone: &Pinecone, embedding: &Embedding) -> Result<f64, Fault> {
    let matches = query(pinecone, embedding, 1, &profiles()).await?;
    Ok(matches.first().map_or(0.0, |(_, score)| *score))
}

/// Keys and scores of the nearest.
async fn query(
    pinecone: &Pinecone,
    embedding: &Embedding,
    k: usize,
    filter: &Value,
) -> Result<Vec<(String, f64)>, Fault> {
    let answer = ask(pinecone, embedding.as_slice(), k, filter)
        .await?
        .json()?;
    let matches = answer["matches"].as_array();
    let matches = matches.ok_or_else(|| Fault::rejected("the matches are missing"))?;
    let scored = matches.iter().map(|hit| {
        let (key, score) = (hit["id"].as_str(), hit["score"].as_f64());
        let scored = key.map(str::to_owned).zip(score);
        scored.ok_or_else(|| Fault::rejected("a match has no id or no score"))
    });
    scored.collect()
}

async fn ask(
    pinecone: &Pinecone,
    vector: &[f32],
    k: usize,
    filter: &Value,
) -> Result<Answer, Fault> {
    let body = json!({
        "namespace": pinecone.space.name,
        "vector": vector,
        "topK": k,
        "filter": filter,
        "includeValues": false,
        "includeMetadata": false
    });
    pinecone.post("/query", &body).await
}

/// The log sequence number up to which queries see changes.
pub(super) async fn indexed(pinecone: &Pinecone) -> Result<u64, Fault> {
    let mut vector = vec![0.0; pinecone.space.dimension];
    vector[0] = 1.0;
    let answer = ask(pinecone, &vector, 1, &profiles()).await?;
    Ok(answer.number("x-pinecone-max-indexed-lsn").unwrap_or(0))
}

/// What is stored under these ids.
pub(super) async fn records(
    pinecone: &Pinecone,
    ids: &[CandidateId],
) -> Result<HashMap<CandidateId, (Profile, Embedding)>, Fault> {
    let keys: Vec<String> = ids.iter().map(key).collect();
    let found = fetch(pinecone, &keys).await?;
    let records = found.values().map(|found| {
        let profile = profile(found)?;
        let embedding = record::embedding(&found["values"]).map_err(Fault::rejected)?;
        Ok((profile.id().clone(), (profile, embedding)))
    });
    records.collect()
}

/// Records by their keys, those that are there.
pub(super) async fn fetch(
    pinecone: &Pinecone,
    keys: &[String],
) -> Result<Map<String, Value>, Fault> {
    let mut found = Map::new();
    for keys in keys.chunks(BATCH) {
        let keys: String = keys
            .iter()
            .map(|key| format!("&ids={}", segment(key)))
            .collect();
        let path = format!("/vectors/fetch?namespace={}{keys}", pinecone.space.name);
        let mut answer = pinecone.get(&path).await?.json()?;
        // By `get_mut`: what is no object has no field, and indexing it would panic.
        if let Some(Value::Object(vectors)) = answer.get_mut("vectors").map(Value::take) {
            found.extend(vectors);
        }
    }
    Ok(found)
}

fn profile(found: &Value) -> Result<Profile, Fault> {
    let text = found["metadata"]["record"].as_str();
    let text = text.ok_or_else(|| Fault::rejected("a record holds no profile"))?;
    let value = serde_json::from_str(text).map_err(|error| Fault::Rejected(error.into()))?;
    record::profile(&value).map_err(Fault::rejected)
}
