//! Sequence classifiers of others as cross-encoders, against `CrossEncoder` of sentence-transformers
//! (`scripts/golden_rerankers.py`).

use std::path::{Path, PathBuf};

use ranker_core::conformance;
use ranker_embed::{Backend, FolderError, LoadError, OnnxCrossEncoder, OnnxEmbedder};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{copy, runtime};

const CASES: [&str; 5] = ["identity", "sigmoid", "inference", "several", "decoder"];

fn path(case: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/classifiers")).join(case)
}

fn is_there() -> bool {
    runtime().library.is_some()
}

fn expected(case: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(case).join("expected.json")).unwrap()).unwrap()
}

/// A number a pair, or one for each label.
fn row(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(_) => serde_json::from_value(value.clone()).unwrap(),
        one => vec![serde_json::from_value(one.clone()).unwrap()],
    }
}

fn folder(case: &str, change: impl FnOnce(&mut Value)) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&path(case), folder.path());
    let config = folder.path().join("config.json");
    let mut value: Value = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(config, value.to_string()).unwrap();
    folder
}

fn check(case: &str, cross: &OnnxCrossEncoder) {
    let golden = expected(case);
    let documents: Vec<String> = serde_json::from_value(golden["documents"].clone()).unwrap();
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    // Of weights in 16 bits, which the reference has in 32.
    let most = if case == "decoder" { 5e-3 } else { 1e-5 };
    for (query, scores) in [("query", "scores"), ("long", "long_scores")] {
        let found = cross.predict(golden[query].as_str().unwrap(), &documents);
        let scores = golden[scores].as_array().unwrap();
        for (found, expected) in found.unwrap().iter().zip(scores) {
            let gap = crate::support::gap(found, &row(expected));
            assert!(gap < most, "{case} on {}: {gap}", cross.backend());
        }
    }
}

#[test]
fn predictions_are_those_of_python() {
    if !is_there() {
        return;
    }
    for case in CASES {
        let cross = OnnxCrossEncoder::from_dir(path(case)).unwrap();
        check(case, &cross);
        conformance::feature_extractor(&cross).unwrap();
    }
}

#[test]
fn our_own_engine_gives_the_same_of_one_label() {
    runtime();
    for case in ["identity", "sigmoid"] {
        let native = OnnxCrossEncoder::builder(path(case))
            .backend(Backend::Native)
            .model_file("model.safetensors");
        check(case, &native.build().unwrap());
    }
    let several = OnnxCrossEncoder::with_backend(path("inference"), Backend::Native);
    assert!(matches!(several.unwrap_err(), LoadError::Graph { .. }));
}

#[test]
fn the_sigmoid_of_a_score_is_the_probability_of_its_label() {
    if !is_there() {
        return;
    }
    for (case, name) in [
        ("inference", "entailment"),
        ("several", "relevant"),
        ("sigmoid", ""),
    ] {
        let cross = OnnxCrossEncoder::from_dir(path(case)).unwrap();
        assert!(
            cross
                .labels()
                .get(cross.label())
                .is_some_and(|label| label.contains(name))
        );
        let documents = ["rust", "nurse nurse", "query: rust nurse"];
        let scores = cross.score("rust nurse", &documents).unwrap();
        let predicted = cross.predict("rust nurse", &documents).unwrap();
        for (score, predicted) in scores.iter().zip(predicted) {
            let probability = 1.0 / (1.0 + (-score).exp());
            assert!(
                (probability - predicted[cross.label()]).abs() < 1e-6,
                "{case}"
            );
        }
    }
}

