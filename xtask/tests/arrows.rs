//! The arrows between the workspace's crates, held against the design.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Every arrow that is allowed, from a crate to ours that it may depend on.
const ALLOWED: [(&str, &[&str]); 15] = [
    ("ranker-core", &[]),
    ("ranker-eval", &["ranker-core"]),
    // What a model folder means, for the crate that serves encoders and the one that trains them.
    ("ranker-folder", &["ranker-core"]),
    // What runs an encoder without a library, for the crate that serves and whoever else computes one.
    ("ranker-encoder", &["ranker-folder"]),
    // How HTTP is spoken, for the crates that use what others serve.
    ("ranker-http", &[]),
    (
        "ranker-embed",
        &[
            "ranker-core",
            "ranker-encoder",
            "ranker-folder",
            "ranker-http",
        ],
    ),
    ("ranker-retrieve", &["ranker-core"]),
    ("ranker-engines", &["ranker-core", "ranker-http"]),
    ("ranker-expand", &["ranker-core", "ranker-http"]),
    ("ranker-ingest", &["ranker-core"]),
    ("ranker-xai", &["ranker-core"]),
    ("ranker-score", &["ranker-core"]),
    ("ranker-rlhf", &["ranker-core", "ranker-score"]),
    ("ranker-lora", &["ranker-folder"]),
    (
        "ranker",
        &[
            "ranker-core",
            "ranker-embed",
            "ranker-engines",
            "ranker-eval",
            "ranker-expand",
            "ranker-ingest",
            "ranker-lora",
            "ranker-retrieve",
            "ranker-rlhf",
            "ranker-score",
            "ranker-xai",
        ],
    ),
];

/// What `ranker-core` may pull in, itself included: implementors pay for no more.
const CORE_TREE: usize = 25;

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(args)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output();
    let output = output.expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

#[test]
fn crates_depend_only_where_the_design_allows() {
    let metadata = cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let mut seen = 0;
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let Some(allowed) = allowed.get(name) else {
            continue;
        };
        seen += 1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let (on, kind) = (dependency["name"].as_str().unwrap(), &dependency["kind"]);
            let ours = on == "ranker" || on.starts_with("ranker-");
            let fine = !ours || !kind.is_null() || allowed.contains(&on);
            assert!(fine, "{name} must not depend on {on}");
        }
    }
    assert_eq!(seen, ALLOWED.len(), "a crate of the design is missing");
}

/// The crates that are compiled into a package, without build scripts and macros.
fn tree(package: &str, features: &[&str]) -> BTreeSet<String> {
    let mut args = vec!["tree", "--package", package, "--edges", "normal"];
    args.extend(["--prefix", "none", "--offline"]);
    args.extend(features);
    let tree = cargo(&args);
    let lines = tree.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}

fn lacks(tree: &BTreeSet<String>, crates: &[&str]) {
    for name in crates {
        let start = format!("{name} ");
        assert!(!tree.iter().any(|line| line.starts_with(&start)), "{name}");
    }
}

#[test]
fn core_stays_small() {
    let crates = tree("ranker-core", &[]);
    let count = crates.len();
    assert!(count <= CORE_TREE, "{count} crates: {crates:?}");
    let heavy = ["ort", "tokio", "serde", "ndarray", "tantivy"];
    lacks(&crates, &heavy);
}

#[test]
fn the_first_ranking_compiles_no_more_than_it_needs() {
    assert_eq!(
        tree("xtask", &[]).len(),
        1,
        "xtask is compiled before anything"
    );
    let rank = tree("rank", &["--no-default-features"]);
    let heavy = ["rusqlite", "instant-distance", "axum", "tokio"];
    lacks(&rank, &heavy);
}
