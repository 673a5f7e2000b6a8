//! The quantized index beside the exact one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rand::RngExt;
use ranker_core::{CandidateId, Embedding, Fact, Filter, Hit, Profile};
use ranker_retrieve::{FlatIndex, IndexError, QuantizedIndex, QuantizedOptions, ScanPlan};

use crate::common::{clustered, id, names, random_vector, rng, vector};

pub(crate) type Pool = Vec<(CandidateId, Embedding)>;

/// Profiles that a filter tells apart by a number in `0..100`.
pub(crate) fn profiles(pool: &Pool) -> Vec<(Arc<Profile>, Embedding)> {
    let profile = |(i, (id, vector)): (usize, &(CandidateId, Embedding))| {
        let profile = Profile::new(id.as_str(), "someone").unwrap();
        let share = Fact::integer((i * 37 % 100) as i32);
        (
            Arc::new(profile.with_fact("share", share).unwrap()),
            vector.clone(),
        )
    };
    pool.iter().enumerate().map(profile).collect()
}

/// The share of `expected` that was found.
fn recall(found: &[Hit], expected: &[Hit]) -> f64 {
    let found: BTreeSet<_> = found.iter().map(Hit::id).collect();
    let kept = expected.iter().filter(|hit| found.contains(hit.id()));
    kept.count() as f64 / expected.len().max(1) as f64
}

/// A pool, and queries from around the same centres.
fn with_queries(seed: u64, len: usize, clusters: usize) -> (Pool, Vec<Embedding>) {
    let mut pool = clustered(seed, len + 60, clusters);
    let queries = pool.split_off(len);
    (pool, queries.into_iter().map(|(_, v)| v).collect())
}

/// Queries from elsewhere.
pub(crate) fn queries(count: usize) -> Vec<Embedding> {
    clustered(31, count, 40)
        .into_iter()
        .map(|(_, v)| v)
        .collect()
}

#[test]
fn finds_what_an_exact_search_finds() {
    let (pool, queries) = with_queries(30, 12_000, 40);
    let exact = FlatIndex::new(pool.clone()).unwrap();
    for options in [
        QuantizedOptions::new(),
        QuantizedOptions::new().without_bits(),
        QuantizedOptions::new().with_recall(1.0).unwrap(),
    ] {
        let index = QuantizedIndex::with_options(pool.clone(), options).unwrap();
        let stats = index.stats();
        let steps = stats.measured.unwrap().steps;
        assert!(steps.iter().all(|step| step.recall >= 0.985), "{steps:?}");
        for k in [1, 10, 100] {
            let plan = index.plan(k, &Filter::All).unwrap();
            assert_ne!(plan, ScanPlan::Exact, "{k}");
            let mut found = 0.0;
            for query in &queries {
                let expected = exact.search(query, k, &Filter::All).unwrap();
                let hits = index.search(query, k, &Filter::All).unwrap();
                assert_eq!(hits.len(), k);
                found += recall(&hits, &expected) / 60.0;
            }
            assert!(found >= 0.985, "recall@{k} is {found} by {plan:?}");
        }
        let everyone = index.search(&pool[0].1, 20_000, &Filter::All).unwrap();
        assert_eq!(
            everyone,
            exact.search(&pool[0].1, 20_000, &Filter::All).unwrap()
        );
    }
}

#[test]
fn filters_never_return_fewer_than_pass() {
    let (pool, queries) = with_queries(32, 12_000, 40);
    let pool = profiles(&pool);
    let exact = FlatIndex::with_profiles(pool.clone()).unwrap();
    let index = QuantizedIndex::with_profiles(pool, QuantizedOptions::new()).unwrap();
    for share in [50.0, 10.0, 1.0, 0.0] {
        let filter = Filter::at_most("share", share - 1.0);
        let mut found = 0.0;
        for query in &queries {
            let expected = exact.search(query, 10, &filter).unwrap();
            let hits = index.search(query, 10, &filter).unwrap();
            assert_eq!(hits.len(), expected.len());
            assert!(hits.iter().all(|hit| hit.profile().is_some()));
            found += recall(&hits, &expected) / 60.0;
        }
        assert!(share == 0.0 || found >= 0.985, "{share} %: {found}");
        let all = index.search(&queries[0], 12_000, &filter).unwrap();
        assert_eq!(all.len(), (120.0 * share) as usize);
    }
}

