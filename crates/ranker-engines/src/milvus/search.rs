//! Reading: searches, and rows by their keys.

use std::collections::HashMap;

use ranker_core::{CandidateId, Embedding, Hit, Profile, Request};
use serde_json::{Value, json};

use super::dialect::Deed;
use super::filter::{filter, keyed, profiles};
use super::{Milvus, RECORD, VECTOR, count, key};
use crate::adapter::condition::Condition;
use crate::adapter::engine::hits_in_order;
use crate::adapter::fault::Fault;
use crate::adapter::fuse::{Best, Scored};
use crate::record;

/// The most rows that an answer has.
const MOST: usize = 16_384;
/// How many are searched for at least: the graph of neighbours is searched as wide as it is asked for.
const DEPTH: usize = 200;
/// How many rows are read at once.
const BATCH: usize = 1000;

pub(super) async fn search(
    milvus: &Milvus,
    embedding: &Embedding,
    request: &Request,
) -> Result<Vec<Hit>, Fault> {
    if request.k > MOST {
        return Err(Fault::rejected(format!("it returns {MOST} hits at most")));
    }
    let condition = Condition::of(&request.filter);
    let passing = filter(&condition);
    let near = found(milvus, embedding, request.k, (&condition, &passing)).await?;
    let best = match condition {
        Condition::Everyone => near.first().map_or(0.0, |(_, near)| *near),
        // Shares are those of the best of all, so that a filter changes nobody's score.
        _ => best_of_all(milvus, embedding).await?,
    };
    let keys: Vec<&str> = near.iter().map(|(key, _)| key.as_str()).collect();
    let mut rows = read(milvus, &keys, &["id", RECORD]).await?;
    let scored = near.iter().filter_map(|(key, dense)| {
        // Whoever was deleted since is no hit.
        let row = rows.remove(key)?;
        Some(profile(&row).map(|profile| Scored::near(profile, *dense)))
    });
    let scored = scored.collect::<Result<Vec<_>, Fault>>()?;
    milvus.rule().best(scored, dense(best), request.k)
}

pub(super) async fn scored(
    milvus: &Milvus,
    embedding: &Embedding,
    ids: &[CandidateId],
) -> Result<Vec<Option<Hit>>, Fault> {
    let best = best_of_all(milvus, embedding).await?;
    let own = records(milvus, ids).await?.into_values();
    let scored = own.map(|entry| Scored::compared(entry, embedding));
    let scored = scored.collect::<Result<Vec<_>, Fault>>()?;
    Ok(hits_in_order(ids, milvus.rule().hits(scored, dense(best))?))
}

fn dense(best: f64) -> Best {
    Best {
        dense: best,
        words: 0.0,
    }
}

async fn best_of_all(milvus: &Milvus, embedding: &Embedding) -> Result<f64, Fault> {
    let near = nearest(milvus, embedding, 1, &profiles()).await?;
    Ok(near.first().map_or(0.0, |(_, near)| *near))
}

/// Keys and cosine similarities of the nearest of those who pass.
async fn found(
    milvus: &Milvus,
    embedding: &Embedding,
    k: usize,
    (condition, passing): (&Condition, &str),
) -> Result<Vec<(String, f64)>, Fault> {
    if *condition != Condition::Everyone {
        let pass = passes(milvus, passing).await?;
        if pass <= BATCH as u64 {
            // What came lately is searched in a part of its clusters alone, where few pass.
            return exact(milvus, embedding, k, (passing, pass)).await;
        }
    }
    let near = nearest(milvus, embedding, k, passing).await?;
    if near.len() < k {
        let pass = passes(milvus, passing).await?;
        if pass > near.len() as u64 {
            // The graph of neighbours lost some: compare all who pass.
            return exact(milvus, embedding, k, (passing, pass)).await;
        }
    }
    Ok(near)
}

