//! Encoders that weigh a vocabulary, against sentence-transformers (`scripts/golden_sparse.py`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ranker_core::conformance;
use ranker_embed::{
    Backend, EmbedError, LoadError, OnnxEmbedder, OnnxSparseEmbedder, OnnxSparseEmbedderBuilder,
    Role, SparseEmbedder,
};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{backends, copy};

const CASES: [&str; 5] = ["max", "sum", "router", "roberta", "plain"];

fn path(case: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sparse")).join(case)
}

fn folder(case: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&path(case), folder.path());
    folder
}

fn change(folder: &TempDir, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.path().join(file);
    let mut value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

/// Whether this machine has ONNX Runtime: there is no other engine for these models.
fn runs() -> bool {
    backends().contains(&Backend::OnnxRuntime)
}

fn load(folder: impl AsRef<Path>) -> OnnxSparseEmbedder {
    OnnxSparseEmbedder::from_dir(folder).unwrap()
}

fn whole(error: &dyn std::error::Error) -> String {
    let source = error.source().map(whole);
    format!("{error}: {}", source.unwrap_or_default())
}

#[test]
fn weights_are_those_of_python() {
    if !runs() {
        return;
    }
    for case in CASES {
        let expected: Value =
            serde_json::from_slice(&std::fs::read(path(case).join("expected.json")).unwrap())
                .unwrap();
        let texts: Vec<String> = serde_json::from_value(expected["texts"].clone()).unwrap();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let encoder = load(path(case));
        for (role, name) in [(Role::Query, "query"), (Role::Document, "document")] {
            let rows: Vec<Vec<f32>> = serde_json::from_value(expected[name].clone()).unwrap();
            let found = encoder.embed_sparse(&texts, role).unwrap();
            assert_eq!(
                (found.len(), encoder.vocabulary()),
                (rows.len(), rows[0].len())
            );
            for (found, row) in found.iter().zip(&rows) {
                let positive = row.iter().filter(|weight| **weight > 0.0).count();
                assert_eq!(found.vector.len(), positive, "{case}, {name}");
                assert!(positive > 0, "{case}, {name}: the case says something");
                for (id, weight) in (0..).zip(row) {
                    let gap = (found.vector.weight(id) - weight).abs();
                    assert!(gap < 2e-5, "{case}, {name}, {id}: {gap}");
                }
            }
        }
    }
}

#[test]
fn the_contract_is_kept() {
    if !runs() {
        return;
    }
    for case in CASES {
        conformance::sparse_embedder(&load(path(case))).unwrap();
    }
}

#[test]
fn queries_without_inference_need_no_model() {
    if !runs() {
        return;
    }
    let encoder = load(path("router"));
    assert_eq!(encoder.backend(Role::Query), "a table of weights");
    assert!(encoder.backend(Role::Document).starts_with("ONNX Runtime"));
    let once = encoder.embed_sparse(&["rust nurse"], Role::Query).unwrap();
    let again = encoder
        .embed_sparse(&["nurse rust rust"], Role::Query)
        .unwrap();
    assert_eq!(once[0].vector, again[0].vector, "how often does not count");
    let names = once[0].vector.ids().iter().map(|&id| encoder.entry(id));
    // The script set the weight of `nurse` to 0.
    assert_eq!(names.collect::<Vec<_>>(), [Some("rust".to_owned())]);
}

#[test]
fn what_was_read_is_told() {
    if !runs() {
        return;
    }
    let text = "rust ".repeat(50);
    let encoder = load(path("max"));
    let usage = encoder.usage(&[&text], Role::Document).unwrap()[0];
    assert_eq!((usage.tokens, usage.used), (52, 32));
    let read = encoder.embed_sparse(&[&text], Role::Document).unwrap();
    assert_eq!(read[0].usage, usage);
    let wider = OnnxSparseEmbedder::builder(path("max"))
        .max_tokens(40)
        .build()
        .unwrap();
    assert_eq!(wider.usage(&[&text], Role::Query).unwrap()[0].used, 40);
    let few = OnnxSparseEmbedder::builder(path("max"))
        .most_weights(3)
        .build()
        .unwrap();
    let weights = |encoder: &OnnxSparseEmbedder| {
        encoder.embed_sparse(&["rust nurse"], Role::Query).unwrap()[0]
            .vector
            .clone()
    };
    assert_eq!(weights(&few), weights(&encoder).strongest(3));
    assert_eq!(weights(&few).len(), 3);
}

#[test]
fn every_part_is_in_the_id() {
    if !runs() {
        return;
    }
    let id = |builder: OnnxSparseEmbedderBuilder| builder.build().unwrap().model_id().to_owned();
    let at = |folder: &TempDir| OnnxSparseEmbedder::builder(folder.path());
    let max = folder("max");
    let mut seen = vec![
        id(at(&max)),
        id(at(&max).max_tokens(20)),
        id(at(&max).most_weights(4)),
    ];
    change(&max, "1_SpladePooling/config.json", |all| {
        all["pooling_strategy"] = json!("sum")
    });
    seen.push(id(at(&max)));
    change(&max, "config_sentence_transformers.json", |all| {
        all["prompts"]["query"] = json!("query: ");
    });
    seen.push(id(at(&max)));
    change(&max, "tokenizer.json", |all| {
        all["normalizer"]["strip_accents"] = json!(true)
    });
    seen.push(id(at(&max)));
    let router = folder("router");
    seen.push(id(at(&router)));
    let weights = router
        .path()
        .join("query_0_SparseStaticEmbedding/model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let last = bytes.len() - 4;
    bytes[last] ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    seen.push(id(at(&router)));
    let distinct: BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "{seen:?}");
}

#[test]
fn texts_and_settings_that_mean_nothing_are_refused() {
    if !runs() {
        return;
    }
    let encoder = load(path("router"));
    for role in [Role::Query, Role::Document] {
        let empty = encoder.embed_sparse(&["rust", " "], role);
        assert!(matches!(empty, Err(EmbedError::EmptyText { index: 1 })));
    }
    let setting = |builder: OnnxSparseEmbedderBuilder| match builder.build().unwrap_err() {
        LoadError::Setting { setting, .. } => setting,
        error => panic!("{error}"),
    };
    let max = || OnnxSparseEmbedder::builder(path("max"));
    assert_eq!(setting(max().max_tokens(41)), "max_tokens");
    assert_eq!(setting(max().max_tokens(2)), "max_tokens");
    assert_eq!(setting(max().most_weights(0)), "most_weights");
    assert_eq!(setting(max().threads(0)), "threads");
    assert_eq!(setting(max().token_budget(0)), "token_budget");
}

#[test]
fn folders_that_do_not_fit_together_are_refused_by_name() {
    if !runs() {
        return;
    }
    let refused =
        |folder: &TempDir| whole(&OnnxSparseEmbedder::from_dir(folder.path()).unwrap_err());
    let max = folder("max");
    change(&max, "config.json", |all| all["vocab_size"] = json!(46));
    assert!(refused(&max).contains("fill-mask"), "{}", refused(&max));
    let missing = folder("max");
    std::fs::remove_file(missing.path().join("onnx/model.onnx")).unwrap();
    assert!(refused(&missing).contains("model.onnx"));
    let words = folder("max");
    change(&words, "tokenizer.json", |all| {
        all["model"]["vocab"]["more"] = json!(45)
    });
    assert!(refused(&words).contains("45"), "{}", refused(&words));

    let router = folder("router");
    let table = router
        .path()
        .join("query_0_SparseStaticEmbedding/model.safetensors");
    let write = |name: &str, values: &[f32], shape: Vec<usize>| {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let view = TensorView::new(Dtype::F32, shape, &bytes).unwrap();
        safetensors::serialize_to_file([(name, view)], None, &table).unwrap();
        refused(&router)
    };
    for case in ["max", "router"] {
        let dense = whole(&OnnxEmbedder::from_dir(path(case)).unwrap_err());
        assert!(dense.contains("OnnxSparseEmbedder"), "{dense}");
    }
    let mut weights = vec![1.0; 45];
    assert!(write("other", &weights, vec![45]).contains("`weight` is missing"));
    assert!(write("weight", &weights, vec![5, 9]).contains("shape"));
    assert!(write("weight", &weights[..20], vec![20]).contains("20 weights"));
    assert!(write("weight", &[1.0; 50], vec![50]).contains("cannot be compared"));
    weights[7] = -0.5;
    assert!(write("weight", &weights, vec![45]).contains("token 7 weighs -0.5"));
    weights[7] = f32::NAN;
    assert!(write("weight", &weights, vec![45]).contains("NaN"));
}
