//! What follows from the store is followed up or built anew, and says so.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ranker_retrieve::{Collection, CollectionOptions, Derived, KeywordOptions};

use super::{create, everyone, found_whole, numbered, open};
use crate::common::id;

type Spoil<'a> = &'a dyn Fn(&Path);

fn filled(path: &Path, count: u32) {
    let collection = create(path);
    collection
        .insert_all((0..count).map(|n| numbered(n, 0)))
        .unwrap();
    collection.close().unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => match fs::copy(entry.path(), to) {
                // Merged segments go away while a collection is open.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            },
        }
    }
}

fn saved(path: &Path, prefix: &str) -> PathBuf {
    let entries = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut named = entries.filter(|path| path.to_string_lossy().contains(prefix));
    named.next().unwrap()
}

#[test]
fn a_crash_is_followed_up() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 30);
    let collection = open(directory.path());
    assert_eq!(collection.opened().vectors, Derived::Read { behind: 0 });
    assert_eq!(collection.opened().keywords, Derived::Read { behind: 0 });
    collection
        .insert_all((30..40).map(|n| numbered(n, 0)))
        .unwrap();
    let (profile, vector) = numbered(5, 7);
    collection.update(profile, vector).unwrap();
    collection.remove(&id(&super::name(31))).unwrap();
    let before = everyone(&collection);
    drop(collection); // Not closed.
    let collection = open(directory.path());
    assert_eq!(collection.opened().vectors, Derived::Read { behind: 3 });
    assert_eq!(collection.opened().keywords, Derived::Read { behind: 0 });
    assert_eq!(everyone(&collection), before);
    found_whole(&collection, 5, 7);
    // The same once more, with the way longer and an earlier inverted index.
    collection.checkpoint().unwrap();
    let earlier = tempfile::tempdir().unwrap();
    copy(&directory.path().join("words"), earlier.path());
    for number in 40..45 {
        let (profile, vector) = numbered(number, 0);
        collection.insert(profile, vector).unwrap();
        collection.remove(&id(&super::name(number - 40))).unwrap();
    }
    let before = everyone(&collection);
    drop(collection);
    let put_back = tempfile::tempdir().unwrap();
    copy(directory.path(), put_back.path());
    fs::remove_dir_all(put_back.path().join("words")).unwrap();
    copy(earlier.path(), &put_back.path().join("words"));
    let collection = open(put_back.path());
    assert_eq!(collection.opened().keywords, Derived::Read { behind: 10 });
    assert_eq!(everyone(&collection), before);
}

#[test]
fn missing_cut_and_foreign_files_are_built_anew() {
    let directory = tempfile::tempdir().unwrap();
    let (sound, other) = (
        directory.path().join("sound"),
        directory.path().join("other"),
    );
    filled(&sound, 20);
    filled(&other, 21);
    let sound_vectors = saved(&sound, "vectors-");
    let spoil: [(&str, Spoil<'_>); 7] = [
        ("the vectors missing", &|path| {
            fs::remove_file(saved(path, "vectors-")).unwrap()
        }),
        ("the vectors cut", &|path| {
            let bytes = fs::read(&sound_vectors).unwrap();
            fs::write(saved(path, "vectors-"), &bytes[..bytes.len() - 1]).unwrap();
        }),
        ("the roster of the vectors missing", &|path| {
            fs::remove_file(saved(path, "roster-")).unwrap()
        }),
        ("the roster of other vectors", &|path| {
            fs::copy(saved(&other, "roster-"), saved(path, "roster-")).unwrap();
            fs::copy(saved(&other, "vectors-"), saved(path, "vectors-")).unwrap();
        }),
        ("another collection's vectors", &|path| {
            fs::copy(saved(&other, "vectors-"), saved(path, "vectors-")).unwrap();
            fs::copy(other.join("vectors.stamp"), path.join("vectors.stamp")).unwrap();
        }),
        ("the words missing", &|path| {
            fs::remove_dir_all(path.join("words")).unwrap()
        }),
        ("another collection's words", &|path| {
            fs::remove_dir_all(path.join("words")).unwrap();
            copy(&other.join("words"), &path.join("words"));
        }),
    ];
    for (what, spoil) in spoil {
        let path = directory.path().join(what);
        copy(&sound, &path);
        spoil(&path);
        let collection = open(&path);
        let opened = collection.opened().clone();
        let came = if what.contains("words") {
            opened.keywords
        } else {
            opened.vectors
        };
        let Derived::Rebuilt { why } = came else {
            panic!("{what}: {came:?}");
        };
        assert!(!why.is_empty());
        assert_eq!(everyone(&collection).len(), 20, "{what}");
        drop(collection);
        let came = open(&path).opened().clone();
        assert_eq!(came.vectors, Derived::Read { behind: 0 }, "{what}");
        assert_eq!(came.keywords, Derived::Read { behind: 0 }, "{what}");
    }
}

#[test]
fn other_fields_are_indexed_anew() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 5);
    let boosted = KeywordOptions::new().with_title_boost(2.0).unwrap();
    let options = CollectionOptions::new().with_keyword(boosted);
    let collection = Collection::open(directory.path(), options).unwrap();
    assert!(matches!(
        collection.opened().keywords,
        Derived::Rebuilt { .. }
    ));
    found_whole(&collection, 3, 0);
}

#[test]
fn a_store_that_lost_transactions_is_not_believed() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 5);
    let store = directory.path().join("profiles.redb");
    let old = fs::read(&store).unwrap();
    let collection = open(directory.path());
    collection.remove(&id(&super::name(1))).unwrap();
    drop(collection);
    fs::write(&store, old).unwrap();
    let refused = Collection::open(directory.path(), CollectionOptions::new()).unwrap_err();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.contains("transactions are lost"), "{refused}: {why}");
}
