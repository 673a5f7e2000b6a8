//! Index files: read as they were written, or refused.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use ranker_core::{CandidateId, Embedding, Filter};
use ranker_retrieve::{FileError, FlatIndex, HnswIndex, HnswOptions};

use crate::common::{clustered, id, random_vector, rng, with_years};

fn pool(len: usize) -> Vec<(CandidateId, Embedding)> {
    let mut rng = rng(11);
    let entry = |i| (id(&format!("p{i} é")), random_vector(&mut rng, 3));
    (0..len).map(entry).collect()
}

/// A graph with tombstones, and entries beside it.
fn changed(len: usize) -> HnswIndex {
    let pool = pool(len);
    let (first, rest) = pool.split_at(len / 2);
    let options = HnswOptions::new().with_ef_search(32).unwrap().with_seed(3);
    let index = HnswIndex::build(first.to_vec(), options).unwrap();
    rest.iter()
        .for_each(|entry| index.insert(entry.clone()).unwrap());
    index.remove(&first[0].0).unwrap();
    index
        .update((first[1].0.clone(), first[0].1.clone()))
        .unwrap();
    index
}

fn saved(save: impl FnOnce(&Path) -> Result<(), FileError>) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some.index");
    save(&path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn a_flat_index_comes_back() {
    for len in [0, 1, 50] {
        let index = FlatIndex::new(pool(len)).unwrap();
        let bytes = saved(|path| index.save(path));
        let back = FlatIndex::from_bytes(&bytes, "memory").unwrap();
        let asked = random_vector(&mut rng(12), 3);
        let top = |index: &FlatIndex| index.search(&asked, 99, &Filter::All).unwrap();
        assert_eq!(top(&back), top(&index));
        assert_eq!(saved(|path| back.save(path)), bytes);
    }
}

#[test]
fn a_graph_comes_back_with_its_changes() {
    let index = changed(60);
    let bytes = saved(|path| index.save(path));
    let back = HnswIndex::from_bytes(&bytes, "memory").unwrap();
    assert_eq!((back.len(), back.pending()), (index.len(), index.pending()));
    for (_, asked) in pool(20) {
        let top = |index: &HnswIndex, k| index.search(&asked, k, &Filter::All).unwrap();
        assert_eq!(top(&back, 5), top(&index, 5));
        assert_eq!(top(&back, 99), top(&index, 99));
    }
    assert_eq!(saved(|path| back.save(path)), bytes);
    back.rebuild();
    assert_eq!((back.len(), back.pending()), (59, 0));
}

#[test]
fn a_graph_of_several_layers_comes_back() {
    let pool = clustered(13, 450, 10);
    let index = HnswIndex::build(pool.clone(), HnswOptions::new()).unwrap();
    let back = HnswIndex::from_bytes(&saved(|path| index.save(path)), "memory").unwrap();
    for (_, asked) in &pool[..20] {
        let top = |index: &HnswIndex| index.search(asked, 10, &Filter::All).unwrap();
        assert_eq!(top(&back), top(&index));
    }
}

#[test]
fn profiles_are_joined_after_loading() {
    let profiles: Vec<_> = (0..8)
        .map(|i| with_years(&format!("p{i} é"), "x", i))
        .collect();
    let filter = Filter::at_least("years", 4.0);
    let asked = &pool(1)[0].1;
    let flat = FlatIndex::from_bytes(
        &saved(|path| FlatIndex::new(pool(8)).unwrap().save(path)),
        "memory",
    );
    let flat = flat.unwrap().hold_profiles(profiles.clone()).unwrap();
    assert_eq!(flat.search(asked, 9, &filter).unwrap().len(), 4);

    let hnsw = HnswIndex::from_bytes(&saved(|path| changed(8).save(path)), "memory").unwrap();
    let hnsw = hnsw.hold_profiles(profiles[1..].to_vec()).unwrap();
    let hits = hnsw.search(asked, 9, &filter).unwrap();
    assert_eq!(hits.len(), 4, "a removed candidate needs no profile");
    assert!(hits.iter().all(|hit| hit.profile().is_some()));
    let missing = hnsw.hold_profiles(profiles[4..].to_vec()).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the index holds profiles, but candidate p1 é came without one"
    );
}

#[test]
fn a_file_names_itself_when_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some.index");
    let missing = FlatIndex::load(&path).unwrap_err();
    assert!(
        missing.to_string().contains("some.index could not be read"),
        "{missing}"
    );
    FlatIndex::new(pool(3)).unwrap().save(&path).unwrap();
    assert_eq!(FlatIndex::load(&path).unwrap().len(), 3);
    let kind = HnswIndex::load(&path).unwrap_err();
    assert!(
        kind.to_string()
            .contains("some.index holds an index of kind flat, not hnsw"),
        "{kind}"
    );
    std::fs::write(&path, "something else").unwrap();
    assert!(matches!(
        FlatIndex::load(&path),
        Err(FileError::Foreign { .. })
    ));
}

/// What reads a file.
type Load = fn(&[u8]) -> Result<(), FileError>;

/// A small file of each kind, and what reads it.
static FILES: LazyLock<[(Vec<u8>, Load); 2]> = LazyLock::new(|| {
    let flat = |bytes: &[u8]| FlatIndex::from_bytes(bytes, "cut").map(drop);
    let hnsw = |bytes: &[u8]| HnswIndex::from_bytes(bytes, "cut").map(drop);
    let flat_bytes = saved(|path| FlatIndex::new(pool(6)).unwrap().save(path));
    [
        (flat_bytes, flat),
        (saved(|path| changed(6).save(path)), hnsw),
    ]
});

#[test]
fn a_file_cut_anywhere_is_refused() {
    for (bytes, load) in &*FILES {
        load(bytes).unwrap();
        for end in 0..bytes.len() {
            let refused = load(&bytes[..end]).unwrap_err();
            assert!(refused.to_string().starts_with("cut "), "{refused}");
        }
    }
}

proptest! {
    #[test]
    fn a_file_with_any_bit_turned_is_refused(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        for (bytes, load) in &*FILES {
            let mut bytes = bytes.clone();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            prop_assert!(load(&bytes).is_err(), "byte {}, bit {}", at, bit);
        }
    }
}
