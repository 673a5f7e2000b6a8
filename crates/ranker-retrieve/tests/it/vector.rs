//! Vector search finds what comparing with everyone finds.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use ranker_core::{
    CandidateId, Embedding, Filter, Query, Request, RetrieveError, Retriever, Score,
};
use ranker_retrieve::{FlatIndex, HnswIndex, HnswOptions, IndexError};

use crate::common::{
    clustered, id, names, profile, query, random_vector, retrieve, rng, vector, with_years,
};

/// The slow, obvious way.
fn sorted(pool: &[(CandidateId, Embedding)], query: &Embedding, k: usize) -> Vec<CandidateId> {
    let mut scored: Vec<(Score, CandidateId)> = pool
        .iter()
        .map(|(id, vector)| {
            let products = vector.as_slice().iter().zip(query.as_slice());
            let sum: f64 = products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            // Rounded, so that equals are equal however their sums were formed.
            (Score::new((sum * 1e4).round()).unwrap(), id.clone())
        })
        .collect();
    scored.sort_by(|a, b| Score::best_first((a.0, &a.1), (b.0, &b.1)));
    scored.into_iter().take(k).map(|(_, id)| id).collect()
}

proptest! {
    #[test]
    fn flat_is_a_sort(
        // A coarse grid: many equal scores, many equal vectors.
        pool in prop::collection::vec(prop::array::uniform3(-2_i8..=2), 0..40),
        asked in prop::array::uniform3(-2_i8..=2),
        k in 0_usize..45,
    ) {
        let embed = |xs: &[i8; 3]| Embedding::normalized(xs.map(f32::from).to_vec()).ok();
        let pool = pool.iter().enumerate();
        let pool: Vec<_> = pool
            .filter_map(|(i, xs)| Some((id(&format!("p{}", (i * 7) % 41)), embed(xs)?)))
            .collect();
        let Some(asked) = embed(&asked) else { return Ok(()) };
        let index = FlatIndex::new(pool.clone()).unwrap();
        let hits = index.search(&asked, k, &Filter::All).unwrap();
        // Products of normalised grid vectors differ in their last bits: compare up to those.
        let expected = sorted(&pool, &asked, k);
        prop_assert_eq!(hits.len(), expected.len());
        let scores = |ids: Vec<CandidateId>| {
            let of = |id: &CandidateId| pool.iter().find(|(known, _)| known == id).unwrap().1.cosine(&asked).unwrap();
            ids.iter().map(of).collect::<Vec<f32>>()
        };
        let found: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
        for (found, expected) in scores(found).into_iter().zip(scores(expected)) {
            prop_assert!((found - expected).abs() < 1e-6);
        }
        let sorted = hits.is_sorted_by(|a, b| {
            Score::best_first((a.score(), a.id()), (b.score(), b.id())).is_lt()
        });
        prop_assert!(sorted, "{:?}", hits);
    }
}

#[test]
fn a_scan_on_all_threads_finds_the_same() {
    let pool = clustered(1, 20_000, 50);
    let index = FlatIndex::new(pool.clone()).unwrap();
    let mut rng = rng(2);
    for _ in 0..5 {
        let asked = random_vector(&mut rng, 64);
        let hits = index.search(&asked, 10, &Filter::All).unwrap();
        let plain =
            |(id, vector): &(CandidateId, Embedding)| (vector.cosine(&asked).unwrap(), id.clone());
        let mut expected: Vec<_> = pool.iter().map(plain).collect();
        expected.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (hit, (score, id)) in hits.iter().zip(&expected) {
            assert_eq!(hit.id(), id);
            assert!((hit.score().get() - f64::from(*score)).abs() < 1e-5);
        }
        let same = retrieve(&index, &query("x").with_embedding(asked), &Request::top(10));
        assert_eq!(same, hits, "in another thread, as alone");
    }
}

#[test]
fn ties_are_in_the_order_of_ids() {
    let twin = vector(&[1.0, 2.0]);
    let index = FlatIndex::new(["c", "a", "d", "b"].map(|name| (id(name), twin.clone()))).unwrap();
    assert_eq!(
        names(&index.search(&twin, 3, &Filter::All).unwrap()),
        ["a", "b", "c"]
    );
}

