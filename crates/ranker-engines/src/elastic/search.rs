//! Both legs at once, then the scores of everyone whom either found.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Hit, Profile, Query, Request};
use serde_json::{Value, json};

use super::Elastic;
use super::query::{filter, ids as ids_query, words};
use crate::adapter::condition::Condition;
use crate::adapter::engine::hits_in_order;
use crate::adapter::fault::Fault;
use crate::adapter::fuse::{Best, Scored, depth};
use crate::http::Call;
use crate::record;

/// The most documents that the engines return at once, and the most candidates of kNN.
const MOST: usize = 10_000;

pub(super) async fn search(
    elastic: &Elastic,
    query: &Query,
    embedding: &Embedding,
    request: &Request,
) -> Result<Vec<Hit>, Fault> {
    if request.k > MOST {
        return Err(Fault::rejected(format!("it returns {MOST} hits at most")));
    }
    let depth = depth(request.k).min(MOST);
    let condition = Condition::of(&request.filter);
    let filtered = condition != Condition::Everyone;
    let passing = filter(&condition);
    let dialect = elastic.dialect;
    let words = words(query, elastic.options.title_boost);
    let within = filtered.then_some(&passing);
    let mut legs = vec![
        ranked(dialect.nearest(embedding, depth, within), depth),
        ranked(restricted(&words, within), depth),
        json!({ "size": 0, "track_total_hits": true, "query": passing }),
    ];
    if filtered {
        // Shares are those of the best of all, so that a filter changes nobody's score.
        legs.push(ranked(dialect.nearest(embedding, depth, None), 1));
        legs.push(ranked(words.clone(), 1));
    }
    let answers = msearch(elastic, query, &legs).await?;
    let mut pool: BTreeSet<CandidateId> = BTreeSet::new();
    for (id, _) in scores(&answers[0])?.into_iter().chain(scores(&answers[1])?) {
        pool.insert(id);
    }
    let total = answers[2]["hits"]["total"]["value"].as_u64();
    let total = total.ok_or_else(|| Fault::rejected("the number of hits is missing"))?;
    let found = scores(&answers[0])?.len();
    if (found as u64) < total.min(depth as u64) {
        // The graph of neighbours lost some: score all who pass.
        let exact = ranked(dialect.exact(embedding, &passing), depth);
        let answers = msearch(elastic, query, &[exact]).await?;
        pool.extend(scores(&answers[0])?.into_iter().map(|(id, _)| id));
    }
    let ids: Vec<CandidateId> = pool.into_iter().collect();
    let scored = both(elastic, query, embedding, &ids).await?;
    let best = if filtered {
        Best {
            dense: first(&answers[3])?.map_or(0.0, |score| 2.0 * score - 1.0),
            words: first(&answers[4])?.unwrap_or(0.0),
        }
    } else {
        Best::of(&scored)
    };
    let hits = elastic.rule(query).best(scored, best, request.k)?;
    with_profiles(elastic, hits).await
}

pub(super) async fn scored(
    elastic: &Elastic,
    query: &Query,
    embedding: &Embedding,
    ids: &[CandidateId],
) -> Result<Vec<Option<Hit>>, Fault> {
    let dialect = elastic.dialect;
    let words = words(query, elastic.options.title_boost);
    let legs = [
        ranked(dialect.nearest(embedding, depth(1), None), 1),
        ranked(words, 1),
    ];
    let answers = msearch(elastic, query, &legs).await?;
    let best = Best {
        dense: first(&answers[0])?.map_or(0.0, |score| 2.0 * score - 1.0),
        words: first(&answers[1])?.unwrap_or(0.0),
    };
    let mut hits = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MOST) {
        let scored = both(elastic, query, embedding, ids).await?;
        hits.extend(with_profiles(elastic, elastic.rule(query).hits(scored, best)?).await?);
    }
    Ok(hits_in_order(ids, hits))
}

/// Both legs' exact scores of those of the ids that are there.
async fn both(
    elastic: &Elastic,
    query: &Query,
    embedding: &Embedding,
    ids: &[CandidateId],
) -> Result<Vec<Scored>, Fault> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let among = ids_query(ids.iter().map(CandidateId::as_str));
    let words = words(query, elastic.options.title_boost);
    let legs = [
        ranked(elastic.dialect.exact(embedding, &among), ids.len()),
        ranked(restricted(&words, Some(&among)), ids.len()),
    ];
    let answers = msearch(elastic, query, &legs).await?;
    let words: HashMap<CandidateId, f64> = scores(&answers[1])?.into_iter().collect();
    let dense = scores(&answers[0])?.into_iter();
    Ok(dense
        .map(|(id, score)| Scored {
            dense: score - 1.0,
            words: Some(words.get(&id).copied().unwrap_or(0.0)),
            profile: None,
            id,
        })
        .collect())
}

