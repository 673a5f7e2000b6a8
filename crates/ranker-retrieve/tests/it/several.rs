//! Candidates with several vectors: found once, by the best of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rand::RngExt;
use ranker_core::conformance::{Entry as Person, RetrieverSuite};
use ranker_core::{BoxError, CandidateId, Embedding, Filter, Hit, Profile, Retriever};
use ranker_retrieve::{
    Encoded, Entry, FileError, FlatIndex, Fused, HnswIndex, HnswOptions, IndexError, KeywordIndex,
    ProfileIndex, QuantizedIndex, QuantizedOptions,
};

use crate::common::{clustered, id, random_vector, rng, vector};
use crate::quantized::profiles;

type Several = Vec<(Person, Vec<Embedding>)>;

fn conforms(build: impl Fn(Several) -> Result<Arc<dyn Retriever>, BoxError> + Send + Sync) {
    let checked = RetrieverSuite::new().run_several(|all| std::future::ready(build(all)));
    pollster::block_on(checked).unwrap();
}

fn entries(several: Several) -> impl Iterator<Item = Entry> {
    several.into_iter().map(|(person, further)| {
        let profile = Arc::new(person.profile);
        Entry::from((profile, person.embedding)).with_further(further)
    })
}

pub(crate) fn encoded(several: Several) -> impl Iterator<Item = (Profile, Encoded)> {
    several.into_iter().map(|(person, further)| {
        let encoded = Encoded::from(person.embedding).with_further(further);
        (person.profile, encoded)
    })
}

fn flat(several: Several) -> Result<FlatIndex, IndexError> {
    let index = FlatIndex::with_profiles([])?;
    entries(several).try_for_each(|entry| index.insert(entry))?;
    Ok(index)
}

fn quantized(several: Several) -> Result<QuantizedIndex, IndexError> {
    let index = QuantizedIndex::with_profiles([], QuantizedOptions::new())?;
    entries(several).try_for_each(|entry| index.insert(entry))?;
    Ok(index)
}

#[test]
fn every_index_that_keeps_several_keeps_the_contract() {
    conforms(|all| Ok(Arc::new(flat(all)?)));
    conforms(|all| Ok(Arc::new(quantized(all)?)));
    conforms(|all| Ok(Arc::new(ProfileIndex::new(encoded(all))?)));
    conforms(|all| {
        let texts = all
            .iter()
            .map(|(person, _)| Arc::new(person.profile.clone()));
        let words = Arc::new(KeywordIndex::new(texts)?);
        Ok(Arc::new(Fused::hybrid(Arc::new(quantized(all)?), words)?))
    });
}

#[test]
fn an_index_is_changed_from_one_vector_to_several_and_back() {
    conforms(|all| {
        let index = ProfileIndex::new([] as [(Profile, Embedding); 0])?;
        for (at, (profile, encoded)) in encoded(all).enumerate() {
            let bare = encoded.embedding.clone();
            match at % 3 {
                0 => index.insert(profile, encoded)?,
                1 => {
                    index.insert(profile.clone(), bare)?;
                    index.update(profile, encoded)?;
                }
                _ => {
                    let others = bare.clone();
                    let others = Encoded::from(others).with_further(vec![bare; 3]);
                    index.insert(profile.clone(), others)?;
                    index.remove(profile.id())?;
                    index.insert(profile, encoded)?;
                }
            }
        }
        Ok(Arc::new(index))
    });
}

/// Candidates with one to nine vectors each.
struct Pool(BTreeMap<CandidateId, Vec<Embedding>>);

impl Pool {
    /// So many vectors in all, and queries from around the same centres.
    fn new(seed: u64, vectors: usize) -> (Self, Vec<Embedding>) {
        let mut rng = rng(seed);
        let all = clustered(seed, vectors + 40, 30).into_iter();
        let mut all: Vec<Embedding> = all.map(|(_, vector)| vector).collect();
        let queries = all.split_off(vectors);
        let mut vectors = all.into_iter();
        let mut pool = BTreeMap::new();
        while let Some(first) = vectors.next() {
            let further = rng.random_range(0..9) * rng.random_range(0..2);
            let own = std::iter::once(first).chain(vectors.by_ref().take(further));
            pool.insert(id(&format!("p{:05}", pool.len())), own.collect());
        }
        (Self(pool), queries)
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        self.0.iter().map(|(id, vectors)| entry(id, vectors))
    }