fn recall(index: &HnswIndex, exact: &FlatIndex, queries: &[(CandidateId, Embedding)]) -> f64 {
    let mut found = 0;
    for (_, asked) in queries {
        let near: BTreeSet<_> = ids(index.search(asked, 10, &Filter::All).unwrap());
        let exact = ids(exact.search(asked, 10, &Filter::All).unwrap());
        found += near.intersection(&exact).count();
    }
    found as f64 / (10 * queries.len()) as f64
}

fn ids(hits: Vec<ranker_core::Hit>) -> BTreeSet<CandidateId> {
    hits.into_iter().map(|hit| hit.id().clone()).collect()
}

#[test]
fn hnsw_finds_nearly_all_that_flat_finds() {
    let mut pool = clustered(3, 2_200, 40);
    let queries = pool.split_off(2_000);
    let (first, rest) = pool.split_at(1_800);
    let exact = FlatIndex::new(pool.clone()).unwrap();
    let index = HnswIndex::build(first.to_vec(), HnswOptions::new().with_seed(5)).unwrap();
    for entry in rest {
        index.insert(entry.clone()).unwrap();
    }
    for (gone, _) in pool.iter().step_by(10) {
        index.remove(gone).unwrap();
        exact.remove(gone).unwrap();
    }
    assert_eq!(
        index.pending(),
        180 + 180,
        "tombstones, and who is left of those beside the graph"
    );
    let changed = recall(&index, &exact, &queries);
    assert!(changed >= 0.95, "recall {changed} with much pending");
}

#[test]
fn hnsw_scores_exactly() {
    let pool = clustered(4, 500, 10);
    let exact = FlatIndex::new(pool.clone()).unwrap();
    let index = HnswIndex::build(pool.clone(), HnswOptions::new()).unwrap();
    let (_, asked) = &pool[77];
    let near = index.search(asked, 5, &Filter::All).unwrap();
    assert_eq!(near, exact.search(asked, 5, &Filter::All).unwrap());
    assert_eq!(near[0].id(), &pool[77].0);
}

#[test]
fn hnsw_is_exact_where_the_graph_cannot_answer() {
    let pool = clustered(6, 600, 10);
    let narrow = HnswOptions::new().with_ef_search(8).unwrap();
    let index = HnswIndex::build(pool.clone(), narrow).unwrap();
    let exact = FlatIndex::new(pool.clone()).unwrap();
    let asked = &pool[0].1;
    let more = index.search(asked, 9, &Filter::All).unwrap();
    assert_eq!(
        more,
        exact.search(asked, 9, &Filter::All).unwrap(),
        "more than ef_search"
    );
    for hit in exact.search(asked, 300, &Filter::All).unwrap() {
        index.remove(hit.id()).unwrap();
        exact.remove(hit.id()).unwrap();
    }
    let rest = index.search(asked, 8, &Filter::All).unwrap();
    assert_eq!(
        rest,
        exact.search(asked, 8, &Filter::All).unwrap(),
        "all near points removed"
    );
}

#[test]
fn on_one_thread_a_seed_gives_one_graph() {
    let pool = clustered(7, 400, 10);
    let one = rayon_of_one(|| {
        let build = || HnswIndex::build(pool.clone(), HnswOptions::new().with_seed(9)).unwrap();
        (bytes(&build()), bytes(&build()))
    });
    assert_eq!(one.0, one.1);
}

fn rayon_of_one<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    pool.install(work)
}

fn bytes(index: &HnswIndex) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    index.save(&path).unwrap();
    std::fs::read(path).unwrap()
}

/// Every vector index over some vectors.
fn indexes(pool: &[(CandidateId, Embedding)]) -> [Arc<dyn Retriever>; 2] {
    let hnsw = HnswIndex::build(pool.to_vec(), HnswOptions::new()).unwrap();
    [
        Arc::new(FlatIndex::new(pool.to_vec()).unwrap()),
        Arc::new(hnsw),
    ]
}