/// Those who pass may all lie far from the query, where codes tell little: as many as asked are found.
#[test]
fn a_filter_may_pass_only_those_far_away() {
    let (pool, queries) = with_queries(49, 12_000, 40);
    let query = &queries[0];
    let near = FlatIndex::new(pool.clone()).unwrap();
    let near = near.search(query, 6000, &Filter::All).unwrap();
    let near: BTreeSet<_> = near.iter().map(Hit::id).collect();
    let pool: Vec<_> = pool
        .iter()
        .map(|(id, vector)| {
            let profile = Profile::new(id.as_str(), "someone").unwrap();
            let far = Fact::flag(!near.contains(id));
            (
                Arc::new(profile.with_fact("far", far).unwrap()),
                vector.clone(),
            )
        })
        .collect();
    let index = QuantizedIndex::with_profiles(pool, QuantizedOptions::new()).unwrap();
    let filter = Filter::flag("far", true);
    let alone = index.search(query, 10, &filter).unwrap();
    let together = index.search_batch(&queries, 10, &filter).unwrap();
    assert!(alone.iter().all(|hit| !near.contains(hit.id())));
    assert_eq!(alone.len(), 10);
    assert!(together.iter().all(|hits| hits.len() == 10));
}

#[test]
fn a_batch_answers_as_each_query_alone_does() {
    let pool = profiles(&clustered(33, 6000, 30));
    let index = QuantizedIndex::with_profiles(pool, QuantizedOptions::new()).unwrap();
    index
        .insert(profiles(&clustered(34, 1, 1)).remove(0))
        .unwrap_err();
    let one = Profile::new("late", "x").unwrap();
    index.insert((Arc::new(one), queries(1).remove(0))).unwrap();
    let queries = queries(150);
    for filter in [
        Filter::All,
        Filter::at_most("share", 9.0),
        Filter::at_most("share", 0.0),
    ] {
        let together = index.search_batch(&queries, 7, &filter).unwrap();
        let mut same = 0.0;
        for (query, hits) in queries.iter().zip(&together) {
            let alone = index.search(query, 7, &filter).unwrap();
            assert_eq!(hits.len(), alone.len());
            same += recall(hits, &alone) / 150.0;
        }
        assert!(same >= 0.99, "{same}");
    }
    assert_eq!(index.search_batch(&[], 7, &Filter::All).unwrap().len(), 0);
    assert!(
        index
            .search_batch(&[vector(&[1.0])], 7, &Filter::All)
            .is_err()
    );
}

#[test]
fn hits_do_not_depend_on_the_number_of_threads() {
    let pool = clustered(35, 40_000, 60);
    let with = |threads| {
        let pool_of = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool_of.install(|| {
            let index = QuantizedIndex::new(pool.clone()).unwrap();
            let search = |query| index.search(query, 20, &Filter::All).unwrap();
            (
                queries(30).iter().map(search).collect::<Vec<_>>(),
                index.stats(),
            )
        })
    };
    assert_eq!(with(1), with(5));
}

