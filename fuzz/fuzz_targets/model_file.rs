//! The file of a model that orders candidates, of any bytes: it is refused, or scores every row.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::{FeatureExtractor, FeatureMatrix, Scorer};
use ranker_score::{Features, Model};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
static FILE: LazyLock<PathBuf> = LazyLock::new(|| FOLDER.path().join("model.json"));

fuzz_target!(|data: &[u8]| {
    let features = Features::new();
    let schema = features.schema();
    fs::write(&*FILE, data).unwrap();
    let Ok(model) = Model::load(&*FILE, schema) else {
        return;
    };
    let width = schema.len();
    let values = (0..3 * width).map(|i| (i % 7) as f32 / 7.0).collect();
    let rows = FeatureMatrix::new(schema.clone(), values).unwrap();
    assert_eq!(model.score(&rows).unwrap().len(), 3);
    let copy = FOLDER.path().join("copy.json");
    model.save(&copy).unwrap();
    assert_eq!(Model::load(&copy, schema).unwrap().model_id(), model.model_id());
});
