//! Both legs at once, then the scores of everyone whom either found.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Hit, Profile, Query, Request};
use serde_json::{Value, json};

use super::{Qdrant, filter::filter, point, words};
use crate::adapter::condition::Condition;
use crate::adapter::engine::hits_in_order;
use crate::adapter::fault::Fault;
use crate::adapter::fuse::{Best, Scored, depth};
use crate::record;

/// How many points are read at once.
const BATCH: usize = 1000;

/// Whether embeddings are read too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vectors {
    With,
    Without,
}

pub(super) async fn search(
    qdrant: &Qdrant,
    query: &Query,
    embedding: &Embedding,
    request: &Request,
) -> Result<Vec<Hit>, Fault> {
    let depth = depth(request.k);
    let condition = Condition::of(&request.filter);
    let passing = filter(&condition);
    let words = words::query(&query.job().full_text(), query.expansion());
    let within = passing.as_ref();
    let mut legs = vec![dense(embedding, depth, within)];
    legs.extend(words.as_ref().map(|words| sparse(words, depth, within)));
    let found = batch(qdrant, &legs).await?;
    let mut pool: BTreeSet<String> = BTreeSet::new();
    pool.extend(found.iter().flatten().map(|(point, _)| point.clone()));
    if found[0].len() < depth {
        // There are no more, or the graph of neighbours lost some: compare all who pass.
        let mut exact = dense(embedding, depth, within);
        exact["params"] = json!({ "exact": true });
        let found = batch(qdrant, &[exact]).await?;
        pool.extend(found.into_iter().flatten().map(|(point, _)| point));
    }
    let pool: Vec<String> = pool.into_iter().collect();
    let scored = both(qdrant, embedding, words.as_ref(), &pool).await?;
    let best = match within {
        // Shares are those of the best of all, so that a filter changes nobody's score.
        Some(_) => best_of_all(qdrant, embedding, words.as_ref()).await?,
        None => Best::of(&scored),
    };
    let hits = qdrant.rule(query).best(scored, best, request.k)?;
    with_profiles(qdrant, hits).await
}

pub(super) async fn scored(
    qdrant: &Qdrant,
    query: &Query,
    embedding: &Embedding,
    ids: &[CandidateId],
) -> Result<Vec<Option<Hit>>, Fault> {
    let words = words::query(&query.job().full_text(), query.expansion());
    let best = best_of_all(qdrant, embedding, words.as_ref()).await?;
    let points: Vec<String> = ids.iter().map(point).collect();
    let mut hits = Vec::with_capacity(ids.len());
    for points in points.chunks(BATCH) {
        let scored = both(qdrant, embedding, words.as_ref(), points).await?;
        hits.extend(with_profiles(qdrant, qdrant.rule(query).hits(scored, best)?).await?);
    }
    Ok(hits_in_order(ids, hits))
}

/// Both legs' exact scores of those of the points that are there.
async fn both(
    qdrant: &Qdrant,
    embedding: &Embedding,
    words: Option<&Value>,
    points: &[String],
) -> Result<Vec<Scored>, Fault> {
    if points.is_empty() {
        return Ok(Vec::new());
    }
    let among = json!({ "must": [{ "has_id": points }] });
    let mut exact = dense(embedding, points.len(), Some(&among));
    exact["params"] = json!({ "exact": true });
    exact["with_payload"] = json!(["record.id"]);
    let mut legs = vec![exact];
    legs.extend(words.map(|words| sparse(words, points.len(), Some(&among))));
    let answers = answers(qdrant, &legs).await?;
    let words: HashMap<String, f64> = match answers.get(1) {
        Some(answer) => scores(answer)?.into_iter().collect(),
        None => HashMap::new(),
    };
    let near = answers[0]["points"].as_array().into_iter().flatten();
    near.map(|hit| {
        let id = hit["payload"]["record"]["id"].as_str().unwrap_or_default();
        let point = hit["id"].as_str().unwrap_or_default();
        Ok(Scored {
            id: CandidateId::new(id)?,
            dense: hit["score"]
                .as_f64()
                .ok_or_else(|| Fault::rejected("a hit has no score"))?,
            words: Some(words.get(point).copied().unwrap_or(0.0)),
            profile: None,
        })
    })
    .collect()
}