#[test]
fn says_what_it_cannot_do() {
    let index = QuantizedIndex::new(clustered(36, 10, 2)).unwrap();
    assert!(index.search(&vector(&[1.0, 0.0]), 3, &Filter::All).is_err());
    let filter = Filter::at_least("share", 1.0);
    assert!(index.search(&queries(1)[0], 3, &filter).is_err());
    assert!(index.plan(3, &filter).is_err());
    let wrong = index.insert((id("x"), vector(&[1.0])));
    assert!(matches!(
        wrong,
        Err(IndexError::Dimension {
            expected: 64,
            actual: 1
        })
    ));
    let (known, v) = clustered(36, 1, 2).remove(0);
    let twice = index.insert((known.clone(), v.clone()));
    assert!(matches!(twice, Err(IndexError::DuplicateId { .. })));
    let twice = QuantizedIndex::new([(known.clone(), v.clone()), (known, v)]);
    assert!(matches!(twice, Err(IndexError::DuplicateId { .. })));
    assert!(matches!(
        index.remove(&id("x")),
        Err(IndexError::UnknownId { .. })
    ));
    assert!(matches!(
        index.update((id("x"), queries(1).remove(0))),
        Err(IndexError::UnknownId { .. })
    ));
    assert!(QuantizedOptions::new().with_recall(0.2).is_err());
    assert!(QuantizedOptions::new().with_recall(f64::NAN).is_err());
    assert_eq!(index.len(), 10);
}

/// Vectors of the index do not stand for queries from elsewhere.
#[test]
fn queries_of_the_callers_own_are_measured_with() {
    let pool = clustered(37, 12_000, 40);
    let exact = FlatIndex::new(pool.clone()).unwrap();
    let index = QuantizedIndex::new(pool).unwrap();
    let queries = queries(120);
    let (sample, asked) = queries.split_at(60);
    index.measure(sample).unwrap();
    assert_eq!(index.stats().measured.unwrap().queries, 60);
    let mut found = 0.0;
    for query in asked {
        let expected = exact.search(query, 10, &Filter::All).unwrap();
        found += recall(&index.search(query, 10, &Filter::All).unwrap(), &expected) / 60.0;
    }
    assert!(found >= 0.985, "{found}");
    assert!(index.measure(&[vector(&[1.0])]).is_err());
}

#[derive(Debug, Clone)]
enum Change {
    Insert(u8),
    Update(u8),
    Remove(u8),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => any::<u8>().prop_map(Change::Insert),
        1 => any::<u8>().prop_map(Change::Update),
        1 => any::<u8>().prop_map(Change::Remove),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Both indexes take and refuse the same changes and then hold the same.
    #[test]
    fn changes_as_the_exact_index_does(
        start in 0_usize..150,
        changes in prop::collection::vec(change(), 0..300),
        seed in any::<u64>(),
    ) {
        let mut rng = rng(seed);
        let entry = |i: usize, rng: &mut _| (id(&format!("p{i}")), random_vector(rng, 5));
        let pool: Pool = (0..start).map(|i| entry(i, &mut rng)).collect();
        let exact = FlatIndex::new(pool.clone()).unwrap();
        let index = QuantizedIndex::new(pool).unwrap();
        for change in changes {
            let said = match change {
                Change::Insert(i) => {
                    let entry = entry(i.into(), &mut rng);
                    (exact.insert(entry.clone()).is_ok(), index.insert(entry).is_ok())
                }
                Change::Update(i) => {
                    let entry = entry(i.into(), &mut rng);
                    (exact.update(entry.clone()).is_ok(), index.update(entry).is_ok())
                }
                Change::Remove(i) => {
                    let id = id(&format!("p{i}"));
                    (exact.remove(&id).is_ok(), index.remove(&id).is_ok())
                }
            };
            prop_assert_eq!(said.0, said.1);
        }
        prop_assert_eq!(index.len(), exact.len());
        let query = random_vector(&mut rng, 5);
        let all = |k| (exact.search(&query, k, &Filter::All), index.search(&query, k, &Filter::All));
        for k in [3, 999] {
            let (expected, found) = all(k);
            prop_assert_eq!(found.unwrap(), expected.unwrap());
        }
    }
}