    fn vectors(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// The best `k`, by comparing all.
    fn best(&self, query: &Embedding, k: usize) -> Vec<(CandidateId, f64)> {
        let score = |vectors: &Vec<Embedding>| {
            let cosines = vectors.iter().map(|vector| query.cosine(vector).unwrap());
            f64::from(cosines.fold(f32::NEG_INFINITY, f32::max))
        };
        let scored = self
            .0
            .iter()
            .map(|(id, vectors)| (id.clone(), score(vectors)));
        let mut scored: Vec<(CandidateId, f64)> = scored.collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        scored.truncate(k);
        scored
    }
}

fn entry(id: &CandidateId, vectors: &[Embedding]) -> Entry {
    Entry::from((id.clone(), vectors[0].clone())).with_further(vectors[1..].to_vec())
}

/// Everyone once, in order, each with the best score; returns the share of the best who were found.
fn check(hits: &[Hit], pool: &Pool, query: &Embedding, k: usize) -> f64 {
    let expected = pool.best(query, k);
    assert_eq!(hits.len(), expected.len());
    let all: BTreeMap<CandidateId, f64> = pool.best(query, usize::MAX).into_iter().collect();
    for hit in hits {
        let gap = hit.score().get() - all[hit.id()];
        assert!(gap.abs() < 1e-5, "{} is off by {gap}", hit.id());
    }
    assert!(hits.is_sorted_by(|a, b| (b.score(), a.id()) < (a.score(), b.id())));
    let found = expected
        .iter()
        .filter(|(id, _)| hits.iter().any(|hit| hit.id() == id));
    found.count() as f64 / expected.len().max(1) as f64
}

fn exact(index: &FlatIndex, pool: &Pool, queries: &[Embedding]) {
    assert_eq!(index.len(), pool.0.len());
    for query in &queries[..8] {
        for k in [1, 7, 100, 100_000] {
            let hits = index.search(query, k, &Filter::All).unwrap();
            assert!(check(&hits, pool, query, k) > 0.99);
        }
    }
}

/// The codes find nearly everyone; asked for everyone, they find all.
fn near(index: &QuantizedIndex, pool: &Pool, queries: &[Embedding]) {
    assert_eq!(
        (index.len(), index.stats().len),
        (pool.0.len(), pool.0.len())
    );
    for k in [1, 10, 100, 100_000] {
        let single = |query: &Embedding| index.search(query, k, &Filter::All).unwrap();
        let single: Vec<Vec<Hit>> = queries.iter().map(single).collect();
        let batch = index.search_batch(queries, k, &Filter::All).unwrap();
        for found in [single, batch] {
            let each = found.iter().zip(queries);
            let found: f64 = each.map(|(hits, query)| check(hits, pool, query, k)).sum();
            let recall = found / queries.len() as f64;
            assert!(
                recall >= if k > 1000 { 0.999 } else { 0.97 },
                "{recall} of {k}"
            );
        }
    }
}

/// Changes a pool and an index alike: people leave, come back with other vectors, and are replaced.
fn change(pool: &mut Pool, seed: u64, mut apply: impl FnMut(&CandidateId, Option<&[Embedding]>)) {
    let mut rng = rng(seed);
    let ids: Vec<CandidateId> = pool.0.keys().cloned().collect();
    for id in ids {
        match rng.random_range(0..10) {
            0..5 => {
                apply(&id, None);
                pool.0.remove(&id);
            }
            5 | 6 => {
                let count = rng.random_range(1..8);
                let vectors = (0..count).map(|_| random_vector(&mut rng, 64));
                let vectors: Vec<Embedding> = vectors.collect();
                apply(&id, Some(&vectors));
                pool.0.insert(id, vectors);
            }
            _ => {}
        }
    }
}

#[test]
fn a_flat_index_is_exact() {
    let (mut pool, queries) = Pool::new(50, 2500);
    let index = FlatIndex::new([]).unwrap();
    pool.entries()
        .for_each(|entry| index.insert(entry).unwrap());
    exact(&index, &pool, &queries);
    change(&mut pool, 51, |id, vectors| match vectors {
        None => index.remove(id).unwrap(),
        Some(vectors) => index.update(entry(id, vectors)).unwrap(),
    });
    exact(&index, &pool, &queries);
}

/// Enough rows for chunks of codes, which become one as most of their rows are removed.
#[test]
fn a_quantized_index_finds_nearly_all_before_and_after_changes() {
    let (mut pool, queries) = Pool::new(52, 14_000);
    let index = QuantizedIndex::new([]).unwrap();
    pool.entries()
        .for_each(|entry| index.insert(entry).unwrap());
    assert!(pool.vectors() > 14_000 - 9 && index.stats().measured.is_some());
    near(&index, &pool, &queries);
    change(&mut pool, 53, |id, vectors| match vectors {
        None => index.remove(id).unwrap(),
        Some(vectors) => index.update(entry(id, vectors)).unwrap(),
    });
    near(&index, &pool, &queries);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some.index");
    index.save(&path).unwrap();
    let back = QuantizedIndex::load(&path).unwrap();
    back.verify().unwrap();
    near(&back, &pool, &queries);
    change(&mut pool, 54, |id, vectors| match vectors {
        None => back.remove(id).unwrap(),
        Some(vectors) => back.update(entry(id, vectors)).unwrap(),
    });
    near(&back, &pool, &queries);
}

/// One has all of the best rows: the others are looked for until there are enough.
#[test]
fn one_with_very_many_vectors_hides_nobody() {
    let mut rng = rng(55);
    let query = random_vector(&mut rng, 64);
    let many = vec![query.clone(); 3000];
    let others: Vec<Embedding> = (0..2000).map(|_| random_vector(&mut rng, 64)).collect();
    let mut pool = Pool(BTreeMap::new());
    pool.0.insert(id("many"), many);
    let others = others.into_iter().enumerate();
    pool.0
        .extend(others.map(|(at, vector)| (id(&format!("p{at:04}")), vec![vector])));
    let index = QuantizedIndex::new([]).unwrap();
    pool.entries()
        .for_each(|entry| index.insert(entry).unwrap());
    for k in [1, 2, 50, 2001, 5000] {
        let hits = index.search(&query, k, &Filter::All).unwrap();
        assert!(check(&hits, &pool, &query, k) > 0.95);
        assert_eq!(hits[0].id().as_str(), "many");
        let queries = [query.clone(), pool.0[&id("p0007")][0].clone()];
        let batch = index.search_batch(&queries, k, &Filter::All).unwrap();
        for (hits, query) in batch.iter().zip(&queries) {
            assert!(check(hits, &pool, query, k) > 0.95);
        }
    }
}

#[test]
fn filters_pass_all_vectors_of_a_profile_or_none() {
    let (pool, queries) = Pool::new(56, 6000);
    let firsts = pool
        .0
        .iter()
        .map(|(id, vectors)| (id.clone(), vectors[0].clone()));
    let held = profiles(&firsts.collect());
    let flat = FlatIndex::with_profiles([]).unwrap();
    let quantized = QuantizedIndex::with_profiles([], QuantizedOptions::new()).unwrap();
    for ((profile, first), vectors) in held.iter().zip(pool.0.values()) {
        let entry = Entry::from((Arc::clone(profile), first.clone()));
        let entry = entry.with_further(vectors[1..].to_vec());
        flat.insert(entry.clone()).unwrap();
        quantized.insert(entry).unwrap();
    }
    for share in [50.0, 5.0, 1.0] {
        let filter = Filter::at_most("share", share - 1.0);
        let passes = |id: &CandidateId| {
            let profile = held.iter().find(|(profile, _)| profile.id() == id).unwrap();
            filter.matches(profile.0.facts())
        };
        let passing = pool.0.iter().filter(|(id, _)| passes(id));
        let passing = Pool(passing.map(|(id, own)| (id.clone(), own.clone())).collect());
        for query in &queries[..5] {
            for k in [3, 20, 4000] {
                let found = flat.search(query, k, &filter).unwrap();
                assert!(check(&found, &passing, query, k) > 0.99);
                let found = quantized.search(query, k, &filter).unwrap();
                assert!(check(&found, &passing, query, k) >= 0.9);
            }
        }
    }
    // Profiles that are held later belong to all rows of their candidates.
    let bare = QuantizedIndex::new([]).unwrap();
    pool.entries().for_each(|entry| bare.insert(entry).unwrap());
    let late = bare.hold_profiles(held.iter().map(|(profile, _)| Arc::clone(profile)));
    let late = late.unwrap();
    let filter = Filter::at_most("share", 9.0);
    for query in &queries[..5] {
        let [a, b] = [&late, &quantized].map(|index| index.search(query, 4000, &filter).unwrap());
        let ids = |hits: &[Hit]| hits.iter().map(|hit| hit.id().clone()).collect::<Vec<_>>();
        assert_eq!(ids(&a), ids(&b));
    }
}

#[test]
fn what_cannot_be_kept_is_refused_and_changes_nothing() {
    let [x, y] = [vector(&[1.0, 0.0]), vector(&[0.0, 1.0])];
    let two = |name: &str| Entry::from((id(name), x.clone())).with_further(vec![y.clone()]);
    let other = Entry::from((id("c"), x.clone())).with_further(vec![vector(&[1.0, 0.0, 0.0])]);
    let flat = FlatIndex::new([]).unwrap();
    let quantized = QuantizedIndex::new([]).unwrap();
    for name in ["a", "b"] {
        flat.insert(two(name)).unwrap();
        quantized.insert(two(name)).unwrap();
    }
    let dimension = |result| {
        matches!(
            result,
            Err(IndexError::Dimension {
                expected: 2,
                actual: 3
            })
        )
    };
    let known = |result| matches!(result, Err(IndexError::DuplicateId { .. }));
    assert!(dimension(flat.insert(other.clone())) && dimension(quantized.insert(other)));
    assert!(known(flat.insert(two("a"))) && known(quantized.insert(two("a"))));
    assert_eq!((flat.len(), quantized.len()), (2, 2));
    let found = quantized.search(&y, 9, &Filter::All).unwrap();
    assert_eq!(found, flat.search(&y, 9, &Filter::All).unwrap());

    let graph = HnswIndex::build([(id("a"), x.clone())], HnswOptions::new()).unwrap();
    let refused = graph.insert(two("b"));
    assert!(
        matches!(refused, Err(IndexError::SeveralVectors { .. })),
        "{refused:?}"
    );
    assert_eq!(graph.len(), 1);
}

fn saved(save: impl Fn(&Path) -> Result<(), FileError>) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some.index");
    save(&path).unwrap();
    std::fs::read(path).unwrap()
}

