//! Changes.

use ranker_core::CandidateId;
use serde_json::{Map, Value, json};

use super::dialect::{Deed, LONGEST};
use super::filter::{TAGS, number_key, ordered};
use super::{Milvus, RECORD, VECTOR, key};
use crate::adapter::condition::{numbered, numbers, tags};
use crate::adapter::engine::Entry;
use crate::adapter::fault::Fault;
use crate::record;

/// Milvus takes 64 MiB in a call, as its own protocol writes them.
const BYTES: usize = 16 << 20;
const ROWS: usize = 1000;

pub(super) async fn write(milvus: &Milvus, entries: &[&Entry]) -> Result<(), Fault> {
    let rows = entries.iter().map(|entry| row(entry));
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for row in rows.collect::<Result<Vec<_>, Fault>>()? {
        let size = row.to_string().len();
        if bytes + size > BYTES || batch.len() == ROWS {
            send(milvus, std::mem::take(&mut batch)).await?;
            bytes = 0;
        }
        bytes += size;
        batch.push(row);
    }
    send(milvus, batch).await
}

/// Inserts or replaces rows.
pub(super) async fn send(milvus: &Milvus, rows: Vec<Value>) -> Result<(), Fault> {
    let sent = rows.len();
    if sent == 0 {
        return Ok(());
    }
    let told = milvus.rows(Deed::Upsert, json!({ "data": rows })).await?;
    let taken = super::count(&told["upsertCount"]);
    if taken == Some(sent as u64) {
        Ok(())
    } else {
        let told = format!("{taken:?} of {sent} rows were taken");
        Err(Fault::Unavailable(told.into()))
    }
}

pub(super) async fn erase(milvus: &Milvus, ids: &[CandidateId]) -> Result<(), Fault> {
    for ids in ids.chunks(ROWS) {
        let keys: Vec<String> = ids.iter().map(key).collect();
        drop_rows(milvus, &keys).await?;
    }
    Ok(())
}

/// Deletes the rows of some keys.
pub(super) async fn drop_rows(milvus: &Milvus, keys: &[String]) -> Result<(), Fault> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let gone = milvus.dialect.gone(&keys);
    milvus.rows(Deed::Delete, gone).await.map(drop)
}

fn row((profile, embedding): &Entry) -> Result<Value, Fault> {
    let id = profile.id();
    let record = record::of(profile).to_string();
    let mut own = tags(profile.facts());
    let mut row = Map::new();
    for (name, number) in numbers(profile.facts()) {
        own.push(numbered(name));
        row.insert(number_key(name), json!(ordered(number)));
    }
    row.insert(TAGS.to_owned(), json!(own));
    // Milvus keeps them as one text.
    let facts = Value::Object(row.clone()).to_string().len();
    for (what, size) in [
        ("its text with its facts", record.len()),
        ("its facts", facts),
    ] {
        if size > LONGEST {
            let told =
                format!("{id}: {what} takes {size} bytes, a field holds {LONGEST}: shorten it");
            return Err(Fault::rejected(told));
        }
    }
    row.insert("id".to_owned(), json!(key(id)));
    row.insert(VECTOR.to_owned(), json!(embedding.as_slice()));
    row.insert(RECORD.to_owned(), json!(record));
    Ok(Value::Object(row))
}
