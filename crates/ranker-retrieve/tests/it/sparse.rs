//! Search by sparse vectors is what comparing all of them gives, whatever was changed before.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker_core::conformance;
use ranker_core::{
    CandidateId, EmbedError, Fact, Filter, Hit, JobDescription, Profile, Pushdown, Query, Request,
    RetrieveError, Retriever, Role, Score, SparseEmbedded, SparseEmbedder, SparseVector,
    TokenUsage, legs, words,
};
use ranker_retrieve::{
    Collection, CollectionOptions, Fused, IndexError, KeywordIndex, ProfileIndex, SPARSE,
    SPARSE_WEIGHT, SparseIndex, weigh_profiles,
};

const VOCABULARY: u32 = 1 << 20;

/// A weight of 1 for each word of a text.
pub(crate) struct Words;

impl SparseEmbedder for Words {
    fn vocabulary(&self) -> usize {
        VOCABULARY as usize
    }

    fn model_id(&self) -> &str {
        "words"
    }

    fn embed_sparse(&self, texts: &[&str], _: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
        let weigh = |(index, text): (usize, &&str)| {
            if text.trim().is_empty() {
                return Err(EmbedError::EmptyText { index });
            }
            let hash = |word: &str| {
                let word = word.to_lowercase();
                word.bytes().fold(17_u32, |hash, byte| {
                    hash.wrapping_mul(0x0100_0193) ^ u32::from(byte)
                }) % VOCABULARY
            };
            let weights: BTreeMap<u32, f32> =
                words(text).map(|word| (hash(&word.text), 1.0)).collect();
            let used = weights.len().max(1);
            let vector = SparseVector::new(weights);
            let vector = vector.map_err(|source| EmbedError::Output { index, source })?;
            Ok(SparseEmbedded::new(vector, TokenUsage::new(used, used)))
        };
        texts.iter().enumerate().map(weigh).collect()
    }
}

/// An index over words.
pub(crate) fn over_words(profiles: Vec<Arc<Profile>>) -> SparseIndex {
    SparseIndex::embed(Arc::new(Words), profiles).unwrap()
}

fn id(number: usize) -> CandidateId {
    CandidateId::new(format!("c{number:05}")).unwrap()
}

fn profile(number: usize) -> Arc<Profile> {
    let profile = Profile::new(id(number).as_str(), "any text").unwrap();
    let years = Fact::integer((number % 10) as i32);
    Arc::new(profile.with_fact("years", years).unwrap())
}

/// What an index holds.
type Held = BTreeMap<usize, SparseVector>;

fn by_comparing(
    held: &Held,
    query: &SparseVector,
    (k, least): (usize, usize),
) -> Vec<(CandidateId, f32)> {
    let passing = held.iter().filter(|(number, _)| *number % 10 >= least);
    let scored = passing.map(|(number, vector)| (id(*number), query.dot(vector)));
    let mut scored: Vec<_> = scored.filter(|(_, score)| *score > 0.0).collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    scored.truncate(k);
    scored
}

fn check(index: &SparseIndex, held: &Held, query: &SparseVector, (k, least): (usize, usize)) {
    let filter = match least {
        0 => Filter::All,
        least => Filter::at_least("years", least as f64),
    };
    let hits = index.search(query, k, &filter).unwrap();
    let found: Vec<(CandidateId, f32)> = hits
        .iter()
        .map(|hit| (hit.id().clone(), hit.score().get() as f32))
        .collect();
    assert_eq!(found, by_comparing(held, query, (k, least)));
    let best = by_comparing(held, query, (1, 0));
    for hit in &hits {
        let leg = hit.leg(SPARSE).unwrap();
        assert_eq!(
            leg.best,
            Score::new(best[0].1.into()).unwrap(),
            "the best of anyone"
        );
        assert_eq!(hit.profile().map(|profile| profile.id()), Some(hit.id()));
    }
}

fn vectors() -> impl Strategy<Value = SparseVector> {
    let entries = prop::collection::btree_map(0_u32..12, 0.01_f32..4.0, 0..6);
    entries.prop_map(|entries| SparseVector::new(entries).unwrap())
}

