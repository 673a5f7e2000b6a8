//! Adapters that PEFT saved give the embeddings that PEFT computed (`scripts/golden_peft.py`).

use std::collections::BTreeMap;

use ranker_lora::{Encoder, LoraAdapter, Matrix};
use serde::Deserialize;

use crate::repository_model::pooled;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/peft");
const ADAPTERS: [&str; 5] = [
    "query-value",
    "all-linear-rslora",
    "dora",
    "bias-lora-only",
    "dora-bias-all",
];

#[derive(Deserialize)]
struct Expected {
    texts: Vec<Vec<u32>>,
    /// Embeddings of unit length, for the base and for each adapter.
    #[serde(flatten)]
    embeddings: BTreeMap<String, Vec<Vec<f64>>>,
}

fn expected() -> Expected {
    let text = std::fs::read_to_string(format!("{FOLDER}/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn check(name: &str, forward: impl Fn(&[u32]) -> Matrix) {
    let expected = expected();
    for (ids, expected) in expected.texts.iter().zip(&expected.embeddings[name]) {
        for (ours, theirs) in pooled(&forward(ids)).iter().zip(expected) {
            assert!(
                (ours - theirs).abs() < 1e-5,
                "{name}: {ours} is not {theirs}"
            );
        }
    }
}

fn adapter(name: &str) -> LoraAdapter {
    LoraAdapter::read(format!("{FOLDER}/{name}")).unwrap()
}

#[test]
fn the_base_embeds_as_in_pytorch() {
    let base = Encoder::read(FOLDER).unwrap();
    check("base", |ids| base.forward(ids).unwrap());
}

#[test]
fn adapters_embed_as_in_peft_beside_the_weights() {
    let base = Encoder::read(FOLDER).unwrap();
    for name in ADAPTERS {
        let adapter = adapter(name);
        let adapted = base.with_adapter(&adapter).unwrap();
        check(name, |ids| adapted.forward(ids).unwrap());
    }
}

#[test]
fn adapters_embed_as_in_peft_when_merged() {
    for name in ADAPTERS {
        let mut base = Encoder::read(FOLDER).unwrap();
        adapter(name).merge(&mut base).unwrap();
        check(name, |ids| base.forward(ids).unwrap());
    }
}

#[test]
fn writing_keeps_an_adapter_of_peft() {
    for name in ADAPTERS {
        let folder = tempfile::tempdir().unwrap();
        adapter(name).write(folder.path()).unwrap();
        assert_eq!(LoraAdapter::read(folder.path()).unwrap(), adapter(name));
    }
}

/// Writes every adapter to `target/peft-written`, where `scripts/golden_peft.py check` has PEFT read
/// it.
#[test]
#[ignore = "its result is for PEFT"]
fn write_for_peft() {
    let out = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peft-written");
    for name in ADAPTERS {
        adapter(name).write(format!("{out}/{name}")).unwrap();
    }
}
