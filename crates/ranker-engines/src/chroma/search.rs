//! Reading: queries, and records by their ids.

use std::collections::HashMap;

use ranker_core::{CandidateId, Embedding, Hit, Profile, Request};
use serde_json::{Value, json};

use super::filter::filter;
use super::{Chroma, RECORD};
use crate::adapter::condition::Condition;
use crate::adapter::engine::hits_in_order;
use crate::adapter::fault::Fault;
use crate::adapter::fuse::{Best, Rule, Scored};
use crate::record;

/// How many records are read at once.
const BATCH: usize = 1000;

pub(super) async fn search(
    chroma: &Chroma,
    embedding: &Embedding,
    request: &Request,
) -> Result<Vec<Hit>, Fault> {
    let passing = filter(&Condition::of(&request.filter));
    let passing = passing.as_ref();
    let mut scored = nearest(chroma, embedding, request.k, passing).await?;
    if scored.len() < request.k && passes(chroma, request.k, passing).await? > scored.len() {
        // The graph of neighbours lost some: compare all who pass.
        scored = exact(chroma, embedding, request.k, passing).await?;
    }
    let best = match passing {
        // Shares are those of the best of all, so that a filter changes nobody's score.
        Some(_) => best_of_all(chroma, embedding).await?,
        None => Best::of(&scored),
    };
    Rule::of_vectors().best(scored, best, request.k)
}

pub(super) async fn scored(
    chroma: &Chroma,
    embedding: &Embedding,
    ids: &[CandidateId],
) -> Result<Vec<Option<Hit>>, Fault> {
    let best = best_of_all(chroma, embedding).await?;
    let own = records(chroma, ids).await?.into_values();
    let scored = own.map(|entry| Scored::compared(entry, embedding));
    let scored = scored.collect::<Result<Vec<_>, Fault>>()?;
    Ok(hits_in_order(ids, Rule::of_vectors().hits(scored, best)?))
}

async fn best_of_all(chroma: &Chroma, embedding: &Embedding) -> Result<Best, Fault> {
    Ok(Best::of(&nearest(chroma, embedding, 1, None).await?))
}

/// The nearest by the graph of neighbours.
async fn nearest(
    chroma: &Chroma,
    embedding: &Embedding,
    k: usize,
    passing: Option<&Value>,
) -> Result<Vec<Scored>, Fault> {
    let body = json!({
        "query_embeddings": [embedding.as_slice()],
        "n_results": k,
        "where": passing,
        "include": ["distances", "metadatas"]
    });
    let answer = chroma.records("query", &body).await?;
    let metadata = list(&answer["metadatas"][0])?;
    let distances = list(&answer["distances"][0])?;
    if metadata.len() != distances.len() {
        return Err(Fault::rejected(
            "as many distances as profiles were expected",
        ));
    }
    let scored = metadata.iter().zip(distances).map(|(metadata, distance)| {
        let distance = distance.as_f64();
        let distance = distance.ok_or_else(|| Fault::rejected("a hit has no distance"))?;
        Ok(Scored::near(profile(metadata)?, 1.0 - distance))
    });
    scored.collect()
}

/// How many pass, as far as `most`.
async fn passes(chroma: &Chroma, most: usize, passing: Option<&Value>) -> Result<usize, Fault> {
    let body = json!({ "where": passing, "limit": most, "include": [] });
    let answer = chroma.records("get", &body).await?;
    Ok(list(&answer["ids"])?.len())
}

/// The nearest of all who pass, compared one by one.
async fn exact(
    chroma: &Chroma,
    embedding: &Embedding,
    k: usize,
    passing: Option<&Value>,
) -> Result<Vec<Scored>, Fault> {
    let mut near: Vec<(f64, CandidateId)> = Vec::new();
    for page in 0.. {
        let body = json!({
            "where": passing, "limit": BATCH, "offset": page * BATCH, "include": ["embeddings"]
        });
        let answer = chroma.records("get", &body).await?;
        let (ids, embeddings) = (list(&answer["ids"])?, list(&answer["embeddings"])?);
        for (id, own) in ids.iter().zip(embeddings) {
            let own = record::embedding(own).map_err(Fault::rejected)?;
            let id = CandidateId::new(id.as_str().unwrap_or_default())?;
            near.push((own.cosine(embedding)?.into(), id));
        }
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        near.truncate(k);
        if ids.len() < BATCH {
            break;
        }
    }
    let ids: Vec<CandidateId> = near.iter().map(|(_, id)| id.clone()).collect();
    let mut found = records(chroma, &ids).await?;
    let scored = near.into_iter().filter_map(|(dense, id)| {
        // Whoever was deleted since is no hit.
        let (profile, _) = found.remove(&id)?;
        Some(Scored::near(profile, dense))
    });
    Ok(scored.collect())
}

/// What is stored under these ids.
pub(super) async fn records(
    chroma: &Chroma,
    ids: &[CandidateId],
) -> Result<HashMap<CandidateId, (Profile, Embedding)>, Fault> {
    let mut records = HashMap::new();
    for ids in ids.chunks(BATCH) {
        let ids: Vec<&str> = ids.iter().map(CandidateId::as_str).collect();
        let body = json!({ "ids": ids, "include": ["embeddings", "metadatas"] });
        let answer = chroma.records("get", &body).await?;
        let (metadata, own) = (list(&answer["metadatas"])?, list(&answer["embeddings"])?);
        for (metadata, own) in metadata.iter().zip(own) {
            let profile = profile(metadata)?;
            let embedding = record::embedding(own).map_err(Fault::rejected)?;
            records.insert(profile.id().clone(), (profile, embedding));
        }
    }
    Ok(records)
}

fn profile(metadata: &Value) -> Result<Profile, Fault> {
    let text = metadata[RECORD].as_str();
    let text = text.ok_or_else(|| Fault::rejected("a record holds no profile"))?;
    let value = serde_json::from_str(text).map_err(|error| Fault::Rejected(error.into()))?;
    record::profile(&value).map_err(Fault::rejected)
}

fn list(value: &Value) -> Result<&Vec<Value>, Fault> {
    let list = value.as_array();
    list.ok_or_else(|| Fault::rejected("a list is missing in the answer"))
}