async fn best_of_all(
    qdrant: &Qdrant,
    embedding: &Embedding,
    words: Option<&Value>,
) -> Result<Best, Fault> {
    let mut legs = vec![dense(embedding, 1, None)];
    legs.extend(words.map(|words| sparse(words, 1, None)));
    let found = batch(qdrant, &legs).await?;
    let first = |leg: Option<&Vec<(String, f64)>>| leg?.first().map(|(_, score)| *score);
    Ok(Best {
        dense: first(found.first()).unwrap_or(0.0),
        words: first(found.get(1)).unwrap_or(0.0),
    })
}

fn dense(embedding: &Embedding, limit: usize, filter: Option<&Value>) -> Value {
    leg("dense", json!(embedding.as_slice()), limit, filter)
}

fn sparse(words: &Value, limit: usize, filter: Option<&Value>) -> Value {
    leg("words", words.clone(), limit, filter)
}

fn leg(using: &str, query: Value, limit: usize, filter: Option<&Value>) -> Value {
    let mut leg = json!({
        "query": query, "using": using, "limit": limit, "with_payload": false, "with_vector": false
    });
    if let Some(filter) = filter {
        leg["filter"] = filter.clone();
    }
    leg
}

/// Points and scores of several legs, in one call.
async fn batch(qdrant: &Qdrant, legs: &[Value]) -> Result<Vec<Vec<(String, f64)>>, Fault> {
    answers(qdrant, legs).await?.iter().map(scores).collect()
}

async fn answers(qdrant: &Qdrant, legs: &[Value]) -> Result<Vec<Value>, Fault> {
    let answers = qdrant
        .points("/query/batch", &json!({ "searches": legs }))
        .await?;
    let answers = answers.as_array().cloned().unwrap_or_default();
    if answers.len() == legs.len() {
        Ok(answers)
    } else {
        let told = format!("{} answers to {} searches", answers.len(), legs.len());
        Err(Fault::Unavailable(told.into()))
    }
}

fn scores(answer: &Value) -> Result<Vec<(String, f64)>, Fault> {
    let points = answer["points"].as_array();
    let points = points.ok_or_else(|| Fault::rejected("the points are missing"))?;
    let scored = points.iter().map(|hit| {
        let (point, score) = (hit["id"].as_str(), hit["score"].as_f64());
        let scored = point.map(str::to_owned).zip(score);
        scored.ok_or_else(|| Fault::rejected("a hit has no id or no score"))
    });
    scored.collect()
}

async fn with_profiles(qdrant: &Qdrant, hits: Vec<Hit>) -> Result<Vec<Hit>, Fault> {
    let ids: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
    let mut records = records(qdrant, &ids, Vectors::Without).await?;
    // Whoever was deleted since the scores were read is no hit.
    let hits = hits.into_iter().filter_map(|hit| {
        let (profile, _) = records.remove(hit.id())?;
        Some(hit.with_profile(Arc::new(profile)))
    });
    Ok(hits.collect())
}

/// What is stored under these ids.
pub(super) async fn records(
    qdrant: &Qdrant,
    ids: &[CandidateId],
    vectors: Vectors,
) -> Result<HashMap<CandidateId, (Profile, Option<Embedding>)>, Fault> {
    let mut records = HashMap::new();
    for ids in ids.chunks(BATCH) {
        let points: Vec<String> = ids.iter().map(point).collect();
        let vector = match vectors {
            Vectors::With => json!(["dense"]),
            Vectors::Without => json!(false),
        };
        let body = json!({ "ids": points, "with_payload": ["record"], "with_vector": vector });
        let found = qdrant.points("", &body).await?;
        for point in found.as_array().into_iter().flatten() {
            let profile = record::profile(&point["payload"]["record"]).map_err(Fault::rejected)?;
            let embedding = record::embedding(&point["vector"]["dense"]).ok();
            records.insert(profile.id().clone(), (profile, embedding));
        }
    }
    Ok(records)
}
