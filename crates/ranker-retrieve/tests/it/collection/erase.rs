//! A person who was erased is in no file any more.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Fact, Profile, Request};
use ranker_retrieve::{Collection, KeywordOptions};

use super::{CollectionOptions, create, everyone, found_whole, numbered};
use crate::common::{id, query, retrieve};

const ID: &str = "person-4711";

/// Somebody whose id, name and words nobody else has.
fn person(edition: u8) -> (Profile, Embedding) {
    let text = "Ambrosius Quetzalbeck built zeppelins at Xylofirm";
    let profile = Profile::new(ID, text).unwrap();
    let profile = profile.with_title("Zeppelinwright");
    let profile = profile
        .with_fact("employer", Fact::keyword("Xylofirm"))
        .unwrap();
    let components = (0..8).map(|at| 0.37 + f32::from(edition) - at as f32 / 3.1);
    (
        profile,
        Embedding::normalized(components.collect()).unwrap(),
    )
}

/// What to look for: id, name, a fact, and the bytes of both vectors. (The words' automaton has no text in
/// a row: that its segments are new ones is checked by their names.)
fn traces() -> Vec<(&'static str, Vec<u8>)> {
    let vector = |edition| {
        let (_, vector) = person(edition);
        vector
            .as_slice()
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect()
    };
    vec![
        ("id", ID.into()),
        ("name", b"Quetzalbeck".to_vec()),
        ("title", b"Zeppelinwright".to_vec()),
        ("fact", b"xylofirm".to_vec()),
        ("vector", vector(0)),
        ("vector before", vector(1)),
    ]
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => all.push(path),
        }
    }
    all
}

/// The files that hold each trace, by name.
fn grep(directory: &Path) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for path in files(directory) {
        let bytes = std::fs::read(&path).unwrap();
        for (what, trace) in traces() {
            if bytes.windows(trace.len()).any(|part| part == trace) {
                let name = path.strip_prefix(directory).unwrap();
                found.push((what, name.to_string_lossy().into_owned()));
            }
        }
    }
    found
}

/// The files of the words' segments.
fn segments(directory: &Path) -> Vec<String> {
    let names = files(&directory.join("words")).into_iter();
    let names = names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    names
        .filter(|name| name.len() > 33 && !name.starts_with('.'))
        .collect()
}

/// A collection that has held the person in two editions, among others.
fn with_person(directory: &Path) -> Collection {
    let collection = create(directory);
    collection
        .insert_all((0..300).map(|n| numbered(n, 0)))
        .unwrap();
    let (profile, vector) = person(1);
    collection.insert(profile, vector).unwrap();
    collection.checkpoint().unwrap();
    let (profile, vector) = person(0);
    collection.update(profile, vector).unwrap();
    collection
}

#[test]
fn no_file_holds_what_was_erased() {
    let directory = tempfile::tempdir().unwrap();
    let collection = with_person(directory.path());
    collection.checkpoint().unwrap();
    let held = collection.held(&id(ID)).unwrap();
    assert_eq!(held.profile.as_ref(), Some(&person(0).0));
    assert_eq!(held.embedding.as_ref(), Some(&person(0).1));
    let named: Vec<String> = held
        .files
        .iter()
        .map(|file| file.path.display().to_string())
        .collect();
    assert!(
        named.iter().any(|name| name.ends_with("profiles.redb")),
        "{named:?}"
    );
    assert!(
        named.iter().any(|name| name.ends_with("words")),
        "{named:?}"
    );

    let before = grep(directory.path());
    for (what, _) in traces() {
        assert!(
            before.iter().any(|(found, _)| *found == what),
            "{what} is in no file before"
        );
    }
    // Every file that holds something is one that the list names.
    for (what, file) in &before {
        let path = directory.path().join(file);
        let listed = held.files.iter().any(|held| path.starts_with(&held.path));
        assert!(listed, "{what} in {file}, which is not listed");
    }

    let segments_before = segments(directory.path());
    let unknown = id("nobody-at-all");
    let receipt = collection
        .erase(&[id(ID), unknown.clone(), id(ID)])
        .unwrap();
    assert_eq!(
        (receipt.stored, receipt.unknown),
        (vec![id(ID)], vec![unknown])
    );
    assert_eq!(grep(directory.path()), []);
    let kept: Vec<String> = segments(directory.path());
    assert!(!kept.is_empty() && kept.iter().all(|name| !segments_before.contains(name)));
    let (query, request) = (query("Ambrosius Quetzalbeck"), Request::top(10));
    let query = query.with_embedding(person(0).1);
    let hits = retrieve(&collection, &query, &request);
    assert!(
        hits.iter()
            .all(|hit| hit.leg("bm25").is_none_or(|leg| leg.score.get() == 0.0))
    );
    let held = collection.held(&id(ID)).unwrap();
    assert!(held.profile.is_none() && held.removed_by.is_empty() && held.files.is_empty());

    // It goes on as it was, now and when it is opened again.
    found_whole(&collection, 17, 0);
    let (profile, vector) = numbered(300, 0);
    collection.insert(profile, vector).unwrap();
    let all = everyone(&collection);
    assert_eq!(all.len(), 301);
    drop(collection);
    let collection = super::open(directory.path());
    assert_eq!(everyone(&collection), all);
    assert_eq!(grep(directory.path()), []);
}

#[test]
fn what_was_removed_before_is_erased_too() {
    let directory = tempfile::tempdir().unwrap();
    let collection = with_person(directory.path());
    collection.remove(&id(ID)).unwrap();
    collection.checkpoint().unwrap();
    assert_ne!(grep(directory.path()), [], "removing leaves traces");
    let receipt = collection.erase(&[id(ID)]).unwrap();
    assert!(receipt.stored.is_empty());
    assert_eq!(grep(directory.path()), []);
}

#[test]
fn the_list_of_removals_is_listed() {
    let directory = tempfile::tempdir().unwrap();
    let collection = with_person(directory.path());
    collection.remove(&id(ID)).unwrap();
    let held = collection.held(&id(ID)).unwrap();
    // The update removed the first edition's row, the removal the second's.
    assert_eq!(held.removed_by, [3, 4]);
    assert_eq!(held.files.len(), 1);
}

/// Searches of an earlier moment go on, and new ones do not wait.
#[test]
fn a_snapshot_outlives_an_erasure() {
    let directory = tempfile::tempdir().unwrap();
    let options = CollectionOptions::new();
    let options = options.with_keyword(
        KeywordOptions::new()
            .with_fact_boost("employer", 1.0)
            .unwrap(),
    );
    drop(with_person(directory.path()));
    let collection = Arc::new(Collection::open(directory.path(), options).unwrap());
    let before = collection.snapshot();
    let ids: Vec<CandidateId> = vec![id(ID)];
    let receipt = pollster::block_on(collection.erase_async(ids)).unwrap();
    assert_eq!(receipt.version, 4);
    assert_eq!(
        before.profile(&id(ID)).unwrap().as_ref(),
        Some(&person(0).0)
    );
    assert_eq!(collection.snapshot().profile(&id(ID)).unwrap(), None);
    assert_eq!(before.embedding(&id(ID)).unwrap(), Some(person(0).1));
    assert_eq!(grep(directory.path()), []);
}
