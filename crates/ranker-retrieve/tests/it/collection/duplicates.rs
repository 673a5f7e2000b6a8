//! The same person twice is told.

use ranker_core::{Embedding, Profile};
use ranker_retrieve::{Collection, CollectionOptions};

use super::{direction, numbered};
use crate::common::id;

fn near(cosine: f32) -> CollectionOptions {
    CollectionOptions::new()
        .with_near_duplicates(cosine)
        .unwrap()
}

fn profile(name: &str, text: &str) -> Profile {
    Profile::new(name, text).unwrap()
}

fn at(angle: f32) -> Embedding {
    Embedding::normalized(vec![angle.cos(), angle.sin()]).unwrap()
}

#[test]
fn equal_texts_are_told_when_they_come() {
    let directory = tempfile::tempdir().unwrap();
    let collection = Collection::create(directory.path(), CollectionOptions::new()).unwrap();
    let first = [("a", "Nurse, surgical ward", 0.0), ("b", "Welder", 0.5)];
    let entry = |(name, text, angle): (&str, &str, f32)| (profile(name, text), at(angle));
    let told = collection.insert_all(first.map(entry)).unwrap().duplicates;
    assert!(told.is_empty(), "{told:?}");
    let again = [
        ("c", "nurse -- SURGICAL   ward", 1.5),
        ("d", "Surgical nurse", 0.0),
    ];
    let told = collection.insert_all(again.map(entry)).unwrap().duplicates;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].id.as_str(), told[0].of.as_str()), ("c", "a"));
    assert_eq!(told[0].cosine, None);
    // Who is gone or has changed is like nobody; the hashes survive a restart.
    collection.remove(&id("a")).unwrap();
    collection.update(profile("c", "Baker"), at(1.5)).unwrap();
    drop(collection);
    let collection = Collection::open(directory.path(), CollectionOptions::new()).unwrap();
    let told = |name, text| {
        collection
            .insert(profile(name, text), at(0.1))
            .unwrap()
            .duplicates
    };
    assert!(told("e", "Nurse, surgical ward").is_empty());
    assert_eq!(told("f", "welder!")[0].of.as_str(), "b");
}

#[test]
fn near_vectors_are_told_when_they_come() {
    let directory = tempfile::tempdir().unwrap();
    let collection = Collection::create(directory.path(), near(0.99)).unwrap();
    let entries = [("a", "one", 0.0), ("b", "two", 1.0), ("c", "three", 1.05)];
    let told = collection
        .insert_all(entries.map(|(name, text, angle)| (profile(name, text), at(angle))))
        .unwrap()
        .duplicates;
    let pairs: Vec<_> = told
        .iter()
        .map(|one| (one.id.as_str(), one.of.as_str()))
        .collect();
    assert_eq!(pairs, [("b", "c"), ("c", "b")], "of one batch too");
    assert!((told[0].cosine.unwrap() - 0.05_f32.cos()).abs() < 1e-5);
}

#[test]
fn a_scan_groups_everyone() {
    let directory = tempfile::tempdir().unwrap();
    let collection = Collection::create(directory.path(), CollectionOptions::new()).unwrap();
    let far = (0..40).map(|n| numbered(n * 100, 0));
    collection.insert_all(far).unwrap();
    let copies = [("x", 700, 1), ("y", 700, 0), ("z", 1900, 0)];
    let copies = copies.map(|(name, of, edition)| {
        let text = format!("copy {name} of {of}");
        (profile(name, &text), direction(of, edition))
    });
    collection.insert_all(copies).unwrap();
    let same = [("t", numbered(2500, 0).0.full_text().to_uppercase())];
    let same = same.map(|(name, text)| (profile(name, &text), direction(777_777, 40)));
    collection.insert_all(same).unwrap();
    let groups = collection.snapshot().duplicates(0.9999).unwrap();
    let names = |group: &Vec<ranker_core::CandidateId>| {
        let names: Vec<&str> = group.iter().map(|id| id.as_str()).collect();
        names.join(" ")
    };
    let groups: Vec<String> = groups.iter().map(names).collect();
    assert_eq!(groups, ["p000700 x y", "p001900 z", "p002500 t"]);
    assert!(collection.snapshot().duplicates(f32::NAN).is_err());
}