/// Keys and cosine similarities of the nearest by the index of neighbours.
async fn nearest(
    milvus: &Milvus,
    embedding: &Embedding,
    k: usize,
    passing: &str,
) -> Result<Vec<(String, f64)>, Fault> {
    let asked = milvus.dialect.nearest(embedding, k.max(DEPTH), passing);
    let rows = list(milvus.rows(Deed::Search, asked).await?)?;
    let near = rows.iter().map(|row| {
        let (key, near) = (row["id"].as_str(), row["distance"].as_f64());
        let near = key.map(str::to_owned).zip(near);
        near.ok_or_else(|| Fault::rejected("a hit has no id or no distance"))
    });
    let mut near = near.collect::<Result<Vec<_>, Fault>>()?;
    near.truncate(k);
    Ok(near)
}

/// How many rows meet an expression.
pub(super) async fn passes(milvus: &Milvus, passing: &str) -> Result<u64, Fault> {
    // A limit is one of rows, of which counting returns one; without any there is one of a hundred.
    let asked = json!({ "filter": passing, "outputFields": ["count(*)"], "limit": 0 });
    let rows = list(milvus.rows(Deed::Query, asked).await?)?;
    let counted = rows.first().and_then(|row| count(&row["count(*)"]));
    counted.ok_or_else(|| Fault::rejected("the count is no number"))
}

/// The nearest of all who pass, compared one by one: in pages by what their keys begin with, which are hashes.
async fn exact(
    milvus: &Milvus,
    embedding: &Embedding,
    k: usize,
    (passing, pass): (&str, u64),
) -> Result<Vec<(String, f64)>, Fault> {
    let digits = (0..4).find(|digits| pass >> (4 * digits) <= BATCH as u64);
    let digits = digits.unwrap_or(4);
    let mut near: Vec<(String, f64)> = Vec::new();
    for page in 0..1_u32 << (4 * digits) {
        let among = match digits {
            0 => passing.to_owned(),
            _ => {
                let begin = format!("{page:0digits$x}");
                format!("{passing} and id like \"{begin}%\"")
            }
        };
        let asked = json!({ "filter": among, "outputFields": ["id", VECTOR], "limit": MOST });
        for row in list(milvus.rows(Deed::Query, asked).await?)? {
            let own = record::embedding(&row[VECTOR]).map_err(Fault::rejected)?;
            let key = row["id"].as_str().unwrap_or_default().to_owned();
            near.push((key, own.cosine(embedding)?.into()));
        }
        near.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        near.truncate(k);
    }
    Ok(near)
}

/// What is stored under these ids.
pub(super) async fn records(
    milvus: &Milvus,
    ids: &[CandidateId],
) -> Result<HashMap<CandidateId, (Profile, Embedding)>, Fault> {
    let keys: Vec<String> = ids.iter().map(key).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let rows = read(milvus, &keys, &["id", RECORD, VECTOR]).await?;
    let records = rows.values().map(|row| {
        let profile = profile(row)?;
        let embedding = record::embedding(&row[VECTOR]).map_err(Fault::rejected)?;
        Ok((profile.id().clone(), (profile, embedding)))
    });
    records.collect()
}

/// Rows by their keys, those that are there.
pub(super) async fn read(
    milvus: &Milvus,
    keys: &[&str],
    fields: &[&str],
) -> Result<HashMap<String, Value>, Fault> {
    let mut found = HashMap::new();
    for keys in keys.chunks(BATCH) {
        let filter = keyed(keys.iter().copied());
        let asked = json!({ "filter": filter, "outputFields": fields, "limit": keys.len() });
        for row in list(milvus.rows(Deed::Query, asked).await?)? {
            let key = row["id"].as_str().unwrap_or_default().to_owned();
            found.insert(key, row);
        }
    }
    Ok(found)
}

fn profile(row: &Value) -> Result<Profile, Fault> {
    let text = row[RECORD].as_str();
    let text = text.ok_or_else(|| Fault::rejected("a row holds no profile"))?;
    let value = serde_json::from_str(text).map_err(|error| Fault::Rejected(error.into()))?;
    record::profile(&value).map_err(Fault::rejected)
}

fn list(told: Value) -> Result<Vec<Value>, Fault> {
    match told {
        Value::Array(rows) => Ok(rows),
        other => Err(Fault::rejected(format!("rows were expected, not {other}"))),
    }
}
