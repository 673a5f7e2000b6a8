//! The folder of an encoder (ONNX graphs and safetensors as files of weights, tokenizer, modules, settings): any bytes
//! in place of one of its files, or some bytes of one changed. It is refused, or embeds and scores a text under our
//! own engine, and what it gives is finite.
#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::{Embedder, Role};
use ranker_embed::{OnnxCrossEncoder, OnnxEmbedder, StaticEmbedder};
use ranker_fuzz::changed;
use ranker_lora::Encoder;
use tempfile::TempDir;

const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/ranker-embed/tests");

/// Tiny models: of each family of readers one.
const FOLDERS: [&str; 7] = [
    "tiny",
    "rerankers/bert",
    "rerankers/roberta",
    "late/pylate",
    "static/int8",
    "static/nested",
    "modules/root",
];

type Files = Vec<(PathBuf, Vec<u8>)>;

static SOUND: LazyLock<Vec<Files>> = LazyLock::new(|| {
    let read = |name: &str| {
        let root = Path::new(MODELS).join(name);
        let mut files = Vec::new();
        gather(&root, &root, &mut files);
        files.sort();
        files
    };
    FOLDERS.iter().map(|name| read(name)).collect()
});

fn gather(root: &Path, folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if !path.ends_with("expected.json") {
            let name = path.strip_prefix(root).unwrap().to_owned();
            files.push((name, fs::read(path).unwrap()));
        }
    }
}

static PLACE: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// The folder of one of the models, its files as they are.
fn place(model: usize) -> PathBuf {
    PLACE.path().join(model.to_string())
}

static WRITTEN: LazyLock<()> = LazyLock::new(|| {
    for (model, files) in SOUND.iter().enumerate() {
        for (name, bytes) in files {
            let path = place(model).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
});

fn embeds(embedder: &dyn Embedder) {
    for role in [Role::Query, Role::Document] {
        let texts = ["a rust engineer", "b"];
        if let Ok(embedded) = embedder.embed(&texts, role) {
            assert_eq!(embedded.len(), 2);
        }
        if let Ok(tokens) = embedder.embed_tokens(&texts, role) {
            assert_eq!(tokens.len(), 2);
        }
    }
}

fn exercise(folder: &Path) {
    if let Ok(embedder) = OnnxEmbedder::from_dir(folder) {
        embeds(&embedder);
    }
    if let Ok(embedder) = StaticEmbedder::from_dir(folder) {
        embeds(&embedder);
    }
    if let Ok(cross) = OnnxCrossEncoder::from_dir(folder) {
        if let Ok(scores) = cross.score("a rust engineer", &["b", "c d"]) {
            assert!(scores.iter().all(|score| score.is_finite()));
        }
    }
    let _ = Encoder::read(folder);
    let _ = Encoder::read_onnx(folder);
}

// The first byte says which model, the second which of its files; the rest as `changed` has it.
fuzz_target!(|data: &[u8]| {
    let [model, file, data @ ..] = data else {
        return;
    };
    LazyLock::force(&WRITTEN);
    let model = usize::from(*model) % SOUND.len();
    let (name, bytes) = &SOUND[model][usize::from(*file) % SOUND[model].len()];
    let path = place(model).join(name);
    fs::write(&path, changed(bytes, data)).unwrap();
    exercise(&place(model));
    fs::write(&path, bytes).unwrap();
});
