//! Fusion adds up what its legs say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use ranker_core::{
    CandidateId, CosineBaseline, Embedding, Filter, Hit, LegScore, Profile, Pushdown, Query,
    Request, RetrieveError, Retriever, Score, async_trait,
};
use ranker_retrieve::{FlatIndex, Fused, Fusion, IndexError, KeywordIndex, ProfileIndex};

use crate::common::{id, names, query, random_vector, retrieve, rng, vector, with_years};

type Leg = (Arc<dyn Retriever>, f64);

fn pool(seed: u64, len: i32) -> Vec<(Arc<Profile>, Embedding)> {
    let mut rng = rng(seed);
    let words = ["rust", "nurse", "search", "ward", "audit"];
    let entry = |i: i32| {
        let text: Vec<&str> = (0..=i % 4)
            .map(|j| words[((i + j * j) % 5) as usize])
            .collect();
        (
            with_years(&format!("p{i:03}"), &text.join(" "), i),
            random_vector(&mut rng, 4),
        )
    };
    (0..len).map(entry).collect()
}

fn dense(pool: &[(Arc<Profile>, Embedding)], name: &str) -> Arc<dyn Retriever> {
    Arc::new(
        FlatIndex::with_profiles(pool.to_vec())
            .unwrap()
            .with_name(name),
    )
}

fn keywords(pool: &[(Arc<Profile>, Embedding)]) -> Arc<dyn Retriever> {
    let profiles = pool.iter().map(|(profile, _)| Arc::clone(profile));
    Arc::new(KeywordIndex::new(profiles).unwrap())
}

fn asked(seed: u64) -> Query {
    query("rust search engineers").with_embedding(random_vector(&mut rng(seed), 4))
}

#[test]
fn a_weighted_score_is_the_sum_of_shares() {
    let pool = pool(1, 30);
    let fused = Fused::new(
        [(dense(&pool, "dense"), 2.0), (keywords(&pool), 0.5)],
        Fusion::Weighted,
    );
    let hits = retrieve(&fused.unwrap(), &asked(2), &Request::top(30));
    assert_eq!(hits.len(), 30);
    for hit in &hits {
        let share = |name: &str| hit.leg(name).unwrap().share();
        let sum = 2.0 * share("dense") + 0.5 * share("bm25");
        assert!((hit.score().get() - sum).abs() < 1e-12, "{hit:?}");
        assert!(hit.profile().is_some());
    }
    let best = |name: &str| {
        hits.iter()
            .map(|hit| hit.leg(name).unwrap().share())
            .fold(0.0, f64::max)
    };
    assert_eq!((best("dense"), best("bm25")), (1.0, 1.0));
}

/// Cosines that all lie close together say nothing beside words, unless they count from the encoder's baseline.
#[test]
fn cosines_count_from_the_encoders_baseline() {
    let person = |name: &str, text: &str, cosine: f32| {
        let across = (1.0 - cosine * cosine).sqrt();
        let profile = Profile::new(name, text).unwrap();
        (Arc::new(profile), vector(&[cosine, across]))
    };
    let pool = [
        person("nearest", "develops crawlers", 0.9),
        person("by a word", "search engineers", 0.78),
        person("else", "nurse", 0.75),
    ];
    let legs = [(dense(&pool, "dense"), 1.0), (keywords(&pool), 0.3)];
    let fused = Fused::new(legs, Fusion::Weighted).unwrap();
    let asked = query("search engineers").with_embedding(vector(&[1.0, 0.0]));
    let found = |query: &Query| retrieve(&fused, query, &Request::top(3));
    assert_eq!(names(&found(&asked)), ["by a word", "nearest", "else"]);
    let above = asked.with_baseline(CosineBaseline::new(0.75, 0.7));
    assert_eq!(names(&found(&above)), ["nearest", "by a word", "else"]);
}

