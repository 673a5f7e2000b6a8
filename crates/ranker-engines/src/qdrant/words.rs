//! A text's words as a sparse vector, so that a dot product is BM25.

use std::collections::BTreeMap;

use ranker_core::{Expansion, words};
use serde_json::{Value, json};

/// BM25's saturation and its regard for length (Robertson and Zaragoza, 2009).
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// How often each word stands in a text, by the number that Qdrant knows it under.
fn counts(text: &str) -> BTreeMap<u32, f64> {
    let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
    for word in words(text) {
        let hash = blake3::hash(ranker_core::word_key(&word.text.to_lowercase()).as_bytes());
        let [a, b, c, d, ..] = *hash.as_bytes();
        *counts.entry(u32::from_le_bytes([a, b, c, d])).or_default() += 1.0;
    }
    counts
}

/// A profile's side: the saturated count of each word.
pub(super) fn document(text: &str, average: f64) -> Value {
    let counts = counts(text);
    let length: f64 = counts.values().sum();
    let norm = K1 * (1.0 - B + B * length / average);
    sparse(
        counts
            .into_iter()
            .map(|(word, count)| (word, count * (K1 + 1.0) / (count + norm))),
    )
}

/// A query's side: how often the job has each word, and the words that were added by their weights; `None`
/// where there is no word.
pub(super) fn query(job: &str, expansion: &Expansion) -> Option<Value> {
    let mut weights = counts(job);
    let mass: f64 = weights.values().sum();
    let heaviest = expansion
        .terms()
        .first()
        .map_or(0.0, |term| f64::from(term.weight()));
    // As in the embedded index: a word that was added never counts more than one of the job's own.
    let mass = mass.max(1.0).min(1.0 / heaviest.max(f64::MIN_POSITIVE));
    for term in expansion.terms() {
        for word in counts(term.text()).into_keys() {
            weights
                .entry(word)
                .or_insert(f64::from(term.weight()) * mass);
        }
    }
    (!weights.is_empty()).then(|| sparse(weights.into_iter()))
}

fn sparse(values: impl Iterator<Item = (u32, f64)>) -> Value {
    let (indices, values): (Vec<u32>, Vec<f64>) = values.unzip();
    json!({ "indices": indices, "values": values })
}
