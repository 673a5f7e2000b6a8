//! WordNet's files and tables of word vectors (spaCy's folder, text, word2vec's binary form): any bytes in place of one
//! file, or some bytes of one changed. They are refused, or searched.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::JobDescription;
use ranker_expand::{WordNetExpander, WordVectors, WordVectorsError};
use ranker_fuzz::changed;
use tempfile::TempDir;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/ranker-expand/tests");
const WORDNET: [&str; 6] = [
    "index.noun",
    "data.noun",
    "cntlist.rev",
    "index.verb",
    "index.adj",
    "index.adv",
];
const SPACY: [&str; 4] = ["vectors", "key2row", "strings.json", "vectors.cfg"];

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

fn sound<const N: usize>(folder: &str, names: [&str; N]) -> [Vec<u8>; N] {
    names.map(|name| fs::read(Path::new(DATA).join(folder).join(name)).unwrap())
}

static NET: LazyLock<[Vec<u8>; 6]> = LazyLock::new(|| sound("data/wordnet", WORDNET));
static VECTORS: LazyLock<[Vec<u8>; 4]> =
    LazyLock::new(|| sound("golden/vectors/model/vocab", SPACY));
static JOB: LazyLock<JobDescription> =
    LazyLock::new(|| JobDescription::new("Software engineer for a nurse's laboratory").unwrap());

/// Writes a folder of files, one of them changed.
fn write<const N: usize>(names: [&str; N], files: &[Vec<u8>; N], data: &[u8]) {
    let (which, data) = data.split_first().unwrap_or((&0, &[]));
    for (at, (name, file)) in names.iter().zip(files).enumerate() {
        let file = match at == usize::from(*which) % N {
            true => changed(file, data),
            false => file.clone(),
        };
        fs::write(FOLDER.path().join(name), file).unwrap();
    }
}

fn search(vectors: Result<WordVectors, WordVectorsError>) {
    let Ok(vectors) = vectors else {
        return;
    };
    for word in ["rust", "engineer", "apple"] {
        for near in vectors.neighbours(word, 3) {
            assert!((-1.0..=1.0).contains(&near.similarity));
        }
        let _ = vectors.is_pruned(word);
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((which, data)) = data.split_first() else {
        return;
    };
    let folder = FOLDER.path();
    match which % 4 {
        0 => {
            write(WORDNET, &NET, data);
            if let Ok(expander) = WordNetExpander::from_dir(folder) {
                assert!(expander.expansion(&JOB).original_mass() >= 0.5);
            }
        }
        1 => {
            write(SPACY, &VECTORS, data);
            search(WordVectors::from_spacy(folder));
        }
        2 => {
            fs::write(folder.join("table"), data).unwrap();
            search(WordVectors::from_text(folder.join("table")));
        }
        _ => {
            fs::write(folder.join("table"), data).unwrap();
            search(WordVectors::from_word2vec(folder.join("table")));
        }
    }
});
