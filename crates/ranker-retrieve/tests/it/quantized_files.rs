//! The quantized index in files: whole, cut, damaged and gone.

use std::error::Error;
use std::sync::Arc;

use ranker_core::Filter;
use ranker_retrieve::{FileError, FlatIndex, IndexError, QuantizedIndex, QuantizedOptions};

use crate::common::{clustered, id, random_vector, rng, vector};
use crate::quantized::{Pool, profiles, queries};

fn saved(index: &QuantizedIndex) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some.index");
    index.save(&path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn comes_back_from_a_file() {
    for len in [0, 1, 100, 3000] {
        let pool = clustered(41, len, 10);
        let index = QuantizedIndex::new(pool.clone()).unwrap();
        if len > 1 {
            index.remove(&pool[0].0).unwrap();
            index
                .update((pool[1].0.clone(), pool[0].1.clone()))
                .unwrap();
        }
        let back = QuantizedIndex::from_bytes(&saved(&index), "memory").unwrap();
        assert_eq!(back.stats().measured, index.stats().measured);
        for query in &queries(10) {
            let top = |index: &QuantizedIndex| index.search(query, 9, &Filter::All).unwrap();
            assert_eq!(top(&back), top(&index));
        }
        assert_eq!(saved(&back), saved(&index));
    }
}

#[test]
fn a_loaded_index_gets_its_profiles() {
    let pool = clustered(42, 200, 10);
    let held = profiles(&pool);
    let load =
        || QuantizedIndex::from_bytes(&saved(&QuantizedIndex::new(pool.clone()).unwrap()), "x");
    let few = load()
        .unwrap()
        .hold_profiles(held.iter().skip(1).map(|(p, _)| Arc::clone(p)));
    assert!(matches!(few, Err(IndexError::NoProfile { .. })));
    let index = load()
        .unwrap()
        .hold_profiles(held.iter().map(|(p, _)| Arc::clone(p)))
        .unwrap();
    let filter = Filter::at_most("share", 9.0);
    let hits = index.search(&pool[0].1, 200, &filter).unwrap();
    let passing = held
        .iter()
        .filter(|(profile, _)| filter.matches(profile.facts()));
    assert_eq!(hits.len(), passing.count());
    assert!(hits.iter().all(|hit| hit.profile().is_some()));
}

/// An index that was opened leaves its vectors in the file, and is changed like any other.
#[test]
fn vectors_stay_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some.index");
    let pool = clustered(45, 9000, 20);
    let built = QuantizedIndex::new(pool[..8500].to_vec()).unwrap();
    built.save(&path).unwrap();
    let opened = QuantizedIndex::load(&path).unwrap();
    opened.verify().unwrap();
    assert!(3 * opened.stats().bytes < built.stats().bytes);
    let again = directory.path().join("again.index");
    opened.save(&again).unwrap();
    assert_eq!(
        std::fs::read(&again).unwrap(),
        std::fs::read(&path).unwrap()
    );
    for index in [&built, &opened] {
        for entry in &pool[8500..] {
            index.insert(entry.clone()).unwrap();
        }
        // More than half of two chunks: they become one.
        for (id, _) in &pool[2..7000] {
            index.remove(id).unwrap();
        }
        index
            .update((pool[1].0.clone(), pool[0].1.clone()))
            .unwrap();
    }
    opened.verify().unwrap();
    for query in &queries(20) {
        for k in [5, 3000] {
            let top = |index: &QuantizedIndex| index.search(query, k, &Filter::All).unwrap();
            assert_eq!(top(&opened), top(&built));
        }
    }
    opened.measure(&queries(5)).unwrap();
}

