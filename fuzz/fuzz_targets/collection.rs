//! The files of a small collection with bytes changed or cut: it is refused, or says what it said
//! before (what follows from the store may have been built anew). Never a panic, never another answer.
//!
//! The store's own checksums (redb) and the records' are left as they are: whoever forges both has
//! written a collection.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::{Embedding, Fact, Filter, Profile};
use ranker_retrieve::{Collection, CollectionOptions};

type Files = Vec<(PathBuf, Vec<u8>)>;

static SOUND: LazyLock<(Files, Vec<(Profile, Embedding)>)> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let collection = Collection::create(directory.path(), CollectionOptions::new()).unwrap();
    collection.insert_all((0..6).map(entry)).unwrap();
    collection.remove(entry(3).0.id()).unwrap();
    let answers = said(&collection).unwrap();
    collection.close().unwrap();
    let mut files = Vec::new();
    gather(directory.path(), directory.path(), &mut files);
    files.sort();
    (files, answers)
});

fn entry(i: usize) -> (Profile, Embedding) {
    let vector = (0..4).map(|j| ((i * 7 + j * 3) % 5) as f32 - 1.5).collect();
    let profile = Profile::new(format!("p{i}"), format!("Engineer number{i}")).unwrap();
    let profile = profile.with_fact("years", Fact::integer(i as i32)).unwrap();
    (profile, Embedding::normalized(vector).unwrap())
}

fn gather(root: &Path, directory: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if !path.ends_with("LOCK") {
            let name = path.strip_prefix(root).unwrap().to_owned();
            files.push((name, std::fs::read(path).unwrap()));
        }
    }
}

/// Everyone, as the collection tells; nobody where it cannot.
fn said(collection: &Collection) -> Option<Vec<(Profile, Embedding)>> {
    let snapshot = collection.snapshot();
    let found = snapshot
        .search(&entry(0).1, 100, &Filter::at_least("years", 0.0))
        .ok()?;
    assert_eq!(found.len(), snapshot.len());
    let mut all = Vec::new();
    for id in snapshot.ids() {
        all.push((snapshot.profile(id).ok()??, snapshot.embedding(id).ok()??));
    }
    Some(all)
}

/// Changes one file: the first byte of `edits` says which, then three say where and one says what;
/// the same byte again cuts the file there.
fn edited(edits: &[u8]) -> Files {
    let mut files = SOUND.0.clone();
    let (which, edits) = edits.split_first().unwrap_or((&0, &[]));
    let count = files.len();
    let (_, file) = &mut files[usize::from(*which) % count];
    for edit in edits.chunks_exact(4) {
        if file.is_empty() {
            break;
        }
        let at = u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize % file.len();
        match file[at] == edit[3] {
            true => file.truncate(at),
            false => file[at] = edit[3],
        }
    }
    files
}

fuzz_target!(|bytes: &[u8]| {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in edited(bytes) {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    if let Ok(collection) = Collection::open(directory.path(), CollectionOptions::new()) {
        if let Some(answers) = said(&collection) {
            assert_eq!(answers, SOUND.1);
        }
    }
});