#[derive(Debug, Clone)]
enum Step {
    Put(usize, SparseVector),
    Remove(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let put = (0_usize..30, vectors()).prop_map(|(number, vector)| Step::Put(number, vector));
    let remove = (0_usize..30).prop_map(Step::Remove);
    prop::collection::vec(prop_oneof![3 => put, 2 => remove], 0..80)
}

fn apply(index: &SparseIndex, held: &mut Held, step: Step) {
    match step {
        Step::Put(number, vector) => {
            let known = held.insert(number, vector.clone()).is_some();
            let (profile, other) = (profile(number), (profile(number), vector.clone()));
            match known {
                true => {
                    let twice = index.insert(profile.clone(), vector.clone());
                    assert!(matches!(twice, Err(IndexError::DuplicateId { .. })));
                    index.update(other.0, other.1).unwrap();
                }
                false => {
                    let unknown = index.update(other.0, other.1);
                    assert!(matches!(unknown, Err(IndexError::UnknownId { .. })));
                    index.insert(profile, vector).unwrap();
                }
            }
        }
        Step::Remove(number) => match held.remove(&number) {
            Some(_) => index.remove(&id(number)).unwrap(),
            None => {
                let unknown = index.remove(&id(number));
                assert!(matches!(unknown, Err(IndexError::UnknownId { .. })));
            }
        },
    }
}

proptest! {
    #[test]
    fn no_change_leaves_another_answer(
        steps in steps(),
        queries in prop::collection::vec((vectors(), 0_usize..12, 0_usize..10), 1..6),
    ) {
        let (index, mut held) = (SparseIndex::new(Arc::new(Words), []).unwrap(), Held::new());
        for step in steps {
            apply(&index, &mut held, step);
        }
        prop_assert_eq!(index.len(), held.len());
        prop_assert_eq!(index.ids().len(), held.len());
        for (number, vector) in &held {
            prop_assert_eq!(&index.vector(&id(*number)).unwrap(), vector);
        }
        for (query, k, least) in &queries {
            check(&index, &held, query, (*k, *least));
        }
    }
}

#[test]
fn several_blocks_are_one_index() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut vector = move || {
        let entries: BTreeMap<u32, f32> = (0..random.random_range(1..12))
            .map(|_| (random.random_range(0..200), random.random_range(0.1..3.0)))
            .collect();
        SparseVector::new(entries).unwrap()
    };
    let mut held: Held = (0..9_000).map(|number| (number, vector())).collect();
    let each = held
        .iter()
        .map(|(number, vector)| (profile(*number), vector.clone()));
    let index = SparseIndex::new(Arc::new(Words), each).unwrap();
    // Room is made in the first blocks, and taken again.
    for number in (0..9_000).step_by(3) {
        apply(&index, &mut held, Step::Remove(number));
    }
    for number in (0..12_000).step_by(5) {
        apply(&index, &mut held, Step::Put(number, vector()));
    }
    for (k, least) in [(10, 0), (1_000, 0), (100, 9), (20_000, 5)] {
        for _ in 0..5 {
            check(&index, &held, &vector(), (k, least));
        }
    }
}

#[test]
fn a_search_sees_the_moment_it_began() {
    let index = Arc::new(SparseIndex::new(Arc::new(Words), []).unwrap());
    let vector = |weight: f32| SparseVector::new([(1, weight), (2, weight)]).unwrap();
    (0..200).for_each(|number| index.insert(profile(number), vector(1.0)).unwrap());
    let writer = Arc::clone(&index);
    let changing = std::thread::spawn(move || {
        for round in 2..40 {
            for number in 0..200 {
                writer
                    .update(profile(number), vector(round as f32))
                    .unwrap();
            }
        }
    });
    while !changing.is_finished() {
        for hit in index.search(&vector(1.0), 300, &Filter::All).unwrap() {
            let half = hit.score().get() / 2.0;
            assert_eq!(half.fract(), 0.0, "both entries of one vector: {half}");
        }
    }
    changing.join().unwrap();
    assert_eq!(index.len(), 200);
}