#[test]
fn an_index_is_built_in_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let [path, other] = ["some.index", "other.index"].map(|name| directory.path().join(name));
    for len in [0, 1, 100, 9000] {
        let pool = clustered(46, len, 10);
        let index = QuantizedIndex::create(&path, pool.clone(), QuantizedOptions::new()).unwrap();
        let held = QuantizedIndex::new(pool).unwrap();
        held.save(&other).unwrap();
        assert_eq!(
            std::fs::read(&path).unwrap(),
            std::fs::read(&other).unwrap()
        );
        assert_eq!(index.stats().measured, held.stats().measured);
        for query in &queries(10) {
            let top = |index: &QuantizedIndex| index.search(query, 9, &Filter::All).unwrap();
            assert_eq!(top(&index), top(&held));
            assert_eq!(top(&QuantizedIndex::load(&path).unwrap()), top(&held));
        }
    }
    let twice = [(id("a"), vector(&[1.0])), (id("a"), vector(&[1.0]))];
    let refused = QuantizedIndex::create(&other, twice, QuantizedOptions::new());
    assert!(matches!(refused, Err(IndexError::DuplicateId { .. })));
    let nowhere = directory.path().join("none").join("some.index");
    let refused = QuantizedIndex::create(nowhere, clustered(46, 3, 1), QuantizedOptions::new());
    assert!(matches!(refused, Err(IndexError::File(_))), "{refused:?}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
}

/// Whatever byte of a file changes, opening it fails, or the search that needs the byte does.
#[test]
fn every_damaged_byte_of_a_file_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some.index");
    let mut rng = rng(47);
    let pool: Pool = (0..20)
        .map(|i| (id(&format!("p{i}")), random_vector(&mut rng, 3)))
        .collect();
    let good = saved(&QuantizedIndex::new(pool.clone()).unwrap());
    let mut opened = 0;
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, &bytes).unwrap();
        let error: Box<dyn std::error::Error> = match QuantizedIndex::load(&path) {
            Err(error) => error.into(),
            Ok(index) => {
                opened += 1;
                index
                    .save(directory.path().join("again.index"))
                    .unwrap_err();
                let searched = index.search(&pool[0].1, 20, &Filter::All).unwrap_err();
                assert!(searched.source().is_some());
                index.verify().unwrap_err().into()
            }
        };
        assert!(error.to_string().contains("some.index"), "{error}");
    }
    assert_eq!(opened, 20 * 3 * 4);
}

/// A file that is cut while the index is in use: searches are refused, the process goes on.
#[test]
fn a_file_may_go_away() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some.index");
    let pool = clustered(48, 3000, 10);
    let index = QuantizedIndex::create(&path, pool.clone(), QuantizedOptions::new()).unwrap();
    let query = &pool[0].1;
    let before = index.search(query, 5, &Filter::All).unwrap();
    if cfg!(unix) {
        std::fs::remove_file(&path).unwrap();
        assert_eq!(index.search(query, 5, &Filter::All).unwrap(), before);
    }
    let index = QuantizedIndex::create(&path, pool.clone(), QuantizedOptions::new()).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(1000).unwrap();
    let error = index.search(query, 5, &Filter::All).unwrap_err();
    let cause = error.source().unwrap().to_string();
    assert!(
        cause.contains("some.index is damaged (it ends too early)"),
        "{cause}"
    );
    let asked = index.search_batch(std::slice::from_ref(query), 5, &Filter::All);
    assert!(asked.is_err() && index.verify().is_err());
    assert!(index.measure(&queries(2)).is_err());
    // What is not in the file can still be changed and found.
    index.remove(&pool[0].0).unwrap();
    index.insert(pool[0].clone()).unwrap();
}

#[test]
fn every_damaged_byte_is_noticed() {
    let mut rng = rng(43);
    let pool: Pool = (0..20)
        .map(|i| (id(&format!("p{i} é")), random_vector(&mut rng, 3)))
        .collect();
    let good = saved(&QuantizedIndex::new(pool).unwrap());
    for at in 0..good.len() {
        for bit in [0x01, 0x80] {
            let mut bytes = good.clone();
            bytes[at] ^= bit;
            let error = QuantizedIndex::from_bytes(&bytes, "some.index").unwrap_err();
            assert!(error.to_string().contains("some.index"), "{error}");
        }
        let cut = QuantizedIndex::from_bytes(&good[..at], "some.index");
        assert!(cut.is_err(), "cut at {at}");
    }
    let flat = FlatIndex::new(clustered(44, 3, 1)).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("flat.index");
    flat.save(&path).unwrap();
    let other = QuantizedIndex::load(&path);
    assert!(matches!(
        other,
        Err(FileError::Kind {
            expected: "quantized",
            found: "flat",
            ..
        })
    ));
    assert!(matches!(
        QuantizedIndex::load(directory.path().join("none")),
        Err(FileError::Io { .. })
    ));
}
