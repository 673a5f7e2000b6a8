//! Changes.

use ranker_core::CandidateId;
use serde_json::{Map, Value, json};

use super::filter::{PROFILE, TAGS, number_key};
use super::{Chroma, RECORD};
use crate::adapter::condition::{numbered, numbers, tags};
use crate::adapter::engine::Entry;
use crate::adapter::fault::Fault;
use crate::record;

/// How many records go in one call: Chroma takes 5,461, and 40 MB.
const BATCH: usize = 500;

pub(super) async fn write(chroma: &Chroma, entries: &[&Entry]) -> Result<(), Fault> {
    for entries in entries.chunks(BATCH) {
        let ids: Vec<&str> = entries.iter().map(|entry| entry.0.id().as_str()).collect();
        let embeddings: Vec<&[f32]> = entries.iter().map(|entry| entry.1.as_slice()).collect();
        let metadata: Vec<Value> = entries.iter().map(|entry| metadata(entry)).collect();
        let body = json!({ "ids": ids, "embeddings": embeddings, "metadatas": metadata });
        chroma.records("upsert", &body).await?;
    }
    Ok(())
}

pub(super) async fn erase(chroma: &Chroma, ids: &[CandidateId]) -> Result<(), Fault> {
    for ids in ids.chunks(BATCH) {
        let ids: Vec<&str> = ids.iter().map(CandidateId::as_str).collect();
        chroma.records("delete", &json!({ "ids": ids })).await?;
    }
    Ok(())
}

fn metadata((profile, _): &Entry) -> Value {
    let mut metadata = Map::new();
    let mut tags = tags(profile.facts());
    tags.push(PROFILE.to_owned());
    for (name, number) in numbers(profile.facts()) {
        tags.push(numbered(name));
        metadata.insert(number_key(name), json!(number));
    }
    metadata.insert(TAGS.to_owned(), json!(tags));
    metadata.insert(RECORD.to_owned(), json!(record::of(profile).to_string()));
    Value::Object(metadata)
}
