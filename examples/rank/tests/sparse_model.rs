//! Search by sparse vectors beside embeddings and keywords.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod program;

use std::path::{Path, PathBuf};
use std::process::Output;

use program::told;
use serde_json::Value;

/// A tiny random model, as sentence-transformers writes it.
fn model(case: &str) -> PathBuf {
    let models = "../../crates/ranker-embed/tests/sparse";
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(models)
        .join(case)
}

fn rank(data: &Path, more: &[&str]) -> (Output, PathBuf) {
    let job = "Rust engineer\n\nBuilds search engines in Rust.";
    let people = [
        ("ana.txt", "Rust engineer\n\nSearch engines in Rust."),
        ("ben.txt", "Nurse\n\nIntensive care, night shifts."),
    ];
    program::rank(data, (job, &people), more)
}

#[test]
fn a_collection_is_searched_by_sparse_vectors_too() {
    let data = tempfile::tempdir().unwrap();
    let folder = model("router");
    let (ranked, json) = rank(data.path(), &["--sparse-model", folder.to_str().unwrap()]);
    if told(&ranked).contains("ONNX Runtime is not loaded") {
        assert!(!ranked.status.success());
        eprintln!("no ONNX Runtime: nothing else runs these models");
        return;
    }
    assert!(ranked.status.success(), "{}", told(&ranked));
    assert!(
        told(&ranked).contains("a table of weights reads 32 tokens of a job"),
        "{}",
        told(&ranked)
    );
    let json: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let first = &json["ranking"][0];
    assert!(first.to_string().contains("\"sparse\""), "{first}");
    let kept = || {
        let folders = std::fs::read_dir(data.path().join("kept")).unwrap();
        let mut files = folders
            .map(|folder| folder.unwrap().path())
            .collect::<Vec<_>>();
        let mut found = 0;
        while let Some(path) = files.pop() {
            found += usize::from(path.ends_with("sparse"));
            let inner = std::fs::read_dir(&path).into_iter().flatten();
            files.extend(inner.map(|inner| inner.unwrap().path()));
        }
        found
    };
    assert_eq!(kept(), 1);
    let (again, _) = rank(data.path(), &["--sparse-model", folder.to_str().unwrap()]);
    assert!(again.status.success(), "{}", told(&again));
    assert!(
        !told(&again).contains("weighing profiles"),
        "{}",
        told(&again)
    );
    let (alone, json) = rank(data.path(), &[]);
    assert!(
        alone.status.success() && told(&alone).contains("encode 0 profiles"),
        "{}",
        told(&alone)
    );
    let json: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert!(!json["ranking"][0].to_string().contains("\"sparse\""));
    assert_eq!(kept(), 1, "nobody has changed");
    std::fs::write(data.path().join("profiles/eva.txt"), "Cook\n\nSauces.").unwrap();
    let (more, _) = rank(data.path(), &[]);
    assert!(more.status.success(), "{}", told(&more));
    assert_eq!(kept(), 0, "its weights would be of texts of before");
}

#[test]
fn a_folder_of_another_kind_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let encoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/all-MiniLM-L6-v2");
    let (refused, _) = rank(data.path(), &["--sparse-model", encoder.to_str().unwrap()]);
    assert!(!refused.status.success());
    assert!(
        told(&refused).contains("SpladePooling"),
        "{}",
        told(&refused)
    );
}
