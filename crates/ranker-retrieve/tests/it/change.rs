//! Indexes that change follow a plain model of themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use ranker_core::{
    EmbedError, Embedded, Embedder, Embedding, Filter, Profile, Request, Role, TokenUsage,
};
use ranker_retrieve::{FlatIndex, HnswIndex, HnswOptions, IndexError, KeywordIndex, ProfileIndex};

use crate::common::{id, names, profile, query, random_vector, retrieve, rng, vector};

#[derive(Debug, Clone)]
enum Change {
    Insert(u8, u64),
    Update(u8, u64),
    Remove(u8),
    Rebuild,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let name = 0_u8..12;
    let change = prop_oneof![
        4 => (name.clone(), any::<u64>()).prop_map(|(name, seed)| Change::Insert(name, seed)),
        2 => (name.clone(), any::<u64>()).prop_map(|(name, seed)| Change::Update(name, seed)),
        3 => name.prop_map(Change::Remove),
        1 => Just(Change::Rebuild),
    ];
    prop::collection::vec(change, 0..40)
}

fn embedding(seed: u64) -> Embedding {
    random_vector(&mut rng(seed), 6)
}

/// Whether a change was refused as it should have been, and nothing else was.
fn followed(outcomes: &[Result<(), IndexError>], known: bool, change: &Change) -> bool {
    outcomes.iter().all(|outcome| match (change, known) {
        (Change::Insert(..), true) => matches!(outcome, Err(IndexError::DuplicateId { .. })),
        (Change::Update(..) | Change::Remove(_), false) => {
            matches!(outcome, Err(IndexError::UnknownId { .. }))
        }
        _ => outcome.is_ok(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn vector_indexes_follow_a_map(changes in changes(), asked in any::<u64>()) {
        let flat = FlatIndex::new([]).unwrap();
        let hnsw = HnswIndex::build([], HnswOptions::new()).unwrap();
        let mut model: BTreeMap<String, Embedding> = BTreeMap::new();
        for change in changes {
            let name = match &change {
                Change::Insert(name, _) | Change::Update(name, _) | Change::Remove(name) => format!("p{name}"),
                Change::Rebuild => { hnsw.rebuild(); continue }
            };
            let known = model.contains_key(&name);
            let outcomes = match change {
                Change::Insert(_, seed) => {
                    model.entry(name.clone()).or_insert_with(|| embedding(seed));
                    let entry = (id(&name), embedding(seed));
                    [flat.insert(entry.clone()), hnsw.insert(entry)]
                }
                Change::Update(_, seed) => {
                    model.entry(name.clone()).and_modify(|vector| *vector = embedding(seed));
                    let entry = (id(&name), embedding(seed));
                    [flat.update(entry.clone()), hnsw.update(entry)]
                }
                Change::Remove(_) | Change::Rebuild => {
                    model.remove(&name);
                    [flat.remove(&id(&name)), hnsw.remove(&id(&name))]
                }
            };
            prop_assert!(followed(&outcomes, known, &change), "{:?} gave {:?}", change, outcomes);
        }
        let fresh = FlatIndex::new(model.iter().map(|(name, vector)| (id(name), vector.clone()))).unwrap();
        let asked = embedding(asked);
        let expected = fresh.search(&asked, 20, &Filter::All).unwrap();
        prop_assert_eq!(flat.len(), model.len());
        prop_assert_eq!(hnsw.len(), model.len());
        prop_assert_eq!(&flat.search(&asked, 20, &Filter::All).unwrap(), &expected);
        prop_assert_eq!(&hnsw.search(&asked, 20, &Filter::All).unwrap(), &expected);
    }
}

#[test]
fn many_rows_keep_their_places() {
    // More than one chunk, so that rows move between chunks.
    let mut rng = rng(1);
    let pool = (0..9_000).map(|i| (id(&format!("p{i}")), random_vector(&mut rng, 4)));
    let pool: Vec<_> = pool.collect();
    let index = FlatIndex::new(pool.clone()).unwrap();
    for (gone, _) in pool.iter().step_by(2) {
        index.remove(gone).unwrap();
    }
    let rest: Vec<_> = pool.into_iter().skip(1).step_by(2).collect();
    let fresh = FlatIndex::new(rest.clone()).unwrap();
    let asked = &rest[17].1;
    let top = |index: &FlatIndex| index.search(asked, 5_000, &Filter::All).unwrap();
    assert_eq!(top(&index), top(&fresh));
}

#[test]
fn a_search_sees_the_moment_it_began() {
    let index = Arc::new(FlatIndex::new([(id("p"), vector(&[1.0, 0.0]))]).unwrap());
    let writer = std::thread::spawn({
        let index = Arc::clone(&index);
        move || {
            for i in 0..2_000 {
                index
                    .insert((id(&format!("q{i}")), vector(&[1.0, i as f32])))
                    .unwrap();
                index.remove(&id(&format!("q{i}"))).unwrap();
            }
        }
    });
    while !writer.is_finished() {
        let hits = index
            .search(&vector(&[1.0, 0.0]), 10, &Filter::All)
            .unwrap();
        assert_eq!(hits[0].id().as_str(), "p");
        assert!(hits.len() <= 2);
    }
    writer.join().unwrap();
    assert_eq!(index.len(), 1);
}

#[test]
fn a_rebuild_makes_good_what_changed_meanwhile() {
    let mut rng = rng(3);
    let pool = (0..500).map(|i| (id(&format!("p{i:04}")), random_vector(&mut rng, 16)));
    let pool: Vec<_> = pool.collect();
    let index = Arc::new(HnswIndex::build(pool[..400].to_vec(), HnswOptions::new()).unwrap());
    let rebuilding = std::thread::spawn({
        let index = Arc::clone(&index);
        move || (0..2).for_each(|_| index.rebuild())
    });
    for (i, (name, vector)) in pool.iter().enumerate() {
        match i {
            0..100 => index.remove(name).unwrap(),
            100..200 => index.update((name.clone(), pool[i + 1].1.clone())).unwrap(),
            400.. => index.insert((name.clone(), vector.clone())).unwrap(),
            _ => {}
        }
    }
    rebuilding.join().unwrap();
    let expected = pool
        .iter()
        .enumerate()
        .skip(100)
        .map(|(i, (name, vector))| {
            let moved = if i < 200 { &pool[i + 1].1 } else { vector };
            (name.clone(), moved.clone())
        });
    let expected = FlatIndex::new(expected).unwrap();
    let asked = random_vector(&mut rng, 16);
    assert_eq!(
        index.search(&asked, 500, &Filter::All).unwrap(),
        expected.search(&asked, 500, &Filter::All).unwrap()
    );
}

#[test]
fn keywords_follow_changes() {
    let pool = [profile("a", "rust engineer"), profile("b", "ward nurse")];
    let index = KeywordIndex::new(pool).unwrap();
    let found = |text: &str| {
        let hits = index.search(&query(text), 10, &Filter::All).unwrap();
        names(&hits)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    index.update(profile("a", "night nurse")).unwrap();
    assert_eq!(found("rust"), [""; 0]);
    assert_eq!(found("nurse"), ["a", "b"]);
    index.remove(&id("b")).unwrap();
    index
        .insert_all([profile("c", "nurse"), profile("d", "rust")])
        .unwrap();
    assert_eq!(found("nurse"), ["c", "a"], "the shorter text first");
    assert_eq!(found("rust"), ["d"]);
    assert_eq!(index.len(), 3);

    let refused = index.insert_all([profile("e", "nurse"), profile("c", "nurse")]);
    assert!(matches!(refused, Err(IndexError::DuplicateId { id }) if id.as_str() == "c"));
    assert!(matches!(
        index.remove(&id("b")),
        Err(IndexError::UnknownId { .. })
    ));
    assert!(matches!(
        index.update(profile("b", "x")),
        Err(IndexError::UnknownId { .. })
    ));
    assert_eq!(
        found("nurse"),
        ["c", "a"],
        "a refused batch leaves nothing behind"
    );
    assert_eq!(index.profile(&id("d")).unwrap().text(), "rust");
}

#[test]
fn both_legs_stay_in_step() {
    let of = |name: &str, text: &str| Profile::new(name, text).unwrap();
    let index = ProfileIndex::new([(of("a", "rust engineer"), vector(&[1.0, 0.0]))]).unwrap();
    index
        .insert(of("b", "ward nurse"), vector(&[0.0, 1.0]))
        .unwrap();
    let asked = query("nurse").with_embedding(vector(&[0.0, 1.0]));
    let hits = retrieve(&index, &asked, &Request::top(2));
    assert_eq!(names(&hits), ["b", "a"]);
    assert_eq!(
        hits[1].legs().len(),
        2,
        "what a leg did not find, it scores: {:?}",
        hits[1]
    );

    let wrong = vector(&[1.0]);
    let refused = [
        index.insert(of("c", "x"), wrong.clone()),
        index.update(of("b", "x"), wrong),
        index.insert(of("b", "x"), vector(&[1.0, 0.0])),
        index.update(of("c", "x"), vector(&[1.0, 0.0])),
        index.remove(&id("c")),
    ];
    assert!(refused.iter().all(Result::is_err), "{refused:?}");
    assert_eq!(
        retrieve(&index, &asked, &Request::top(2)),
        hits,
        "nothing was changed"
    );

    index
        .update(of("b", "rust developer"), vector(&[1.0, 0.1]))
        .unwrap();
    index.remove(&id("a")).unwrap();
    let hits = retrieve(&index, &asked, &Request::top(2));
    assert_eq!(names(&hits), ["b"]);
    assert_eq!(hits[0].leg("bm25").unwrap().score.get(), 0.0);
    assert_eq!((index.len(), index.dimension()), (1, Some(2)));
}

/// Embeds a text by its length.
struct ByLength;

impl Embedder for ByLength {
    fn dimension(&self) -> usize {
        2
    }

    fn model_id(&self) -> &str {
        "by-length"
    }

    fn embed(&self, texts: &[&str], _role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let embed = |(index, text): (usize, &&str)| {
            let usage = TokenUsage::new(1, 1);
            let embedding = vector(&[1.0, text.len() as f32]);
            let long = text.len() > 50;
            if long {
                Err(EmbedError::EmptyText { index })
            } else {
                Ok(Embedded::new(embedding, usage))
            }
        };
        texts.iter().enumerate().map(embed).collect()
    }
}

#[test]
fn profiles_are_embedded_with_their_titles() {
    let of = |name: &str, text: &str| Profile::new(name, text).unwrap().with_title("Nurse");
    let index = ProfileIndex::embed(vec![of("a", "x"), of("b", "xxx")], &ByLength).unwrap();
    let found = index
        .dense()
        .search(&vector(&[1.0, 9.0]), 1, &Filter::All)
        .unwrap();
    assert_eq!(names(&found), ["b"], "its title, a line break and its text");
    assert_eq!(index.keywords().len(), 2);
    let refused = ProfileIndex::embed(vec![of("a", &"x".repeat(60))], &ByLength);
    assert!(matches!(
        refused,
        Err(IndexError::Embed(EmbedError::EmptyText { index: 0 }))
    ));
}