async fn with_profiles(elastic: &Elastic, hits: Vec<Hit>) -> Result<Vec<Hit>, Fault> {
    let ids: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
    let mut records = records(elastic, &ids).await?;
    // Whoever was deleted since the scores were read is no hit.
    let hits = hits.into_iter().filter_map(|hit| {
        let (profile, _) = records.remove(hit.id())?;
        Some(hit.with_profile(Arc::new(profile)))
    });
    Ok(hits.collect())
}

/// What is stored under these ids.
pub(super) async fn records(
    elastic: &Elastic,
    ids: &[CandidateId],
) -> Result<HashMap<CandidateId, (Profile, Option<Embedding>)>, Fault> {
    let mut records = HashMap::new();
    for ids in ids.chunks(MOST / 10) {
        let mut body = elastic.dialect.whole();
        body["size"] = json!(ids.len());
        body["query"] = ids_query(ids.iter().map(CandidateId::as_str));
        let call = Call::post(elastic.path("/_search")).json(&body);
        let answer = elastic.client.json(call).await?;
        whole(&answer)?;
        for hit in hits(&answer)? {
            let profile = record::profile(&hit["_source"]["record"]).map_err(Fault::rejected)?;
            let embedding = record::embedding(elastic.dialect.vector_of(hit)).ok();
            records.insert(profile.id().clone(), (profile, embedding));
        }
    }
    Ok(records)
}

/// A query whose hits are ranked by score, ties by id, without their contents.
fn ranked(query: Value, size: usize) -> Value {
    json!({
        "size": size,
        "query": query,
        "sort": [{ "_score": "desc" }, { "id": "asc" }],
        "track_scores": true,
        "track_total_hits": false,
        "_source": false
    })
}

fn restricted(query: &Value, filter: Option<&Value>) -> Value {
    match filter {
        Some(filter) => json!({ "bool": { "must": [query], "filter": [filter] } }),
        None => query.clone(),
    }
}

/// Several searches in one call, each of which must succeed on every shard.
async fn msearch(elastic: &Elastic, query: &Query, bodies: &[Value]) -> Result<Vec<Value>, Fault> {
    // Copies of a shard differ in what is deleted, and so in scores: the same query asks the same copies.
    let mut hasher = DefaultHasher::new();
    query.job().full_text().hash(&mut hasher);
    // Words are counted over all shards.
    let header = json!({
        "preference": format!("ranker{:x}", hasher.finish()),
        "search_type": "dfs_query_then_fetch"
    });
    let lines: String = bodies
        .iter()
        .map(|body| format!("{header}\n{body}\n"))
        .collect();
    let answer = elastic
        .client
        .json(Call::post(elastic.path("/_msearch")).lines(lines))
        .await?;
    let answers = answer["responses"].as_array().cloned().unwrap_or_default();
    if answers.len() != bodies.len() {
        let told = format!("{} answers to {} searches", answers.len(), bodies.len());
        return Err(Fault::Unavailable(told.into()));
    }
    answers.iter().try_for_each(whole)?;
    Ok(answers)
}

/// Refuses an answer that lacks a part of the index.
pub(super) fn whole(answer: &Value) -> Result<(), Fault> {
    if let Some(error) = answer.get("error") {
        let status = answer["status"].as_u64().unwrap_or(500);
        let told = format!("a search failed with {status}: {}", error["reason"]);
        let passing = status == 429 || status >= 500;
        return Err(if passing {
            Fault::Unavailable(told.into())
        } else {
            Fault::rejected(told)
        });
    }
    let failed = answer["_shards"]["failed"].as_u64().unwrap_or(0);
    if failed > 0 || answer["timed_out"] == json!(true) {
        let told = format!("{failed} shards failed, timed out: {}", answer["timed_out"]);
        return Err(Fault::Unavailable(told.into()));
    }
    Ok(())
}

fn hits(answer: &Value) -> Result<&Vec<Value>, Fault> {
    let hits = answer["hits"]["hits"].as_array();
    hits.ok_or_else(|| Fault::rejected("the hits are missing"))
}

/// Ids and scores of an answer's hits.
fn scores(answer: &Value) -> Result<Vec<(CandidateId, f64)>, Fault> {
    let hits = hits(answer)?.iter().map(|hit| {
        let id = hit["_id"].as_str().unwrap_or_default();
        let score = hit["_score"].as_f64();
        let score = score.ok_or_else(|| Fault::rejected("a hit has no score"))?;
        Ok((CandidateId::new(id)?, score))
    });
    hits.collect()
}

/// The score of the first hit.
fn first(answer: &Value) -> Result<Option<f64>, Fault> {
    Ok(scores(answer)?.first().map(|(_, score)| *score))
}
