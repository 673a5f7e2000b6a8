//! Changes: a transaction a profile.

use ranker_core::{CandidateId, Embedding};
use serde_json::{Map, json};

use super::Redis;
use super::filter::{PROFILE, TAGS, number_key, tag};
use super::resp::Commands;
use crate::adapter::condition::{numbered, numbers, tags};
use crate::adapter::engine::Entry;
use crate::adapter::fault::Fault;
use crate::record;

/// How many profiles go in one call; the server answers others between any two of them.
const BATCH: usize = 256;

pub(super) async fn write(redis: &Redis, entries: &[&Entry]) -> Result<(), Fault> {
    for entries in entries.chunks(BATCH) {
        let mut commands = Commands::default();
        for (profile, embedding) in entries {
            let id = profile.id().as_str().as_bytes();
            let attributes = attributes((profile, embedding));
            let record = record::of(profile).to_string();
            commands.say(["MULTI"]);
            // Scores are exact, so vectors are kept whole (`NOQUANT`).
            commands.add([
                b"VADD",
                redis.keys.vectors.as_bytes(),
                b"FP32",
                &bytes(embedding),
                id,
                b"NOQUANT",
                b"SETATTR",
                attributes.as_bytes(),
            ]);
            commands.add([
                b"HSET",
                redis.keys.profiles.as_bytes(),
                id,
                record.as_bytes(),
            ]);
            commands.say(["EXEC"]);
        }
        redis.ask(commands).await?;
    }
    Ok(())
}

pub(super) async fn erase(redis: &Redis, ids: &[CandidateId]) -> Result<(), Fault> {
    for ids in ids.chunks(BATCH) {
        let mut commands = Commands::default();
        for id in ids {
            commands.say(["MULTI"]);
            commands.say(["VREM", &redis.keys.vectors, id.as_str()]);
            commands.say(["HDEL", &redis.keys.profiles, id.as_str()]);
            commands.say(["EXEC"]);
        }
        redis.ask(commands).await?;
    }
    Ok(())
}

/// A vector as Redis takes it: 32-bit floats, the lowest byte first.
pub(super) fn bytes(embedding: &Embedding) -> Vec<u8> {
    let values = embedding.as_slice().iter();
    values.flat_map(|value| value.to_le_bytes()).collect()
}

/// What filters ask of a profile.
fn attributes((profile, _): (&ranker_core::Profile, &Embedding)) -> String {
    let facts = profile.facts();
    let mut own: Vec<String> = tags(facts).iter().map(|text| tag(text)).collect();
    own.push(tag(PROFILE));
    let mut attributes = Map::new();
    for (name, number) in numbers(facts) {
        own.push(tag(&numbered(name)));
        attributes.insert(number_key(name), json!(number));
    }
    attributes.insert(TAGS.to_owned(), json!(own));
    serde_json::Value::Object(attributes).to_string()
}
