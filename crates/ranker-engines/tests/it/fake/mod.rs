//! Fakes: servers that answer as an engine's published interface says, and refuse what it refuses.
//!
//! They are no engines. They search exactly, in memory, and know no more of an interface than the adapters
//! use; whatever else is sent is an error, so that a mistake in a request does not pass.

pub(crate) mod elastic;
mod elastic_query;
pub(crate) mod milvus;
mod milvus_expression;
pub(crate) mod pinecone;
pub(crate) mod qdrant;
pub(crate) mod server;

use serde_json::Value;

/// Refuses keys that an interface does not have.
pub(crate) fn only(object: &Value, keys: &[&str]) -> Result<(), String> {
    let object = object
        .as_object()
        .ok_or_else(|| format!("no object: {object}"))?;
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key [{key}], these are known: {keys:?}")),
        None => Ok(()),
    }
}

pub(crate) fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

pub(crate) fn strings(value: &Value) -> Result<Vec<String>, String> {
    let items = value
        .as_array()
        .ok_or_else(|| format!("no list: {value}"))?;
    let items = items.iter().map(|item| item.as_str().map(str::to_owned));
    items
        .collect::<Option<_>>()
        .ok_or_else(|| format!("no list of strings: {value}"))
}

pub(crate) fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
