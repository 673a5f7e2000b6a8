//! Changes.

use ranker_core::CandidateId;
use serde_json::{Map, Value, json};

use super::{Pinecone, key};
use crate::adapter::condition::{field, numbers, tags};
use crate::adapter::engine::Entry;
use crate::adapter::fault::Fault;
use crate::record;

/// Pinecone's limits: a record's metadata, a call's size and its records.
const METADATA: usize = 40 << 10;
const BYTES: usize = 1 << 21;
const RECORDS: usize = 1000;

/// A profile as a record.
pub(super) fn record((profile, embedding): &Entry) -> Result<Value, Fault> {
    let mut metadata = Map::new();
    metadata.insert("kind".to_owned(), json!("profile"));
    metadata.insert("tags".to_owned(), json!(tags(profile.facts())));
    metadata.insert("record".to_owned(), json!(record::of(profile).to_string()));
    let numbers = numbers(profile.facts());
    metadata.extend(numbers.map(|(name, number)| (format!("n_{}", field(name)), json!(number))));
    let metadata = Value::Object(metadata);
    let size = metadata.to_string().len();
    if size > METADATA {
        let id = profile.id();
        let told = format!(
            "{id} with its facts takes {size} bytes, a record holds {METADATA}: shorten its text"
        );
        return Err(Fault::rejected(told));
    }
    Ok(json!({ "id": key(profile.id()), "values": embedding.as_slice(), "metadata": metadata }))
}

/// Sends records in calls that Pinecone takes.
pub(super) async fn send(pinecone: &Pinecone, records: Vec<Value>) -> Result<(), Fault> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for record in records {
        let size = record.to_string().len() + 1;
        if !batch.is_empty() && (bytes + size > BYTES - 1024 || batch.len() == RECORDS) {
            upsert(pinecone, &batch).await?;
            batch.clear();
            bytes = 0;
        }
        bytes += size;
        batch.push(record);
    }
    upsert(pinecone, &batch).await
}

async fn upsert(pinecone: &Pinecone, batch: &[Value]) -> Result<(), Fault> {
    let body = json!({ "namespace": pinecone.space.name, "vectors": batch });
    let answer = pinecone.post("/vectors/upsert", &body).await?;
    pinecone.note(&answer);
    let count = answer.json()?["upsertedCount"].as_u64();
    if count == Some(batch.len() as u64) {
        Ok(())
    } else {
        let told = format!("{count:?} of {} records were taken", batch.len());
        Err(Fault::Unavailable(told.into()))
    }
}

pub(super) async fn erase(pinecone: &Pinecone, ids: &[CandidateId]) -> Result<(), Fault> {
    for ids in ids.chunks(RECORDS) {
        let keys: Vec<String> = ids.iter().map(key).collect();
        let body = json!({ "namespace": pinecone.space.name, "ids": keys });
        let answer = pinecone.post("/vectors/delete", &body).await?;
        pinecone.note(&answer);
    }
    Ok(())
}