#[test]
fn a_label_is_chosen_by_name_and_never_guessed() {
    if !is_there() {
        return;
    }
    let usual = OnnxCrossEncoder::from_dir(path("inference")).unwrap();
    let other = OnnxCrossEncoder::builder(path("inference")).label("Neutral");
    let other = other.build().unwrap();
    assert_eq!((usual.label(), other.label()), (1, 2));
    assert_ne!(usual.model_id(), other.model_id());
    let score = |cross: &OnnxCrossEncoder| cross.score("rust", &["nurse"]).unwrap();
    assert_ne!(score(&usual), score(&other));

    let unknown = OnnxCrossEncoder::builder(path("inference")).label("good");
    let text = unknown.build().unwrap_err().to_string();
    assert!(
        text.contains("contradiction, entailment, neutral"),
        "{text}"
    );
    let stars = folder("inference", |config| {
        config["id2label"] = serde_json::json!({"0": "1 star", "1": "2 stars", "2": "3 stars"});
    });
    let text = OnnxCrossEncoder::from_dir(stars.path())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("choose one of the 3: 1 star, 2 stars, 3 stars"),
        "{text}"
    );
}

#[test]
fn what_the_folder_says_of_labels_must_fit() {
    if !is_there() {
        return;
    }
    let two = folder("inference", |config| {
        config["id2label"] = serde_json::json!({"0": "no", "1": "yes"});
    });
    let error = OnnxCrossEncoder::from_dir(two.path()).unwrap_err();
    assert!(
        matches!(&error, LoadError::Folder(FolderError::Invalid { .. })),
        "{error}"
    );
    let gap = folder("inference", |config| {
        config["id2label"] = serde_json::json!({"0": "no", "2": "yes"});
    });
    assert!(OnnxCrossEncoder::from_dir(gap.path()).is_err());

    // Where nothing says otherwise: the sigmoid of one label. The oldest spelling counts too.
    let class = "torch.nn.modules.linear.Identity";
    for (key, value) in [
        (
            "sentence_transformers",
            serde_json::json!({"activation_fn": class}),
        ),
        ("sbert_ce_default_activation_function", class.into()),
    ] {
        let folder = folder("sigmoid", |config| config[key] = value);
        std::fs::remove_file(folder.path().join("config_sentence_transformers.json")).unwrap();
        let cross = OnnxCrossEncoder::from_dir(folder.path()).unwrap();
        let (score, predicted) = (
            cross.score("rust", &["nurse"]),
            cross.predict("rust", &["nurse"]),
        );
        assert_eq!(predicted.unwrap()[0], score.unwrap(), "{key}");
    }
    let odd = folder("sigmoid", |config| {
        config["sentence_transformers"] = serde_json::json!({"activation_fn": "our.own.Scale"});
    });
    std::fs::remove_file(odd.path().join("config_sentence_transformers.json")).unwrap();
    let error = OnnxCrossEncoder::from_dir(odd.path()).unwrap_err();
    assert!(error.to_string().contains("our.own.Scale"), "{error}");
}

#[test]
fn limits_are_those_of_the_folder_or_below_the_positions() {
    if !is_there() {
        return;
    }
    let limited = |tokens| {
        let builder = OnnxCrossEncoder::builder(path("identity"));
        builder.max_tokens(tokens).build()
    };
    assert_eq!(
        OnnxCrossEncoder::from_dir(path("identity"))
            .unwrap()
            .max_tokens(),
        24
    );
    let short = limited(12).unwrap();
    let long = limited(32).unwrap();
    // A query below half of the limit is whole: what follows the document's first tokens is not read.
    let rust = "rust ".repeat(40);
    let score =
        |cross: &OnnxCrossEncoder, document: &str| cross.score("nurse", &[document]).unwrap();
    assert_eq!(
        score(&short, &rust),
        score(&short, &format!("{rust} nurse"))
    );
    assert_ne!(score(&short, &rust), score(&long, &rust));
    assert!(limited(33).is_err() && limited(2).is_err());
}

#[test]
fn a_classifier_is_no_embedder() {
    if !is_there() {
        return;
    }
    let error = OnnxEmbedder::from_dir(path("identity")).unwrap_err();
    assert!(matches!(error, LoadError::Graph { .. }), "{error}");
}