/// Through chunks, tombstones, compaction and measurements.
#[test]
fn keeps_everyone_through_many_changes() {
    let (pool, asked) = with_queries(38, 14_000, 30);
    let index = QuantizedIndex::new(pool[..5000].to_vec()).unwrap();
    let mut rng = rng(39);
    let mut held: BTreeMap<usize, Embedding> = BTreeMap::new();
    held.extend((0..5000).map(|i| (i, pool[i].1.clone())));
    for (i, entry) in pool.iter().enumerate().skip(5000) {
        index.insert(entry.clone()).unwrap();
        held.insert(i, entry.1.clone());
        let other = rng.random_range(0..i);
        if held.remove(&other).is_some() {
            index.remove(&pool[other].0).unwrap();
        }
        let moved = rng.random_range(0..i);
        if let Some(v) = held.get_mut(&moved) {
            *v = pool[(moved + 1) % pool.len()].1.clone();
            index.update((pool[moved].0.clone(), v.clone())).unwrap();
        }
    }
    let stats = index.stats();
    assert_eq!((index.len(), stats.len), (held.len(), held.len()));
    assert!(stats.removed <= held.len() + 3 * 4096, "{stats:?}");
    let live: Pool = held
        .iter()
        .map(|(&i, v)| (pool[i].0.clone(), v.clone()))
        .collect();
    let exact = FlatIndex::new(live.clone()).unwrap();
    let everyone = |index: &dyn Fn() -> Vec<Hit>| names(&index()).len();
    let query = &asked[0];
    let all = || index.search(query, 20_000, &Filter::All).unwrap();
    assert_eq!(everyone(&all), held.len());
    assert_eq!(all(), exact.search(query, 20_000, &Filter::All).unwrap());
    let mut found = 0.0;
    for query in &asked {
        let expected = exact.search(query, 10, &Filter::All).unwrap();
        found += recall(&index.search(query, 10, &Filter::All).unwrap(), &expected) / 60.0;
    }
    assert!(found >= 0.985, "{found}");
    for (id, _) in &live {
        index.remove(id).unwrap();
    }
    assert!(index.is_empty() && index.search(query, 5, &Filter::All).unwrap().is_empty());
    index.insert(pool[0].clone()).unwrap();
    assert_eq!(index.search(query, 5, &Filter::All).unwrap().len(), 1);
}

/// Searches beside a writer: every hit is someone who has been there, with the score of their
/// vector; nobody comes twice; those whom nobody touches are always there.
#[test]
fn searches_beside_a_writer_see_one_moment() {
    let pool = Arc::new(clustered(40, 6000, 20));
    let index = Arc::new(QuantizedIndex::new(pool[..3000].to_vec()).unwrap());
    let (stop, searches) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for reader in 0..24 {
            let (index, pool, stop, searches) = (&index, &pool, &stop, &searches);
            scope.spawn(move || {
                let mut rng = rng(reader);
                while !stop.load(Ordering::Relaxed) {
                    let (asked, query) = &pool[rng.random_range(0..1000)];
                    let hits = index.search(query, 10, &Filter::All).unwrap();
                    let distinct: BTreeSet<_> = hits.iter().map(Hit::id).collect();
                    assert_eq!((distinct.len(), hits.len()), (10, 10));
                    assert!(distinct.contains(asked));
                    for hit in &hits {
                        let at: usize = hit.id().as_str()[1..].parse().unwrap();
                        let true_score = f64::from(query.cosine(&pool[at].1).unwrap());
                        assert!((hit.score().get() - true_score).abs() < 1e-5);
                    }
                    searches.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let start = Instant::now();
        let mut rng = rng(99);
        while start.elapsed() < Duration::from_secs(2) {
            let at = rng.random_range(1000..pool.len());
            if index.remove(&pool[at].0).is_err() {
                index.insert(pool[at].clone()).unwrap();
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(searches.load(Ordering::Relaxed) > 100);
}
