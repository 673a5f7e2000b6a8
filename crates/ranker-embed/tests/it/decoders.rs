//! Decoders, and encoders that only ONNX Runtime runs, against transformers and sentence-transformers (`scripts/golden_decoders.py`).

use std::path::{Path, PathBuf};

use ranker_core::conformance;
use ranker_embed::{Backend, EmbedError, Embedder, LoadError, OnnxEmbedder, Pooling, Role};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{copy, runtime};

const CASES: [&str; 9] = [
    "gpt2",
    "mistral",
    "qwen3",
    "half",
    "llama",
    "gemma",
    "pooled",
    "distilbert",
    "modernbert",
];

fn path(case: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decoders")).join(case)
}

/// Decoders run under ONNX Runtime alone.
fn is_there() -> bool {
    runtime().library.is_some()
}

fn load(case: &str) -> OnnxEmbedder {
    OnnxEmbedder::from_dir(path(case)).unwrap()
}

fn folder(case: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&path(case), folder.path());
    folder
}

fn expected(case: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(case).join("expected.json")).unwrap()).unwrap()
}

/// The least cosine of what an embedder gives with what Python gives.
fn least(embedder: &OnnxEmbedder, expected: &Value) -> f32 {
    let texts: Vec<String> = serde_json::from_value(expected["texts"].clone()).unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut least = 1.0_f32;
    for (role, name) in [(Role::Query, "query"), (Role::Document, "document")] {
        let rows: Vec<Vec<f32>> = serde_json::from_value(expected[name].clone()).unwrap();
        let found = embedder.embed(&texts, role).unwrap();
        for (found, row) in found.iter().zip(rows) {
            let row = ranker_core::Embedding::normalized(row).unwrap();
            least = least.min(found.embedding.cosine(&row).unwrap());
        }
    }
    least
}

#[test]
fn embeddings_are_those_of_python() {
    if !is_there() {
        return;
    }
    for case in CASES {
        let embedder = load(case);
        let least = least(&embedder, &expected(case));
        // Of weights in 16 bits, which the reference has in 32.
        let limit = if case == "half" { 0.999_9 } else { 0.999_999 };
        assert!(least >= limit, "{case}: {least}");
        conformance::embedder(&embedder).unwrap();
    }
}

#[test]
fn no_embedding_depends_on_what_is_beside_it() {
    if !is_there() {
        return;
    }
    for case in CASES {
        let embedder = OnnxEmbedder::builder(path(case))
            .token_budget(100_000)
            .build()
            .unwrap();
        let texts = ["rust", "a nurse", "a much longer text about engines", "bus"];
        let together = embedder.embed(&texts, Role::Document).unwrap();
        for (text, together) in texts.iter().zip(together) {
            let alone = embedder.embed(&[text], Role::Document).unwrap();
            let cosine = together.embedding.cosine(&alone[0].embedding).unwrap();
            // In 16 bits sums are rounded otherwise.
            let limit = if case == "half" { 0.999_99 } else { 0.999_999 };
            assert!(cosine > limit, "{case}: {cosine}");
        }
    }
}

