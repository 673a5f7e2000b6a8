//! A cross-encoder that `ranker-lora` wrote (its test `writes_the_rerankers_of_ranker_embed`) gives
//! the scores that it computed there, and keeps the contract of a feature.

use std::path::Path;

use ranker_core::{EmbedError, FeatureExtractor as _, conformance};
use ranker_embed::{LoadError, OnnxCrossEncoder, OnnxEmbedder};

use crate::support::{MODEL, backends};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rerankers");
const FAMILIES: [&str; 2] = ["bert", "roberta"];

/// Query, document and score, as the folder's file has them.
fn expected(family: &str) -> Vec<(String, String, f32)> {
    let text = std::fs::read(format!("{FOLDER}/{family}/expected.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn scores_are_those_of_the_crate_that_wrote_the_graph() {
    for family in FAMILIES {
        let expected = expected(family);
        for backend in backends() {
            let folder = Path::new(FOLDER).join(family);
            let cross = OnnxCrossEncoder::with_backend(folder, backend).unwrap();
            let query = &expected[0].0;
            let documents: Vec<&str> = expected.iter().map(|(_, d, _)| &d[..]).collect();
            let scores = cross.score(query, &documents).unwrap();
            for ((_, document, theirs), ours) in expected.iter().zip(scores) {
                assert!(
                    (ours - theirs).abs() < 1e-4,
                    "{family} on {}, {document:?}: {ours} is not {theirs}",
                    cross.backend()
                );
            }
        }
    }
}

#[test]
fn it_keeps_the_contract_of_a_feature() {
    for family in FAMILIES {
        let cross = OnnxCrossEncoder::from_dir(Path::new(FOLDER).join(family)).unwrap();
        conformance::feature_extractor(&cross).unwrap();
        assert_eq!(
            cross.schema().names().collect::<Vec<_>>(),
            ["cross_encoder"]
        );
    }
}

#[test]
fn what_is_no_cross_encoder_and_what_is_no_text_is_refused() {
    let error = OnnxCrossEncoder::from_dir(MODEL).unwrap_err();
    assert!(matches!(error, LoadError::Graph { .. }), "{error}");
    let folder = Path::new(FOLDER).join("bert");
    let error = OnnxEmbedder::from_dir(&folder).unwrap_err();
    assert!(matches!(error, LoadError::Graph { .. }), "{error}");
    let cross = OnnxCrossEncoder::from_dir(folder).unwrap();
    assert!(cross.score("rust", &[]).unwrap().is_empty());
    for (query, document, place) in [(" ", "rust", 0), ("rust", "", 0)] {
        let error = cross.score(query, &[document]).unwrap_err();
        assert!(
            matches!(error, EmbedError::EmptyText { index } if index == place),
            "{error}"
        );
    }
    // A long text is cut, and costs no more than its beginning.
    let long = "rust search engine ".repeat(100_000);
    assert_eq!(
        cross.score("rust", &[&long]).unwrap(),
        cross.score("rust", &[&long[..4000]]).unwrap()
    );
}