#[test]
fn reciprocal_ranks_add_up() {
    let at = |x: f32, y: f32| vector(&[x, y]);
    let first = [
        ("a", at(1.0, 0.0)),
        ("b", at(0.9, 0.1)),
        ("c", at(0.0, 1.0)),
    ];
    let second = [
        ("a", at(0.5, 0.5)),
        ("b", at(1.0, 0.1)),
        ("d", at(0.9, 0.2)),
    ];
    let leg = |name: &str, pool: &[(&str, Embedding)]| -> Arc<dyn Retriever> {
        let pool = pool.iter().map(|(name, vector)| (id(name), vector.clone()));
        Arc::new(FlatIndex::new(pool).unwrap().with_name(name))
    };
    let legs: [Leg; 2] = [(leg("one", &first), 1.0), (leg("two", &second), 3.0)];
    let fused = Fused::new(legs, Fusion::reciprocal_rank()).unwrap();
    let query = query("x").with_embedding(at(1.0, 0.0));
    let hits = retrieve(&fused, &query, &Request::top(9));
    let expected = [
        ("b", 1.0 / 62.0 + 3.0 / 61.0),
        ("a", 1.0 / 61.0 + 3.0 / 63.0),
        ("d", 3.0 / 62.0),
        ("c", 1.0 / 63.0),
    ];
    for (hit, (name, score)) in hits.iter().zip(expected) {
        assert_eq!(hit.id().as_str(), name);
        assert!((hit.score().get() - score).abs() < 1e-12);
    }
    let ids: Vec<_> = hits.iter().map(|hit| hit.id().clone()).collect();
    let scores = pollster::block_on(fused.score(&query, &ids)).unwrap();
    let own = hits.iter().map(|hit| Some(hit.score()));
    assert!(scores.into_iter().eq(own), "scored alone as retrieved");
    assert!(!fused.holds_profiles());
    let filtered = Request::top(3).with_filter(Filter::flag("x", true));
    let refused = pollster::block_on(fused.retrieve(&query, &filtered));
    assert!(matches!(
        refused,
        Err(RetrieveError::UnsupportedFilter { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_legs_does_not_matter(
        seed in any::<u64>(),
        order in Just(vec![0, 1, 2]).prop_shuffle(),
        weighted in any::<bool>(),
    ) {
        let fusion = if weighted { Fusion::Weighted } else { Fusion::reciprocal_rank() };
        let (one, two) = (pool(seed, 30), pool(seed ^ 1, 30));
        let legs: [Leg; 3] = [(dense(&one, "one"), 1.0), (dense(&two, "two"), 0.3), (keywords(&one), 0.7)];
        let shuffled: Vec<Leg> = order.iter().map(|&i: &usize| legs[i].clone()).collect();
        let found = |legs: Vec<Leg>| {
            let hits = retrieve(&Fused::new(legs, fusion).unwrap(), &asked(seed), &Request::top(10));
            hits.iter().map(|hit| (hit.id().clone(), hit.score())).collect::<Vec<_>>()
        };
        prop_assert_eq!(found(legs.to_vec()), found(shuffled));
    }
}

/// With pools deeper than a leg is asked.
#[test]
fn a_filter_leaves_the_rest_in_order() {
    let pool = pool(3, 400);
    let filter = Filter::at_least("years", 350.0);
    let passes = |hit: &&Hit| filter.matches(hit.profile().unwrap().facts());
    for fusion in [Fusion::Weighted, Fusion::reciprocal_rank()] {
        let legs = [(dense(&pool, "dense"), 1.0), (keywords(&pool), 0.3)];
        let fused = Fused::new(legs, fusion).unwrap();
        let all = retrieve(&fused, &asked(4), &Request::top(400));
        let some = retrieve(
            &fused,
            &asked(4),
            &Request::top(20).with_filter(filter.clone()),
        );
        let expected: Vec<&Hit> = all.iter().filter(passes).take(20).collect();
        assert_eq!(expected.len(), 20);
        if fusion == Fusion::Weighted {
            assert_eq!(some.iter().collect::<Vec<_>>(), expected);
        }
        assert_eq!(
            some.len(),
            20,
            "as many as asked for, of those far behind too"
        );
        assert!(some.iter().all(|hit| passes(&hit)));
        let distinct: std::collections::BTreeSet<_> = some.iter().map(Hit::score).collect();
        assert!(
            distinct.len() > 10,
            "{fusion:?}: those far behind are told apart: {distinct:?}"
        );
    }
}

#[test]
fn every_leg_is_heard_on_every_hit() {
    let pool = pool(5, 500);
    let fused = Fused::new(
        [(dense(&pool, "dense"), 1.0), (keywords(&pool), 1.0)],
        Fusion::Weighted,
    );
    let hits = retrieve(&fused.unwrap(), &asked(6), &Request::top(10));
    for hit in &hits {
        let legs: Vec<&str> = hit.legs().iter().map(|said| &*said.leg).collect();
        assert_eq!(legs, ["dense", "bm25"]);
    }
}

/// A leg that always fails.
struct Down;

#[async_trait]
impl Retriever for Down {
    async fn retrieve(&self, _: &Query, _: &Request) -> Result<Vec<Hit>, RetrieveError> {
        Err(RetrieveError::Unavailable {
            backend: "search.example".into(),
            source: "connection refused".into(),
        })
    }
}

#[test]
fn a_leg_that_fails_fails_the_whole() {
    let pool = pool(7, 5);
    let legs: [Leg; 2] = [(dense(&pool, "dense"), 1.0), (Arc::new(Down), 1.0)];
    let fused = Fused::new(legs, Fusion::Weighted).unwrap();
    let failed = pollster::block_on(fused.retrieve(&asked(1), &Request::top(3)));
    assert!(
        matches!(failed, Err(RetrieveError::Unavailable { backend, .. }) if backend == "search.example")
    );
}

#[test]
fn legs_that_cannot_be_told_apart_are_refused() {
    let pool = pool(8, 3);
    let twins: [Leg; 2] = [(dense(&pool, "x"), 1.0), (dense(&pool, "x"), 1.0)];
    let error = Fused::new(twins, Fusion::Weighted).unwrap_err();
    assert_eq!(
        error.to_string(),
        "two legs are named x: give one of them another name"
    );
    assert!(matches!(
        Fused::new([], Fusion::Weighted),
        Err(IndexError::NoLegs)
    ));
    for weight in [-1.0, f64::NAN, f64::INFINITY] {
        let refused = Fused::new([(dense(&pool, "x"), weight)], Fusion::Weighted);
        assert!(
            matches!(refused, Err(IndexError::Option { .. })),
            "{weight}"
        );
    }
}

#[test]
fn more_than_there_are_gives_all() {
    let pool = pool(9, 7);
    let fused = Fused::new(
        [(dense(&pool, "dense"), 1.0), (keywords(&pool), 1.0)],
        Fusion::Weighted,
    );
    let fused = fused.unwrap().with_overfetch(usize::MAX);
    assert_eq!(
        retrieve(&fused, &asked(1), &Request::top(usize::MAX)).len(),
        7
    );
    assert_eq!(
        names(&retrieve(&fused, &asked(1), &Request::top(0))),
        [""; 0]
    );
}

/// Answers only when another leg is being asked at the same time.
struct Meets {
    name: &'static str,
    both: Arc<std::sync::Barrier>,
}

#[async_trait]
impl Retriever for Meets {
    async fn retrieve(&self, _: &Query, _: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let both = Arc::clone(&self.both);
        ranker_core::compute(move || both.wait()).await;
        Ok(Vec::new())
    }

    fn name(&self) -> &str {
        self.name
    }
}

#[test]
fn legs_that_compute_are_asked_at_once() {
    let both = Arc::new(std::sync::Barrier::new(2));
    let leg = |name| -> (Arc<dyn Retriever>, f64) {
        let both = Arc::clone(&both);
        (Arc::new(Meets { name, both }), 1.0)
    };
    let fused = Fused::new([leg("one"), leg("two")], Fusion::Weighted).unwrap();
    if rayon::current_num_threads() > 1 {
        assert_eq!(retrieve(&fused, &asked(1), &Request::top(1)), []);
    }
}

/// A leg of a foreign store: each call is a statement. Its hits are bare; it reads scores and profiles of
/// given candidates in one.
struct Statements {
    inner: Arc<dyn Retriever>,
    profiles: BTreeMap<CandidateId, Arc<Profile>>,
    count: Arc<AtomicUsize>,
}

#[async_trait]
impl Retriever for Statements {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let hits = self.inner.retrieve(query, request).await?.into_iter();
        // Each row comes with the best score of all: a window function.
        let bare = |hit: Hit| Hit::new(hit.id().clone(), hit.score());
        let labelled = |hit: Hit| match hit.leg(self.name()) {
            Some(leg) => bare(hit.clone()).with_leg(leg.clone()),
            None => bare(hit),
        };
        Ok(hits.map(labelled).collect())
    }

    fn name(&self) -> &str {
        self.inner.name()
    }

    fn pushdown(&self, filter: &Filter) -> ranker_core::Pushdown {
        self.inner.pushdown(filter)
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let scores = self.inner.score(query, ids).await?;
        let hit = |(id, score): (&CandidateId, Option<Score>)| {
            let profile = self.profiles.get(id)?;
            Some(Hit::new(id.clone(), score?).with_profile(Arc::clone(profile)))
        };
        Ok(ids.iter().zip(scores).map(hit).collect())
    }
}

/// Two legs of a foreign store are asked four times for one ranking, with a filter too, and give every hit
/// both scores and its profile.
#[test]
fn a_foreign_store_is_asked_once_a_stage() {
    let pool = pool(5, 400);
    let (count, profiles) = (Arc::new(AtomicUsize::new(0)), pool.iter());
    let profiles = profiles.map(|(profile, _)| (profile.id().clone(), Arc::clone(profile)));
    let profiles: BTreeMap<CandidateId, Arc<Profile>> = profiles.collect();
    let foreign = |inner| -> Arc<dyn Retriever> {
        Arc::new(Statements {
            inner,
            profiles: profiles.clone(),
            count: Arc::clone(&count),
        })
    };
    let legs: [Leg; 2] = [
        (foreign(dense(&pool, "dense")), 1.0),
        (foreign(keywords(&pool)), 0.3),
    ];
    let fused = Fused::new(legs, Fusion::Weighted).unwrap();
    let own: [Leg; 2] = [(dense(&pool, "dense"), 1.0), (keywords(&pool), 0.3)];
    let own = Fused::new(own, Fusion::Weighted).unwrap();
    for filter in [Filter::All, Filter::at_least("years", 100.0)] {
        let request = Request::top(20).with_filter(filter);
        count.store(0, Ordering::Relaxed);
        let hits = retrieve(&fused, &asked(6), &request);
        assert_eq!(count.load(Ordering::Relaxed), 4, "{request:?}");
        assert!(
            hits.iter()
                .all(|hit| hit.profile().is_some() && hit.legs().len() == 2)
        );
        assert_eq!(hits, retrieve(&own, &asked(6), &request));
    }
}

/// An engine without words: its name and scale are its own, and its hits report a leg `dense`.
struct Engine(FlatIndex);

#[async_trait]
impl Retriever for Engine {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let hits = self.0.retrieve(query, request).await?;
        Ok(hits.into_iter().map(on_own_scale).collect())
    }

    fn name(&self) -> &str {
        "engine profiles people"
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        self.0.pushdown(filter)
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        let scores = self.0.score(query, ids).await?.into_iter().zip(ids);
        let best = self.0.retrieve(query, &Request::top(1)).await?[0].score();
        let hit = |(score, id): (Option<Score>, &CandidateId)| {
            let hit = Hit::new(id.clone(), score?);
            Some(on_own_scale(
                hit.with_leg(LegScore::new("dense", score?, best)),
            ))
        };
        Ok(scores.map(hit).collect())
    }
}

fn on_own_scale(hit: Hit) -> Hit {
    let leg = hit.leg("dense").unwrap().clone();
    let scored = Hit::new(hit.id().clone(), Score::new(leg.share()).unwrap()).with_leg(leg);
    match hit.profile() {
        Some(profile) => scored.with_profile(Arc::clone(profile)),
        None => scored,
    }
}

#[test]
fn an_engine_without_words_ranks_as_an_index_of_ours() {
    let pool = pool(5, 200);
    let entries = pool
        .iter()
        .map(|(profile, embedding)| (Profile::clone(profile), embedding.clone()));
    let ours = ProfileIndex::new(entries).unwrap();
    let engine = || Engine(FlatIndex::with_profiles(pool.clone()).unwrap());
    let texts = || KeywordIndex::new(pool.iter().map(|(profile, _)| Arc::clone(profile))).unwrap();
    let hybrid = Fused::hybrid(engine(), texts()).unwrap();
    for filter in [Filter::All, Filter::at_most("years", 20.0)] {
        for seed in 0..5 {
            let request = Request::top(20).with_filter(filter.clone());
            let (query, said) = (asked(seed), |hits: Vec<Hit>| {
                let said = hits
                    .into_iter()
                    .map(|hit| (hit.id().clone(), hit.legs().to_vec()));
                said.collect::<Vec<_>>()
            });
            let expected = said(retrieve(&ours, &query, &request));
            assert_eq!(said(retrieve(&hybrid, &query, &request)), expected);
        }
    }
    // Words in place of vectors have no such leg.
    let swapped = Fused::hybrid(texts(), engine()).unwrap();
    let refused = pollster::block_on(swapped.retrieve(&asked(1), &Request::top(5)));
    assert!(
        matches!(refused, Err(RetrieveError::Rejected { .. })),
        "{refused:?}"
    );
}