#[test]
fn vectors_of_another_encoder_are_refused() {
    let vector = SparseVector::new([(3, 1.0), (VOCABULARY, 1.0)]).unwrap();
    let refused = SparseIndex::new(Arc::new(Words), [(profile(1), vector)]).unwrap_err();
    let told = refused.to_string();
    assert!(
        told.contains("use the same encoder") && told.contains("c00001"),
        "{told}"
    );
}

#[test]
fn a_score_beyond_numbers_is_an_error() {
    let vector = SparseVector::new([(3, f32::MAX)]).unwrap();
    let index = SparseIndex::new(Arc::new(Words), [(profile(1), vector.clone())]).unwrap();
    let refused = index.search(&vector, 1, &Filter::All);
    assert!(matches!(refused, Err(RetrieveError::Invalid { .. })));
}

/// An encoder that fails.
struct Broken;

impl SparseEmbedder for Broken {
    fn vocabulary(&self) -> usize {
        10
    }

    fn model_id(&self) -> &str {
        "broken"
    }

    fn embed_sparse(&self, _: &[&str], _: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
        let (backend, source) = ("broken".to_owned(), "no memory".into());
        Err(EmbedError::Backend { backend, source })
    }
}

#[test]
fn an_encoder_that_fails_is_an_error_and_none_of_another_answer() {
    let index = SparseIndex::new(Arc::new(Broken), []).unwrap();
    let query = Query::new(JobDescription::new("rust").unwrap());
    let failed = pollster::block_on(index.retrieve(&query, &Request::top(3))).unwrap_err();
    assert!(matches!(failed, RetrieveError::Rejected { ref backend, .. } if backend == SPARSE));
    assert!(weigh_profiles(&Broken, &[&*profile(1)]).is_err());
    conformance::sparse_embedder(&Words).unwrap();
    assert!(conformance::sparse_embedder(&Broken).is_err());
}

fn pool() -> Vec<conformance::Entry> {
    conformance::pool()
}

fn hybrid(entries: &[conformance::Entry]) -> Arc<ProfileIndex> {
    let each = entries
        .iter()
        .map(|entry| (entry.profile.clone(), entry.embedding.clone()));
    Arc::new(ProfileIndex::new(each).unwrap())
}

fn texts(entries: &[conformance::Entry]) -> Vec<Arc<Profile>> {
    entries
        .iter()
        .map(|entry| Arc::new(entry.profile.clone()))
        .collect()
}

fn asked(entry: &conformance::Entry) -> Query {
    Query::new(JobDescription::new(entry.profile.text()).unwrap())
        .with_embedding(entry.embedding.clone())
}

fn found(retriever: &dyn Retriever, query: &Query, k: usize) -> Vec<Hit> {
    pollster::block_on(retriever.retrieve(query, &Request::top(k))).unwrap()
}

