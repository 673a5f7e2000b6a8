//! A collection's folder as a stranger may send it: links, lists of names of other places, files that are
//! folders. It is opened, searched and changed, or refused; nothing outside of it is read as a part of it,
//! changed, made or removed.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::{Embedding, Profile};
use ranker_retrieve::{Collection, CollectionOptions};
use tempfile::TempDir;

/// The files of a sound collection.
static SOUND: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let collection = Collection::create(directory.path(), CollectionOptions::new()).unwrap();
    collection.insert_all((0..6).map(entry)).unwrap();
    collection.close().unwrap();
    directory
});

fn entry(i: usize) -> (Profile, Embedding) {
    let vector = (0..4).map(|j| ((i * 7 + j * 3) % 5) as f32 - 1.5).collect();
    let profile = Profile::new(format!("p{i}"), format!("Engineer number{i}")).unwrap();
    (profile, Embedding::normalized(vector).unwrap())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// Where a stranger may put something.
const NAMES: [&str; 14] = [
    "LOCK",
    "profiles.redb",
    "profiles.redb.new",
    "vectors.stamp",
    "vectors-1",
    "roster-1",
    "words",
    "words/meta.json",
    "words/meta.json.tmp",
    "words/.managed.json",
    "words/.managed.json.tmp",
    "words/.tantivy-writer.lock",
    "words/.tantivy-meta.lock",
    "words/room.tmp",
];

/// Puts something else under one of these names.
fn put(inside: &Path, root: &Path, edit: &[u8]) {
    let path = inside.join(NAMES[usize::from(edit[0]) % NAMES.len()]);
    let victim = root.join("victim.txt");
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(&path).unwrap(),
        Ok(_) => fs::remove_file(&path).unwrap(),
        Err(_) => {}
    }
    // Some folder above it may be gone, or a link.
    let _ = match edit[1] % 6 {
        0 => std::os::unix::fs::symlink(&victim, &path),
        1 => std::os::unix::fs::symlink(root.join("folder"), &path),
        2 => fs::create_dir(&path),
        3 => fs::write(&path, format!("[{victim:?},\"../../victim.txt\",\"meta.json\"]\n")),
        4 => fs::write(&path, format!("[\"../folder/kept.txt\",\"x/{}\"]", edit[2])),
        _ => fs::write(&path, &edit[2..]),
    };
}

fuzz_target!(|bytes: &[u8]| {
    let root = tempfile::tempdir().unwrap();
    let inside = root.path().join("inside");
    copy(SOUND.path(), &inside);
    fs::create_dir(root.path().join("folder")).unwrap();
    fs::write(root.path().join("folder/kept.txt"), "kept").unwrap();
    fs::write(root.path().join("victim.txt"), "precious").unwrap();
    for edit in bytes.chunks(8).filter(|edit| edit.len() > 2).take(6) {
        // Never through a link that an edit before made: that is the stranger's own doing.
        let words = inside.join("words").symlink_metadata();
        if words.is_ok_and(|found| found.is_dir()) {
            put(&inside, root.path(), edit);
        }
    }
    if let Ok(collection) = Collection::open(&inside, CollectionOptions::new()) {
        let found = collection.search(&entry(2).1, 3, &ranker_core::Filter::All);
        assert_eq!(found.unwrap().len(), 3);
        // It may be refused: by a lock that the stranger holds as a folder.
        let _ = collection.insert_all([entry(6)]);
        let _ = collection.close();
    }
    let read = |name: &str| fs::read_to_string(root.path().join(name)).unwrap();
    assert_eq!(read("victim.txt"), "precious");
    assert_eq!(read("folder/kept.txt"), "kept");
    let outside = |directory: &Path| fs::read_dir(directory).unwrap().count();
    assert_eq!(outside(root.path()), 3);
    assert_eq!(outside(&root.path().join("folder")), 1);
});
