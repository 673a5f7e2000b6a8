//! Reading: searches, and rows by their keys.

use std::collections::HashMap;

use ranker_core::{CandidateId, Embedding, Hit, Profile, Request};
use serde_json::{Value, json};

use super::dialect::Deed;
use super::filter::{filter, keyed, profiles};
use super::{Milvus, RECORD, VECTOR, count, key};
use crate::adapter::condition::Condition;
use crate::adapter::engine::{Entry, hits_in_order};
use crate::adapter::fault::Fault;
use crate::adapter::fuse::{Best, Rule, Scored};
use crate::record;

/// The most rows that an answer has.
const MOST: usize = 16_384;
/// How many are searched for at least: the graph of neighbours is searched as wide as it is asked for.
const DEPTH: usize = 200;
/// By how much the cosine similarities of two may differ that are as near.
const ALIKE: f64 = 1e-6;
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
    // Shares are those of the best of all, so that a filter changes nobody's score.
    let first = match condition {
        Condition::Everyone => Vec::new(),
        _ => nearest(milvus, embedding, 1, &profiles()).await?,
    };
    let keys = near.iter().chain(&first).map(|(key, _)| key.clone());
    let scored = compared(milvus, embedding, &keys.collect::<Vec<_>>()).await?;
    let best = Best::of(scored.values());
    // Whoever was deleted since is no hit.
    let hits = near.iter().filter_map(|(key, _)| scored.get(key).cloned());
    Rule::of_vectors().best(hits.collect(), best, request.k)
}

pub(super) async fn scored(
    milvus: &Milvus,
    embedding: &Embedding,
    ids: &[CandidateId],
) -> Result<Vec<Option<Hit>>, Fault> {
    let first = nearest(milvus, embedding, 1, &profiles()).await?;
    let keys = ids.iter().map(key);
    let keys = keys.chain(first.into_iter().map(|(key, _)| key));
    let scored = compared(milvus, embedding, &keys.collect::<Vec<_>>()).await?;
    let best = Best::of(scored.values());
    let hits = Rule::of_vectors().hits(scored.into_values().collect(), best)?;
    Ok(hits_in_order(ids, hits))
}

/// The rows of some keys, compared by their own vectors: what the index says differs in the last digits, by which two that
/// are as near would change places.
async fn compared(
    milvus: &Milvus,
    embedding: &Embedding,
    keys: &[String],
) -> Result<HashMap<String, Scored>, Fault> {
    let rows = entries(milvus, keys).await?.into_iter();
    let scored = rows.map(|(key, entry)| Ok((key, Scored::compared(entry, embedding)?)));
    scored.collect()
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
    Ok(cut(near.collect::<Result<Vec<_>, Fault>>()?, k))
}

/// The first `k`, and those behind them that are as near.
fn cut(mut near: Vec<(String, f64)>, k: usize) -> Vec<(String, f64)> {
    if let Some((_, last)) = near.get(k - 1) {
        let last = *last - ALIKE;
        near.truncate(near.partition_point(|(_, near)| *near >= last));
    }
    near
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
        near.sort_by(|a, b| b.1.total_cmp(&a.1));
        near = cut(near, k);
    }
    Ok(near)
}

/// What is stored under these keys.
pub(super) async fn entries(
    milvus: &Milvus,
    keys: &[String],
) -> Result<HashMap<String, Entry>, Fault> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let rows = read(milvus, &keys, &["id", RECORD, VECTOR])
        .await?
        .into_iter();
    let entries = rows.map(|(key, row)| {
        let embedding = record::embedding(&row[VECTOR]).map_err(Fault::rejected)?;
        Ok((key, (profile(&row)?, embedding)))
    });
    entries.collect()
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
