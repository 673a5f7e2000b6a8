//! Changes: a transaction a profile.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use ranker_core::CandidateId;

use super::filter::indexed;
use super::words::{WORDS, split};
use super::{Keys, RECORD, RedisSearch, VECTOR};
use crate::adapter::condition::{numbered, numbers, tags};
use crate::adapter::engine::Entry;
use crate::adapter::fault::Fault;
use crate::record;
use crate::redis::filter::{PROFILE, TAGS, number_key, tag};
use crate::redis::resp::Commands;
use crate::redis::write::bytes;

/// How many profiles go in one call; the server answers others between any two of them.
const BATCH: usize = 256;

pub(super) async fn write(redis: &RedisSearch, entries: &[&Entry]) -> Result<(), Fault> {
    with_numbers(redis, entries).await?;
    for entries in entries.chunks(BATCH) {
        let mut commands = Commands::default();
        for (profile, embedding) in entries {
            let key = redis.key(profile.id());
            let facts = profile.facts();
            let words = split(&profile.full_text()).join(" ");
            let mut own: Vec<String> = tags(facts).iter().filter_map(|tag| indexed(tag)).collect();
            own.push(tag(PROFILE));
            let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
            for (name, number) in numbers(facts) {
                own.extend(indexed(&numbered(name)));
                fields.push((number_key(name), format!("{number:e}").into_bytes()));
            }
            fields.push((WORDS.to_owned(), words.into_bytes()));
            fields.push((TAGS.to_owned(), own.join(",").into_bytes()));
            fields.push((VECTOR.to_owned(), bytes(embedding)));
            fields.push((
                RECORD.to_owned(),
                record::of(profile).to_string().into_bytes(),
            ));
            commands.say(["MULTI"]);
            // Fields of an earlier version would stay.
            commands.add([b"DEL", &key[..]]);
            let fields = fields
                .iter()
                .flat_map(|(name, value)| [name.as_bytes(), &value[..]]);
            commands.add([&b"HSET"[..], &key[..]].into_iter().chain(fields));
            commands.say(["EXEC"]);
        }
        redis.pool.replies(commands).await?;
    }
    Ok(())
}

/// Adds the numbers of these profiles to the index, as far as they are not in it. Nobody who is stored has them yet, so nobody
/// is read anew for them.
async fn with_numbers(redis: &RedisSearch, entries: &[&Entry]) -> Result<(), Fault> {
    let known = || redis.numbers.lock().unwrap_or_else(PoisonError::into_inner);
    let named = entries
        .iter()
        .flat_map(|(profile, _)| numbers(profile.facts()));
    let mut new: BTreeSet<String> = named.map(|(name, _)| number_key(name)).collect();
    new.retain(|name| !known().contains(name));
    for name in new {
        let mut commands = Commands::default();
        let Keys { index, about, .. } = &*redis.keys;
        // For whoever makes the index anew one day.
        commands.say(["HSET", about, &name, "number"]);
        commands.add(
            [
                "FT.ALTER",
                index,
                "SKIPINITIALSCAN",
                "SCHEMA",
                "ADD",
                &name,
                "NUMERIC",
            ]
            .map(str::as_bytes),
        );
        match redis.pool.replies(commands).await {
            Ok(_) => {}
            Err(fault) if fault.says("Duplicate field") => {}
            Err(fault) => return Err(fault),
        }
        known().insert(name);
    }
    Ok(())
}

pub(super) async fn erase(redis: &RedisSearch, ids: &[CandidateId]) -> Result<(), Fault> {
    for ids in ids.chunks(BATCH) {
        let keys: Vec<Vec<u8>> = ids.iter().map(|id| redis.key(id)).collect();
        let mut commands = Commands::default();
        commands.add(
            [&b"DEL"[..]]
                .into_iter()
                .chain(keys.iter().map(Vec::as_slice)),
        );
        redis.pool.replies(commands).await?;
    }
    Ok(())
}