#[test]
fn hits_keep_the_legs_of_the_index_that_it_stands_beside() {
    let entries = pool();
    let folder = tempfile::tempdir().unwrap();
    let collection = Collection::create(folder.path().join("c"), CollectionOptions::new()).unwrap();
    let each = entries
        .iter()
        .map(|entry| (entry.profile.clone(), entry.embedding.clone()));
    collection.insert_all(each).unwrap();
    let bases: [Arc<dyn Retriever>; 2] = [hybrid(&entries), Arc::new(collection)];
    let query = asked(&entries[6]);
    for base in bases {
        let both = Fused::beside(base.clone(), over_words(texts(&entries)), SPARSE_WEIGHT).unwrap();
        assert!(
            both.holds_profiles()
                && both.pushdown(&Filter::flag("permit", true)) == Pushdown::Exact
        );
        let (hits, alone) = (found(&both, &query, 40), found(&*base, &query, 40));
        let sparse = found(&over_words(texts(&entries)), &query, 40);
        assert_eq!(hits.len(), 40);
        let of = |hits: &[Hit], id: &CandidateId| hits.iter().find(|hit| hit.id() == id).cloned();
        let most = alone[0].score().get();
        for hit in &hits {
            let names: Vec<&str> = hit.legs().iter().map(|leg| &*leg.leg).collect();
            assert_eq!(names, [legs::DENSE, legs::BM25, legs::SPARSE]);
            let base = of(&alone, hit.id()).unwrap();
            assert_eq!(hit.legs()[..2], *base.legs());
            let share = match of(&sparse, hit.id()) {
                Some(sparse) => sparse.leg(SPARSE).unwrap().share(),
                None => 0.0,
            };
            let sum = base.score().get() / most + SPARSE_WEIGHT * share;
            assert!((hit.score().get() - sum).abs() < 1e-12, "{hit:?}");
        }
        // Given candidates have what retrieved ones have.
        let ids: Vec<CandidateId> = hits.iter().map(|hit| hit.id().clone()).collect();
        let given = pollster::block_on(both.complete(&query, &ids)).unwrap();
        assert_eq!(given, hits.iter().cloned().map(Some).collect::<Vec<_>>());
        let given = pollster::block_on(base.complete(&query, &ids)).unwrap();
        for given in given.into_iter().flatten() {
            assert_eq!(of(&alone, given.id()), Some(given));
        }
        let terms =
            |retriever: &dyn Retriever| pollster::block_on(retriever.terms(&query, &ids)).unwrap();
        assert_eq!(terms(&both), terms(&*base));
        assert!(terms(&both)[0].is_some());
    }
}

#[test]
fn who_is_gone_from_the_index_is_found_by_nothing() {
    let entries = pool();
    let (base, sparse) = (hybrid(&entries), Arc::new(over_words(texts(&entries))));
    let both = Fused::beside(base.clone(), sparse.clone(), 100.0).unwrap();
    let query = asked(&entries[6]);
    let gone = entries[6].profile.id();
    assert_eq!(found(&both, &query, 1)[0].id(), gone);
    base.remove(gone).unwrap();
    assert!(found(&both, &query, 50).iter().all(|hit| hit.id() != gone));
    let given = pollster::block_on(both.complete(&query, std::slice::from_ref(gone))).unwrap();
    assert_eq!(given, [None]);
    // Who is not weighed yet is found all the same.
    sparse.remove(entries[10].profile.id()).unwrap();
    let hits = found(&both, &query, 50);
    let hit = hits
        .iter()
        .find(|hit| hit.id() == entries[10].profile.id())
        .unwrap();
    assert!(hit.leg(SPARSE).is_none() && hit.leg(legs::DENSE).is_some());
}

#[test]
fn three_legs_of_ones_own_are_fused_as_any() {
    let entries = pool();
    let base = hybrid(&entries);
    let words = KeywordIndex::new(texts(&entries)).unwrap();
    let legs: [(Arc<dyn Retriever>, f64); 3] = [
        (base.dense().clone(), 1.0),
        (Arc::new(words), 0.3),
        (Arc::new(over_words(texts(&entries))), SPARSE_WEIGHT),
    ];
    let fused = Fused::new(legs, ranker_retrieve::Fusion::Weighted).unwrap();
    let hits = found(&fused, &asked(&entries[6]), 10);
    assert!(hits.iter().all(|hit| hit.legs().len() == 3));
    assert_eq!(hits[0].id(), entries[6].profile.id());
}

