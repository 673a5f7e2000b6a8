//! The folder of served models: any bytes in place of one of its files, or some bytes of one changed. It is refused,
//! or goes on serving: another model is served, and taken back.
#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::{FeatureExtractor, Scorer};
use ranker_fuzz::changed;
use ranker_score::{Features, LinearScorer, Model, Models};

fn model(bias: f64) -> Model {
    let schema = Features::new().schema().clone();
    let weights = vec![0.5; schema.len()];
    LinearScorer::with_bias(schema, weights, bias)
        .unwrap()
        .into()
}

/// Three models served one after the other, the last one taken back.
static SOUND: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let models = Models::open(folder.path(), model(0.0), "m").unwrap();
    models.serve(model(0.5)).unwrap();
    models.serve(model(1.0)).unwrap();
    models.rollback().unwrap();
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        (
            PathBuf::from(path.file_name().unwrap()),
            fs::read(path).unwrap(),
        )
    };
    let mut files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(read).collect();
    files.sort();
    files
});

fn exercise(folder: &Path) {
    let Ok(models) = Models::open(folder, model(0.0), "m") else {
        return;
    };
    let serving = models.serving().model_id().to_owned();
    assert_eq!(models.history().last(), Some(&serving));
    models.serve(model(2.0)).unwrap();
    models.rollback().unwrap();
    assert_eq!(models.serving().model_id(), serving);
    drop(models);
    let again = Models::open(folder, model(0.0), "m").unwrap();
    assert_eq!(again.serving().model_id(), serving);
}

fuzz_target!(|data: &[u8]| {
    let Some((which, data)) = data.split_first() else {
        return;
    };
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("models");
    fs::create_dir(&folder).unwrap();
    for (at, (name, bytes)) in SOUND.iter().enumerate() {
        let bytes = match at == usize::from(*which) % SOUND.len() {
            true => changed(bytes, data),
            false => bytes.clone(),
        };
        fs::write(folder.join(name), bytes).unwrap();
    }
    exercise(&folder);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
});