fn version(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes[8..12].try_into().unwrap())
}

#[test]
fn files_of_one_vector_each_are_written_as_ever() {
    let pool = clustered(57, 300, 10);
    let flat = FlatIndex::new(pool.clone()).unwrap();
    let quantized = QuantizedIndex::new(pool.clone()).unwrap();
    let ever = [
        saved(|path| flat.save(path)),
        saved(|path| quantized.save(path)),
    ];
    assert_eq!([version(&ever[0]), version(&ever[1])], [1, 3]);
    // Also once all who had several are gone.
    let two = Entry::from((id("two"), pool[0].1.clone())).with_further(vec![pool[1].1.clone()]);
    flat.insert(two.clone()).unwrap();
    quantized.insert(two).unwrap();
    let several = [
        saved(|path| flat.save(path)),
        saved(|path| quantized.save(path)),
    ];
    assert_eq!([version(&several[0]), version(&several[1])], [2, 4]);
    flat.remove(&id("two")).unwrap();
    quantized.remove(&id("two")).unwrap();
    assert_eq!(saved(|path| flat.save(path)), ever[0]);
    assert_eq!(version(&saved(|path| quantized.save(path))), 3);
}

#[test]
fn files_come_back_whole_or_are_refused() {
    let (pool, queries) = Pool::new(58, 60);
    let flat = FlatIndex::new([]).unwrap();
    let quantized = QuantizedIndex::new([]).unwrap();
    for entry in pool.entries() {
        flat.insert(entry.clone()).unwrap();
        quantized.insert(entry).unwrap();
    }
    let bytes = saved(|path| flat.save(path));
    let back = FlatIndex::from_bytes(&bytes, "memory").unwrap();
    exact(&back, &pool, &queries);
    assert_eq!(saved(|path| back.save(path)), bytes);
    refuses(&bytes, |bytes| {
        FlatIndex::from_bytes(bytes, "memory").map(drop)
    });

    let bytes = saved(|path| quantized.save(path));
    let back = QuantizedIndex::from_bytes(&bytes, "memory").unwrap();
    near(&back, &pool, &queries);
    assert_eq!(saved(|path| back.save(path)), bytes);
    refuses(&bytes, |bytes| {
        QuantizedIndex::from_bytes(bytes, "memory").map(drop)
    });
}

/// Files that were cut anywhere, and those with any byte changed.
fn refuses(bytes: &[u8], read: impl Fn(&[u8]) -> Result<(), FileError>) {
    for at in (0..bytes.len()).step_by(7) {
        assert!(read(&bytes[..at]).is_err(), "cut at {at}");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1 + (at % 255) as u8;
        assert!(read(&changed).is_err(), "byte {at}");
    }
}