#[test]
fn the_ends_that_the_tokenizers_settings_ask_for_are_read() {
    if !is_there() {
        return;
    }
    let usage = |embedder: &OnnxEmbedder| embedder.usage(&["rust"], Role::Query).unwrap()[0].used;
    let folder = folder("mistral");
    // One at the start, out of either file, and one at the end.
    assert_eq!(usage(&OnnxEmbedder::from_dir(folder.path()).unwrap()), 6);
    let settings = folder.path().join("tokenizer_config.json");
    let write = |text: &str| std::fs::write(&settings, text).unwrap();
    write("{}");
    let without = OnnxEmbedder::from_dir(folder.path()).unwrap();
    assert_eq!(usage(&without), 5);
    assert!(
        least(&without, &expected("mistral")) < 0.99,
        "the end matters"
    );
    // What tokenizer.json has stays, whatever the flag; some makers leave it at false.
    write(r#"{"add_bos_token": false, "add_eos_token": true, "eos_token": {"content": "</s>"}}"#);
    assert_eq!(usage(&OnnxEmbedder::from_dir(folder.path()).unwrap()), 6);
    for wrong in [
        r#"{"add_eos_token": true}"#,
        r#"{"add_eos_token": true, "eos_token": "<|none|>"}"#,
    ] {
        write(wrong);
        let error = OnnxEmbedder::from_dir(folder.path()).unwrap_err();
        assert!(
            error.to_string().contains("tokenizer_config.json"),
            "{error}"
        );
    }
}

#[test]
fn the_last_token_is_assumed_of_a_decoder_alone() {
    if !is_there() {
        return;
    }
    let llama = load("llama");
    assert!(llama.pooling_is_assumed());
    assert_eq!(llama.pooling(), Pooling::LastToken);
    assert!(!load("qwen3").pooling_is_assumed());
}

#[test]
fn a_graph_that_pools_is_taken_at_its_word() {
    if !is_there() {
        return;
    }
    let pooled = load("pooled");
    assert!(pooled.pools_in_graph() && !pooled.pooling_is_assumed());
    assert!(matches!(
        pooled.embed_tokens(&["rust"], Role::Query),
        Err(EmbedError::NoTokenVectors { .. })
    ));
    let short = OnnxEmbedder::builder(path("pooled")).dimension(4).build();
    assert_eq!(short.unwrap().dimension(), 4);
    let otherwise = OnnxEmbedder::builder(path("pooled")).pooling(Pooling::Mean);
    let error = otherwise.build().unwrap_err();
    assert!(error.to_string().contains("pooling"), "{error}");
}

#[test]
fn the_first_components_of_a_decoder_can_stand_for_all() {
    if !is_there() {
        return;
    }
    let short = OnnxEmbedder::builder(path("qwen3"))
        .dimension(4)
        .build()
        .unwrap();
    let whole = load("qwen3").embed(&["rust"], Role::Query).unwrap();
    let whole = &whole[0].embedding.as_slice()[..4];
    let cut = ranker_core::Embedding::normalized(whole.to_vec()).unwrap();
    let found = short.embed(&["rust"], Role::Query).unwrap();
    assert!(found[0].embedding.cosine(&cut).unwrap() > 0.999_999);
}

#[test]
fn weights_beside_the_graph_are_in_the_id() {
    if !is_there() {
        return;
    }
    let folder = folder("qwen3");
    let id = || {
        let embedder = OnnxEmbedder::from_dir(folder.path()).unwrap();
        embedder.model_id().to_owned()
    };
    let before = id();
    let weights = folder.path().join("onnx/model.onnx_data");
    let mut bytes = std::fs::read(&weights).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    assert_ne!(before, id());
    std::fs::remove_file(&weights).unwrap();
    let error = OnnxEmbedder::from_dir(folder.path()).unwrap_err();
    assert!(matches!(error, LoadError::Graph { .. }), "{error}");
}

#[test]
fn the_cache_of_a_hub_holds_links() {
    if !is_there() || cfg!(windows) {
        return;
    }
    let hub = tempfile::tempdir().unwrap();
    let (blobs, snapshot) = (hub.path().join("blobs"), hub.path().join("snapshots/1"));
    std::fs::create_dir_all(&blobs).unwrap();
    let mut pending = vec![path("qwen3")];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let file = entry.unwrap().path();
            if file.is_dir() {
                pending.push(file);
                continue;
            }
            let name = file.strip_prefix(path("qwen3")).unwrap();
            let blob = blobs.join(name.to_string_lossy().replace('/', "-"));
            std::fs::copy(&file, &blob).unwrap();
            let link = snapshot.join(name);
            std::fs::create_dir_all(link.parent().unwrap()).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink(&blob, link).unwrap();
        }
    }
    let embedder = OnnxEmbedder::from_dir(&snapshot).unwrap();
    assert!(least(&embedder, &expected("qwen3")) > 0.999_999);
}

#[test]
fn one_graph_of_several_is_named() {
    if !is_there() {
        return;
    }
    let folder = folder("half");
    let graph = folder.path().join("onnx/model_fp16.onnx");
    std::fs::copy(&graph, folder.path().join("onnx/model_q4.onnx")).unwrap();
    let error = OnnxEmbedder::from_dir(folder.path()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("onnx/model_fp16.onnx, onnx/model_q4.onnx"),
        "{text}"
    );
    let named = OnnxEmbedder::builder(folder.path()).model_file("onnx/model_fp16.onnx");
    assert!(named.build().is_ok());
    let missing = OnnxEmbedder::builder(folder.path()).model_file("onnx/model_q8.onnx");
    let error = missing.build().unwrap_err();
    assert!(error.to_string().contains("model_q8.onnx"), "{error}");
}

#[test]
fn our_own_engine_says_what_it_needs() {
    let error = OnnxEmbedder::builder(path("gpt2")).backend(Backend::Native);
    let error = error.build().unwrap_err();
    let LoadError::Graph { source, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(source.to_string().contains("gpt2"), "{source}");
}