/// Counts what it weighs, and reads three words.
#[derive(Default)]
struct Counting(std::sync::atomic::AtomicUsize, &'static str);

impl SparseEmbedder for Counting {
    fn vocabulary(&self) -> usize {
        Words.vocabulary()
    }

    fn model_id(&self) -> &str {
        self.1
    }

    fn embed_sparse(&self, texts: &[&str], role: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
        self.0
            .fetch_add(texts.len(), std::sync::atomic::Ordering::SeqCst);
        let mut weighed = Words.embed_sparse(texts, role)?;
        for weighed in &mut weighed {
            weighed.usage = TokenUsage::new(weighed.usage.tokens, weighed.usage.tokens.min(3));
        }
        Ok(weighed)
    }
}

fn opened(
    path: &std::path::Path,
    model: &'static str,
    profiles: &[Arc<Profile>],
) -> (SparseIndex, usize, usize) {
    let encoder = Arc::new(Counting(0.into(), model));
    let mut told = 0;
    let (index, opened) = SparseIndex::open(path, encoder.clone(), profiles, &mut |done, all| {
        assert!(done <= all);
        told = done;
    })
    .unwrap();
    assert_eq!(
        encoder.0.load(std::sync::atomic::Ordering::SeqCst),
        opened.weighed
    );
    assert_eq!(told, opened.weighed);
    (index, opened.weighed, opened.cut)
}

#[test]
fn a_file_keeps_the_vectors_of_these_profiles_and_of_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse");
    let text = |name: &str, text: &str| Arc::new(Profile::new(name, text).unwrap());
    let mut profiles = vec![
        text("a", "nurse on a surgical ward"),
        text("b", "rust engineer"),
        text("c", "zymologist"),
    ];
    let (index, weighed, cut) = opened(&path, "m", &profiles);
    assert_eq!((index.len(), weighed, cut), (3, 3, 1));
    let (again, weighed, cut) = opened(&path, "m", &profiles);
    assert_eq!((weighed, cut), (0, 1));
    let query = index.vector(&CandidateId::new("b").unwrap()).unwrap();
    assert_eq!(
        again.search(&query, 5, &Filter::All).unwrap(),
        index.search(&query, 5, &Filter::All).unwrap()
    );
    // One is changed, one is gone, one is new.
    profiles[1] = text("b", "rust engineer for search");
    profiles[2] = text("d", "baker");
    let before = std::fs::read(&path).unwrap();
    assert_eq!(opened(&path, "m", &profiles).1, 2);
    assert!(before.windows(3).any(|bytes| bytes == b"\x01\x00c"));
    let after = std::fs::read(&path).unwrap();
    assert!(
        !after.windows(3).any(|bytes| bytes == b"\x01\x00c"),
        "c is gone from the file"
    );
    profiles.pop();
    assert_eq!(opened(&path, "m", &profiles).1, 0);
    assert!(
        !std::fs::read(&path)
            .unwrap()
            .windows(3)
            .any(|bytes| bytes == b"\x01\x00d")
    );
    assert_eq!(
        opened(&path, "another", &profiles).1,
        2,
        "another encoder's are never taken"
    );
    assert_eq!(opened(&path, "m", &profiles).1, 2);
}

#[test]
fn a_file_with_any_bit_turned_is_weighed_anew_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse");
    let profiles = [
        Arc::new(Profile::new("a", "nurse").unwrap()),
        Arc::new(Profile::new("b", "rust").unwrap()),
    ];
    let (index, ..) = opened(&path, "m", &profiles);
    let bytes = std::fs::read(&path).unwrap();
    let vectors = |index: &SparseIndex| {
        profiles
            .each_ref()
            .map(|profile| index.vector(profile.id()))
    };
    for at in 0..bytes.len() {
        for damaged in [
            bytes[..at].to_vec(),
            [&bytes[..at], &[bytes[at] ^ 4], &bytes[at + 1..]].concat(),
        ] {
            std::fs::write(&path, &damaged).unwrap();
            match SparseIndex::open(
                &path,
                Arc::new(Counting(0.into(), "m")),
                &profiles,
                &mut |_, _| {},
            ) {
                Ok((mended, opened)) => {
                    assert_eq!(vectors(&mended), vectors(&index), "byte {at}");
                    assert_eq!(opened.weighed, 2, "byte {at}");
                    assert_eq!(std::fs::read(&path).unwrap(), bytes);
                }
                Err(error) => {
                    assert!(matches!(error, IndexError::File(_)), "{error}");
                    assert_eq!(
                        std::fs::read(&path).unwrap(),
                        damaged,
                        "what is no file of ours is left"
                    );
                }
            }
        }
    }
}
