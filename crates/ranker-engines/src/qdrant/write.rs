//! Changes.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use ranker_core::CandidateId;
use serde_json::{Map, Value, json};

use super::{Qdrant, point, words};
use crate::adapter::condition::{field, numbers, tags};
use crate::adapter::engine::Entry;
use crate::adapter::fault::Fault;
use crate::http::Call;
use crate::record;

/// How many points go in one call: Qdrant takes 32 MiB by default.
const BATCH: usize = 256;

pub(super) async fn write(qdrant: &Qdrant, entries: &[&Entry]) -> Result<(), Fault> {
    index_numbers(qdrant, entries).await?;
    for entries in entries.chunks(BATCH) {
        let points: Vec<Value> = entries
            .iter()
            .map(|entry| document(qdrant, entry))
            .collect();
        let body = json!({ "points": points });
        let call = Call::put(qdrant.path("/points?wait=true")).json(&body);
        done(&qdrant.client.json(call).await?)?;
    }
    Ok(())
}

pub(super) async fn erase(qdrant: &Qdrant, ids: &[CandidateId]) -> Result<(), Fault> {
    for ids in ids.chunks(BATCH) {
        let points: Vec<String> = ids.iter().map(point).collect();
        let body = json!({ "points": points });
        let call = Call::post(qdrant.path("/points/delete?wait=true")).json(&body);
        done(&qdrant.client.json(call).await?)?;
    }
    Ok(())
}

fn document(qdrant: &Qdrant, (profile, embedding): &Entry) -> Value {
    let numbers = numbers(profile.facts()).map(|(name, number)| (field(name), json!(number)));
    json!({
        "id": point(profile.id()),
        "vector": {
            "dense": embedding.as_slice(),
            "words": words::document(&profile.full_text(), qdrant.options.length),
        },
        "payload": {
            "tags": tags(profile.facts()),
            "numbers": Value::Object(numbers.collect::<Map<_, _>>()),
            "record": record::of(profile),
        }
    })
}

/// Makes indexes of the numbers that are new to this process: without one, Qdrant filters point by point, or
/// refuses to.
async fn index_numbers(qdrant: &Qdrant, entries: &[&Entry]) -> Result<(), Fault> {
    let names = entries
        .iter()
        .flat_map(|(profile, _)| numbers(profile.facts()));
    let mut names: BTreeSet<String> = names.map(|(name, _)| field(name)).collect();
    let known = || {
        qdrant
            .numbers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    };
    names.retain(|name| !known().contains(name));
    for name in names {
        qdrant.index(&format!("numbers.{name}"), "float").await?;
        known().insert(name);
    }
    Ok(())
}

/// Refuses an answer that says that a change is not applied yet.
fn done(answer: &Value) -> Result<(), Fault> {
    let status = &answer["result"]["status"];
    if *status == json!("completed") {
        Ok(())
    } else {
        Err(Fault::Unavailable(
            format!("the change is {status}, not completed").into(),
        ))
    }
}