#[test]
fn a_query_that_cannot_be_answered_is_refused() {
    let pool = clustered(8, 20, 2);
    let asked = |query: &Query, request: &Request, index: &Arc<dyn Retriever>| {
        pollster::block_on(index.retrieve(query, request)).unwrap_err()
    };
    for index in indexes(&pool) {
        let words = query("words alone");
        let top = Request::top(3);
        assert!(matches!(
            asked(&words, &top, &index),
            RetrieveError::NoEmbedding { retriever } if retriever == "dense"
        ));
        let other = words.clone().with_embedding(vector(&[1.0; 3]));
        assert!(matches!(
            asked(&other, &top, &index),
            RetrieveError::Dimension {
                expected: 64,
                actual: 3
            }
        ));
        let scored = pollster::block_on(index.score(&other, &[pool[0].0.clone()]));
        assert!(matches!(scored, Err(RetrieveError::Dimension { .. })));
        let filtered = top.clone().with_filter(Filter::at_least("years", 1.0));
        let known = words.with_embedding(pool[0].1.clone());
        assert!(matches!(
            asked(&known, &filtered, &index),
            RetrieveError::UnsupportedFilter { .. }
        ));
    }
}

#[test]
fn an_empty_index_answers_anything_with_nobody() {
    for index in indexes(&[]) {
        let asked = query("x").with_embedding(vector(&[1.0; 5]));
        assert_eq!(retrieve(&*index, &asked, &Request::top(usize::MAX)), []);
        let scores = pollster::block_on(index.score(&asked, &[id("nobody")])).unwrap();
        assert_eq!(scores, [None]);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let twice = [(id("a"), vector(&[1.0])), (id("a"), vector(&[1.0]))];
    let error = FlatIndex::new(twice.clone()).unwrap_err();
    assert!(matches!(&error, IndexError::DuplicateId { id } if id.as_str() == "a"));
    let error = HnswIndex::build(twice, HnswOptions::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "candidate a is indexed already: update it instead"
    );
    let mixed = [(id("a"), vector(&[1.0])), (id("b"), vector(&[1.0, 1.0]))];
    let error = FlatIndex::new(mixed).unwrap_err();
    assert!(matches!(
        error,
        IndexError::Dimension {
            expected: 1,
            actual: 2
        }
    ));
    for ef in [0, HnswOptions::MAX_EF + 1] {
        let refused = HnswOptions::new().with_ef_search(ef);
        assert!(matches!(refused, Err(IndexError::Option { .. })), "{ef}");
    }
}

#[test]
fn profiles_come_with_hits_and_filters() {
    let pool = [
        (with_years("a", "x", 3), vector(&[1.0, 0.0])),
        (with_years("b", "x", 5), vector(&[0.9, 0.1])),
        (profile("c", "x"), vector(&[0.8, 0.2])),
    ];
    let options = HnswOptions::new();
    let flat = FlatIndex::with_profiles(pool.clone()).unwrap();
    let hnsw = HnswIndex::build_with_profiles(pool.clone(), options).unwrap();
    let filter = Filter::at_least("years", 4.0);
    let asked = &pool[0].1;
    let found = flat.search(asked, 3, &filter).unwrap();
    assert_eq!(found, hnsw.search(asked, 3, &filter).unwrap());
    assert_eq!(names(&found), ["b"]);
    assert_eq!(found[0].profile(), Some(&pool[1].0));
    let said = found[0].leg("dense").unwrap();
    assert!(
        (said.best.get() - 1.0).abs() < 1e-6,
        "the best of everyone, not of those who pass"
    );
    let error = flat.insert((id("d"), vector(&[1.0, 1.0]))).unwrap_err();
    assert!(matches!(error, IndexError::NoProfile { .. }));
}

#[test]
fn a_graph_that_takes_too_long_is_refused() {
    let pool = clustered(14, 2500, 10);
    let options = HnswOptions::new().with_max_build(std::time::Duration::ZERO);
    let refused = HnswIndex::build(pool.clone(), options).unwrap_err();
    let said = refused.to_string();
    let expected = "a graph of 2500 candidates would take about";
    assert!(said.starts_with(expected), "{said}");
    // So few are not worth an estimate.
    assert_eq!(
        HnswIndex::build(pool[..500].to_vec(), options)
            .unwrap()
            .len(),
        500
    );
}
