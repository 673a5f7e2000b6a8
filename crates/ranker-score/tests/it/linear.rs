//! Linear models score, split, save and load.

use std::fs;
use std::path::Path;

use expect_test::expect;
use ranker_core::{Direction, FeatureMatrix, ScoreError, conformance};
use ranker_score::{FeatureExtractor, Scorer};
use ranker_score::{Features, LinearScorer, ModelError};

use crate::support::{report, schema};

fn model() -> LinearScorer {
    let schema = schema(&[Direction::Any, Direction::Increasing, Direction::Decreasing]);
    LinearScorer::with_bias(schema, vec![0.1, 2.5e-300, -1.0 / 3.0], 0.25).unwrap()
}

/// The error's text, with the folder taken out.
fn text(error: &ModelError, folder: &Path) -> String {
    report(error).replace(&format!("{}/", folder.display()), "")
}

#[test]
fn keeps_the_contract() {
    conformance::scorer(&model()).unwrap();
    conformance::scorer(&LinearScorer::prior(Features::new().schema())).unwrap();
}

#[test]
fn the_prior_is_the_similarity_and_what_is_required() {
    let schema = Features::new().schema().clone();
    let prior = LinearScorer::prior(&schema);
    assert_eq!(prior.weight("dense"), Some(1.0));
    assert_eq!(prior.weight("bm25"), Some(0.25));
    assert_eq!(prior.weight("years_met"), Some(0.1));
    assert_eq!(prior.weight("skills_missing"), Some(-0.1));
    assert_eq!(prior.weight("location"), Some(0.0));
    assert_eq!((prior.weight("maxsim"), prior.bias()), (None, 0.0));
}

#[test]
fn an_id_stands_for_what_the_model_computes() {
    expect!["linear-64652e06e890dd00"].assert_eq(model().model_id());
    let schema = schema(&[Direction::Any; 2]);
    let id = |weights: [f64; 2], bias| {
        let model = LinearScorer::with_bias(schema.clone(), weights.to_vec(), bias).unwrap();
        model.model_id().to_owned()
    };
    assert_eq!(id([0.0, 1.0], 0.0), id([-0.0, 1.0], -0.0));
    assert_ne!(id([0.0, 1.0], 0.0), id([1.0, 0.0], 0.0));
    assert_ne!(id([0.0, 1.0], 0.0), id([0.0, 1.0], 1e-300));
}

#[test]
fn refuses_weights_that_are_none() {
    let schema = schema(&[Direction::Any; 2]);
    let error = LinearScorer::new(schema.clone(), vec![1.0]).unwrap_err();
    expect![[r"
        there are 2 features, but weights: 1; give each feature one
    "]]
    .assert_eq(&report(&error));
    let error = LinearScorer::new(schema.clone(), vec![1.0, f64::NAN]).unwrap_err();
    expect![[r"
        the weight of f1 must be finite, but is NaN
    "]]
    .assert_eq(&report(&error));
    let error = LinearScorer::with_bias(schema, vec![1.0, 1.0], f64::INFINITY).unwrap_err();
    assert!(matches!(error, ModelError::NotFinite { feature, .. } if feature == "bias"));
}

#[test]
fn a_score_beyond_all_numbers_is_an_error() {
    let schema = schema(&[Direction::Any]);
    let model = LinearScorer::new(schema.clone(), vec![1e300]).unwrap();
    let features = FeatureMatrix::new(schema, vec![1.0, f32::MAX]).unwrap();
    assert!(matches!(
        model.score(&features),
        Err(ScoreError::Output { row: 1, .. })
    ));
}

#[test]
fn comes_back_from_its_file_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let model = model();
    model.save(&path).unwrap();
    let again = LinearScorer::load(&path, model.schema()).unwrap();
    assert_eq!(again, model);
    assert_eq!(again.model_id(), model.model_id());
    LinearScorer::prior(model.schema()).save(&path).unwrap();
    let other = LinearScorer::load(&path, model.schema()).unwrap();
    assert_ne!(other, model, "the file is replaced");
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside it");
}

#[test]
fn every_cut_and_every_changed_byte_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let model = model();
    model.save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let refused = LinearScorer::load(&path, model.schema());
        assert!(
            matches!(refused, Err(ModelError::Malformed { .. })),
            "{length}"
        );
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&path, &changed).unwrap();
        if let Ok(loaded) = LinearScorer::load(&path, model.schema()) {
            assert_eq!(loaded, model, "byte {at}: only white space may differ");
        }
    }
}

#[test]
fn says_what_is_wrong_with_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let model = model();
    let load = |content: &str| {
        fs::write(&path, content).unwrap();
        let error = LinearScorer::load(&path, model.schema()).unwrap_err();
        text(&error, folder.path())
    };
    expect![[r#"
        model.json is not a model file of this kind, or is not whole
        expected ident at line 1 column 2
    "#]]
    .assert_eq(&load("no JSON"));
    expect![[r#"
        model.json is not a model file of this kind, or is not whole
        its format is "other"
    "#]]
    .assert_eq(&load(r#"{"format": "other", "version": 1}"#));
    expect![[r#"
        model.json has model format 2, but this version reads formats up to 1: update ranker-score
    "#]]
    .assert_eq(&load(
        r#"{"format": "ranker-linear", "version": 2, "new": []}"#,
    ));
    expect![[r#"
        model.json is not a model file of this kind, or is not whole
        number out of range at line 1 column 77
    "#]]
    .assert_eq(&load(
        r#"{"format": "ranker-linear", "version": 1, "hash": "", "model": {"bias": 1e999}}"#,
    ));

    model.save(&path).unwrap();
    let saved = fs::read_to_string(&path).unwrap();
    expect![[r#"
        model.json was changed after it was saved: its hash does not fit its content
    "#]]
    .assert_eq(&load(&saved.replace("0.25", "0.26")));
    model.save(&path).unwrap();
    let error = LinearScorer::load(&path, &schema(&[Direction::Any; 2])).unwrap_err();
    expect![[r#"
        model.json was made for features ["f0", "f1", "f2"], but is loaded for ["f0", "f1"]
    "#]]
    .assert_eq(&text(&error, folder.path()));
}

#[test]
fn a_path_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none").join("model.json");
    let error = LinearScorer::load(&missing, model().schema()).unwrap_err();
    assert!(matches!(&error, ModelError::Io { action: "read", .. }));
    assert!(error.to_string().contains("none/model.json"));
    let error = model().save(&missing).unwrap_err();
    assert!(matches!(
        &error,
        ModelError::Io {
            action: "written",
            ..
        }
    ));
    assert!(
        matches!(model().save(folder.path()), Err(ModelError::Io { .. })),
        "a folder"
    );
    assert!(matches!(model().save("/"), Err(ModelError::Io { .. })));
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "nothing is left of what failed");
}
