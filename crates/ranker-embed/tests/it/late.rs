//! Models of late interaction, against PyLate and sentence-transformers (`scripts/golden_late.py`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ranker_core::conformance;
use ranker_embed::{
    Backend, DistilError, DistilOptions, EmbedError, Embedder, LoadError, OnnxEmbedder,
    OnnxEmbedderBuilder, Pooling, Role, StaticEmbedder, Windowed, WithTokens,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Tiny, backends, copy};

const CASES: [&str; 7] = [
    "pylate", "attend", "plain", "roberta", "original", "fixed", "min",
];

fn path(case: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/late")).join(case)
}

fn folder(case: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&path(case), folder.path());
    folder
}

fn read(path: impl AsRef<Path>) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn change(folder: &TempDir, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.path().join(file);
    let mut value = read(&path);
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

fn load(folder: impl AsRef<Path>) -> OnnxEmbedder {
    OnnxEmbedder::from_dir(folder).unwrap()
}

/// The engines that run a case: ONNX Runtime needs a graph.
fn engines(case: &str) -> Vec<OnnxEmbedderBuilder> {
    let on = |backend| OnnxEmbedder::builder(path(case)).backend(backend);
    let mut engines = vec![on(Backend::Native)];
    let graph = path("graphs").join(format!("{case}.onnx"));
    if graph.is_file() && backends().contains(&Backend::OnnxRuntime) {
        engines.push(on(Backend::OnnxRuntime).model_file(graph));
    }
    engines
}

fn texts(expected: &Value) -> Vec<String> {
    serde_json::from_value(expected["texts"].clone()).unwrap()
}

/// An error with those that caused it.
fn whole(error: &dyn std::error::Error) -> String {
    let source = error.source().map(whole);
    format!("{error}: {}", source.unwrap_or_default())
}

#[test]
fn token_vectors_are_those_of_python() {
    for case in CASES {
        let expected = read(path(case).join("expected.json"));
        let texts = texts(&expected);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for builder in engines(case) {
            let encoder = builder.build().unwrap();
            assert!(encoder.is_late());
            for (role, name) in [(Role::Query, "query"), (Role::Document, "document")] {
                let found = encoder.embed_tokens(&texts, role).unwrap();
                let rows: Vec<Vec<Vec<f32>>> =
                    serde_json::from_value(expected[name].clone()).unwrap();
                for (found, rows) in found.iter().zip(rows) {
                    let place = format!("{case}, {name}, {}", encoder.backend());
                    assert_eq!(found.len(), rows.len(), "{place}");
                    for (found, row) in found.vectors().zip(rows) {
                        let gaps = found.iter().zip(&row).map(|(a, b)| (a - b).abs());
                        let gap = gaps.fold(0.0, f32::max);
                        assert!(found.len() == row.len() && gap < 2e-5, "{place}: {gap}");
                    }
                }
            }
        }
    }
}

#[test]
fn spans_are_those_of_the_texts_own_tokens_and_empty_for_others() {
    let encoder = load(path("pylate"));
    let spans = |text: &str, role| {
        encoder.embed_tokens(&[text], role).unwrap()[0]
            .spans()
            .to_vec()
    };
    // [CLS] [D] rust , nurse [SEP], without the comma.
    assert_eq!(
        spans("rust, nurse", Role::Document),
        [0..0, 0..0, 0..4, 6..11, 11..11]
    );
    let query = spans("rust, nurse", Role::Query);
    assert_eq!(query[..6], [0..0, 0..0, 0..4, 4..5, 6..11, 11..11]);
    assert_eq!(query[6..], vec![0..0; 6], "masks");
    // The prompt's tokens are compared, and stand for nothing of the text.
    let query = load(path("min"))
        .embed_tokens(&["nurse"], Role::Query)
        .unwrap();
    let own: Vec<_> = query[0]
        .spans()
        .iter()
        .filter(|span| !span.is_empty())
        .collect();
    assert_eq!(own, [&(0..5)]);
}

#[test]
fn what_was_read_is_told_by_role() {
    let encoder = load(path("pylate"));
    let long = "rust ".repeat(40);
    let usage = |encoder: &OnnxEmbedder, text: &str, role| {
        let usage = encoder.usage(&[text], role).unwrap()[0];
        (usage.tokens, usage.used)
    };
    assert_eq!(usage(&encoder, &long, Role::Query), (43, 12));
    assert_eq!(usage(&encoder, &long, Role::Document), (43, 16));
    // Masks are none of a text's tokens.
    assert_eq!(usage(&encoder, "rust", Role::Query), (4, 4));
    let wider = OnnxEmbedder::builder(path("pylate"))
        .query_tokens(30)
        .max_tokens(40);
    let wider = wider.build().unwrap();
    assert_eq!(usage(&wider, &long, Role::Query), (43, 30));
    assert_eq!(usage(&wider, &long, Role::Document), (43, 40));
    assert_ne!(encoder.model_id(), wider.model_id());
    // Short queries are filled up to the folder's length, as ever.
    let tokens = |encoder: &OnnxEmbedder| encoder.embed_tokens(&["rust"], Role::Query).unwrap();
    assert_eq!(tokens(&encoder), tokens(&wider));
}

#[test]
fn there_is_no_embedding_but_anothers() {
    let tokens = load(path("pylate"));
    for error in [
        tokens.embed(&["rust"], Role::Query).unwrap_err(),
        tokens
            .embed_with_tokens(&["rust"], Role::Document)
            .unwrap_err(),
    ] {
        let named =
            matches!(&error, EmbedError::NoTextVectors { model } if model == tokens.model_id());
        assert!(named, "{error}");
    }
    assert_eq!(tokens.dimension(), 6);
    let table = StaticEmbedder::distil(&tokens, &DistilOptions::new(), &mut |_, _| {});
    let none = matches!(
        table,
        Err(DistilError::Encode(EmbedError::NoTextVectors { .. }))
    );
    assert!(none, "a table is of vectors of texts");

    let tiny = Tiny::new();
    let tiny = tiny.builder().build().unwrap();
    let (id, dimension) = (tiny.model_id().to_owned(), tiny.dimension());
    let alone = tiny.embed(&["rust", "nurse"], Role::Query).unwrap();
    let tokens = Arc::new(tokens);
    let both = WithTokens::new(tiny, Arc::clone(&tokens));
    conformance::embedder(&both).unwrap();
    assert_eq!(both.model_id(), format!("{id}+{}", tokens.model_id()));
    assert_eq!(both.dimension(), dimension);
    let made = both
        .embed_with_tokens(&["rust", "nurse"], Role::Query)
        .unwrap();
    let vectors = tokens
        .embed_tokens(&["rust", "nurse"], Role::Query)
        .unwrap();
    for ((made, alone), vectors) in made.iter().zip(&alone).zip(&vectors) {
        assert_eq!(made.embedded.embedding, alone.embedding);
        assert_eq!(&made.tokens, vectors);
    }
    // Whichever reads less of a text says what was read.
    let text = "rust ".repeat(20);
    let read = |both: &dyn Embedder| both.embed(&[&text], Role::Query).unwrap()[0].usage.used;
    assert_eq!(read(&both), 10);
    let short = OnnxEmbedder::builder(path("pylate")).query_tokens(6);
    let tiny = Tiny::new().builder().build().unwrap();
    assert_eq!(read(&WithTokens::new(tiny, short.build().unwrap())), 6);
}

#[test]
fn windows_have_the_marks_of_each() {
    let encoder = Arc::new(load(path("pylate")));
    let windowed = Windowed::new(Arc::clone(&encoder));
    let text =
        "rust nurse, engineer rust nurse engineer rust.\nnurse query words rust nurse rust rust";
    let usage = windowed.usage(&[text], Role::Document).unwrap();
    assert!(!usage[0].is_cut(), "{usage:?}");
    let found = windowed.embed_tokens(&[text], Role::Document).unwrap();
    let first = encoder.embed_tokens(&[text], Role::Document).unwrap();
    assert!(found[0].len() > first[0].len());
    assert!(
        found[0]
            .spans()
            .iter()
            .all(|span| text.get(span.clone()).is_some())
    );
    assert!(
        found[0]
            .spans()
            .iter()
            .any(|span| span.end == text.len() && !span.is_empty())
    );
    conformance::embedder(&WithTokens::new(
        Tiny::new().builder().build().unwrap(),
        windowed,
    ))
    .unwrap();
}

#[test]
fn every_setting_is_in_the_id() {
    let folder = folder("pylate");
    let id = || load(folder.path()).model_id().to_owned();
    let mut seen = vec![id()];
    let file = "config_sentence_transformers.json";
    for (name, value) in [
        ("query_length", json!(13)),
        ("document_length", json!(17)),
        ("skiplist_words", json!(["."])),
        ("attend_to_expansion_tokens", json!(true)),
        ("do_query_expansion", json!(false)),
        ("query_prefix", json!("[unused0]")),
        ("document_prefix", json!("")),
    ] {
        change(&folder, file, |config| config[name] = value);
        seen.push(id());
    }
    let weights = folder.path().join("1_Dense/model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    seen.push(id());
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "{seen:?}");
}

#[test]
fn what_would_be_computed_wrongly_is_refused_by_name() {
    let refused = |case: &str, file: &str, how: &dyn Fn(&mut Value), what: &str| {
        let folder = folder(case);
        change(&folder, file, how);
        let error = whole(&OnnxEmbedder::from_dir(folder.path()).unwrap_err());
        assert!(error.contains(what), "{case}, {file}: {error}");
    };
    let settings = "config_sentence_transformers.json";
    refused(
        "pylate",
        settings,
        &|all| all["query_prefix"] = json!("[no]"),
        "[no]",
    );
    refused(
        "fixed",
        settings,
        &|all| all["query_prefix"] = json!("[Q]"),
        "query_prefix",
    );
    refused(
        "pylate",
        settings,
        &|all| all["query_length"] = json!(3),
        "query_tokens",
    );
    refused(
        "pylate",
        settings,
        &|all| all["document_length"] = json!(2),
        "max_tokens",
    );
    let module = |all: &mut Value| all[1]["type"] = json!("pylate.models.LSTM");
    refused("pylate", "modules.json", &module, "LSTM");
    let dense = |all: &mut Value| all["module_input_name"] = json!("sentence_embedding");
    refused(
        "pylate",
        "1_Dense/config.json",
        &dense,
        "sentence_embedding",
    );
    refused(
        "original",
        "artifact.metadata",
        &|all| all["similarity"] = json!("l2"),
        "l2",
    );
    refused(
        "original",
        "artifact.metadata",
        &|all| all["dim"] = json!(7),
        "linear.weight",
    );
    let unknown = |all: &mut Value| all["query_expansion"]["strategy"] = json!("all");
    refused("fixed", "sentence_bert_config.json", &unknown, "strategy");
    let last = |all: &mut Value| drop(all.as_array_mut().unwrap().pop());
    refused("fixed", "modules.json", &last, "unit length");
    // Without the settings that make it one, it is an encoder whose `Dense` stands before any pooling.
    refused(
        "original",
        "config.json",
        &|all| all["architectures"] = json!(["BertModel"]),
        "linear.weight",
    );
}

#[test]
fn settings_of_other_models_are_refused() {
    let setting = |builder: OnnxEmbedderBuilder| match builder.build().unwrap_err() {
        LoadError::Setting { setting, .. } => setting,
        error => panic!("{error}"),
    };
    assert_eq!(
        setting(Tiny::new().builder().query_tokens(20)),
        "query_tokens"
    );
    let late = || OnnxEmbedder::builder(path("pylate"));
    assert_eq!(setting(late().pooling(Pooling::Mean)), "pooling");
    assert_eq!(setting(late().query_tokens(41)), "query_tokens");
    assert_eq!(setting(late().query_tokens(3)), "query_tokens");
    assert_eq!(setting(late().dimension(7)), "dimension");
    let cut = late().dimension(4).build().unwrap();
    let found = cut.embed_tokens(&["rust"], Role::Document).unwrap();
    assert_eq!(found[0].dimension(), 4);
}
