//! Late interaction by a model of its own, beside the encoder.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

mod program;

use std::path::{Path, PathBuf};
use std::process::Output;

use program::told;
use serde_json::Value;

/// A folder as PyLate writes it, of a tiny random model.
fn late() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/ranker-embed/tests/late/pylate")
}

fn rank(data: &Path, more: &[&str]) -> (Output, PathBuf) {
    let job = "Rust engineer\n\nBuilds search engines in Rust and measures them.";
    let people = [
        (
            "ana.txt",
            "Rust engineer\n\nSearch engines in Rust, measured with judged queries.",
        ),
        (
            "ben.txt",
            "Nurse\n\nIntensive care, night shifts, ventilated patients.",
        ),
        (
            "eva.txt",
            "Cook\n\nSauces, fish station, 120 covers a night.",
        ),
    ];
    program::rank(data, (job, &people), more)
}

#[test]
fn a_collection_is_ranked_with_its_token_vectors() {
    let data = tempfile::tempdir().unwrap();
    let late = late();
    let late = late.to_str().unwrap();
    let read =
        |json: &Path| -> Value { serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap() };
    let (alone, json) = rank(data.path(), &[]);
    assert!(alone.status.success(), "{}", told(&alone));
    let alone = read(&json);
    let (beside, json) = rank(
        data.path(),
        &["--token-model", late, "--query-tokens", "40"],
    );
    assert!(beside.status.success(), "{}", told(&beside));
    assert!(
        told(&beside).contains("reads 40 tokens of a job and 16 of a profile"),
        "{}",
        told(&beside)
    );
    let beside = read(&json);
    let id = |ranking: &Value| ranking["encoder"].as_str().unwrap().to_owned();
    let own = id(&alone);
    assert!(
        id(&beside).starts_with(&format!("{own}+pylate@")),
        "{beside}"
    );
    // Words and embeddings are the same, what late interaction says is not.
    let maxsim = |ranking: &Value| {
        let parts = ranking.to_string();
        parts.matches("\"maxsim\"").count()
    };
    assert_eq!(maxsim(&beside), maxsim(&alone));
    assert_ne!(beside, alone);
    // The next run finds what was encoded.
    let (again, json) = rank(
        data.path(),
        &["--token-model", late, "--query-tokens", "40"],
    );
    assert!(
        told(&again).contains("encode 0 profiles"),
        "{}",
        told(&again)
    );
    assert_eq!(read(&json)["ranking"], beside["ranking"]);
}

#[test]
fn models_in_each_others_place_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let late = late();
    let late = late.to_str().unwrap();
    let (refused, _) = rank(data.path(), &["--model", late]);
    assert!(
        told(&refused).contains("--token-model"),
        "{}",
        told(&refused)
    );
    let encoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/all-MiniLM-L6-v2");
    let (refused, _) = rank(data.path(), &["--token-model", encoder.to_str().unwrap()]);
    assert!(told(&refused).contains("--model"), "{}", told(&refused));
}
