//! Changes, in bulk.

use std::collections::HashMap;
use std::time::Duration;

use futures_timer::Delay;
use ranker_core::CandidateId;
use serde_json::{Map, Value, json};

use super::Elastic;
use crate::adapter::condition::{field, numbers, tags};
use crate::adapter::engine::Entry;
use crate::adapter::fault::Fault;
use crate::http::Call;
use crate::record;

/// About how many bytes go in one call.
const BYTES: usize = 4 << 20;
/// How often entries are sent again that the engine was too busy for.
const TRIES: u32 = 5;

pub(super) async fn write(elastic: &Elastic, entries: &[&Entry]) -> Result<(), Fault> {
    let actions = entries.iter().map(|entry| {
        let id = entry.0.id();
        let action = json!({ "index": { "_id": id.as_str() } });
        (id.clone(), format!("{action}\n{}\n", document(entry)))
    });
    bulk(elastic, actions.collect()).await
}

pub(super) async fn erase(elastic: &Elastic, ids: &[CandidateId]) -> Result<(), Fault> {
    let actions = ids.iter().map(|id| {
        let action = json!({ "delete": { "_id": id.as_str() } });
        (id.clone(), format!("{action}\n"))
    });
    bulk(elastic, actions.collect()).await
}

/// A profile as it is indexed.
fn document((profile, embedding): &Entry) -> Value {
    let numbers = numbers(profile.facts()).map(|(name, number)| (field(name), json!(number)));
    json!({
        "id": profile.id().as_str(),
        "text": profile.full_text(),
        "title": profile.plain_title(),
        "tags": tags(profile.facts()),
        "numbers": Value::Object(numbers.collect::<Map<_, _>>()),
        "record": record::of(profile),
        "vector": embedding.as_slice(),
    })
}

/// What the engine said of an action that it did not do.
struct Refusal {
    id: CandidateId,
    status: u64,
    reason: String,
}

async fn bulk(elastic: &Elastic, mut actions: Vec<(CandidateId, String)>) -> Result<(), Fault> {
    let sent = actions.len();
    let mut pause = Duration::from_millis(200);
    for tries in 1.. {
        let mut refused = Vec::new();
        for part in parts(&actions) {
            refused.extend(send(elastic, part).await?);
        }
        let busy = refused.iter().all(|refusal| refusal.status == 429);
        let Some(first) = refused.first() else {
            break;
        };
        if !busy || tries >= TRIES {
            return Err(Fault::Partly {
                sent,
                refused: refused.len(),
                id: first.id.clone(),
                source: first.reason.clone().into(),
            });
        }
        // The engine's queue is full: those alone that it did not take are sent again.
        let again: HashMap<&CandidateId, ()> = refused.iter().map(|one| (&one.id, ())).collect();
        actions.retain(|(id, _)| again.contains_key(id));
        Delay::new(pause).await;
        pause *= 2;
    }
    Ok(())
}

/// Actions in parts of about [`BYTES`].
fn parts(actions: &[(CandidateId, String)]) -> Vec<&[(CandidateId, String)]> {
    let (mut parts, mut from, mut bytes) = (Vec::new(), 0, 0);
    for (at, (_, lines)) in actions.iter().enumerate() {
        if bytes > 0 && bytes + lines.len() > BYTES {
            parts.push(&actions[from..at]);
            (from, bytes) = (at, 0);
        }
        bytes += lines.len();
    }
    parts.push(&actions[from..]);
    parts
}

async fn send(elastic: &Elastic, part: &[(CandidateId, String)]) -> Result<Vec<Refusal>, Fault> {
    let lines: String = part.iter().map(|(_, lines)| lines.as_str()).collect();
    let answer = elastic
        .client
        .json(Call::post(elastic.path("/_bulk")).lines(lines))
        .await?;
    let items = answer["items"].as_array().cloned().unwrap_or_default();
    if items.len() != part.len() {
        let told = format!("{} answers to {} actions", items.len(), part.len());
        return Err(Fault::Unavailable(told.into()));
    }
    let refused = part.iter().zip(&items).filter_map(|((id, _), item)| {
        let result = item.as_object()?.values().next()?;
        let status = result["status"].as_u64().unwrap_or(500);
        // Whom nobody knows cannot be deleted and need not be.
        let gone = status == 404 && item.get("delete").is_some();
        (status >= 300 && !gone).then(|| Refusal {
            id: id.clone(),
            status,
            reason: format!("{}: {}", result["error"]["type"], result["error"]["reason"]),
        })
    });
    Ok(refused.collect())
}
