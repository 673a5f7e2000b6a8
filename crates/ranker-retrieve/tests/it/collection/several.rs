//! Profiles with several vectors in a collection: in the same transaction, and by the same rules.

use ranker_core::conformance::RetrieverSuite;
use ranker_core::{
    BoxError, CandidateId, EmbedError, Embedded, Embedder, Embedding, Fact, Filter, Profile,
    Request, Role, TokenUsage,
};
use ranker_retrieve::{
    Change, Collection, CollectionError, CollectionOptions, Derived, Encoded, IndexError,
};

use super::{asked, create, direction, name, numbered, open};
use crate::common::{id, retrieve};
use crate::several::encoded;

/// A profile and the vectors of so many numbers, its own first: 0 to 3 further ones.
pub(super) fn several(number: u32, edition: u32) -> (Profile, Encoded) {
    let (profile, first) = numbered(number, edition);
    let further = (0..number % 4).map(|n| direction(500 + 40 * n + number, edition));
    (
        profile,
        Encoded::from(first).with_further(further.collect()),
    )
}

fn vectors(number: u32, edition: u32) -> Vec<Embedding> {
    let (_, encoded) = several(number, edition);
    [vec![encoded.embedding], encoded.further].concat()
}

fn update(number: u32, edition: u32) -> Change {
    let (profile, encoded) = several(number, edition);
    Change::Update(profile, encoded)
}

fn fill(collection: &Collection, numbers: std::ops::Range<u32>) {
    let all = numbers.map(|number| several(number, 0));
    collection.insert_all(all).unwrap();
}

/// Everyone has their own vectors.
pub(super) fn have_all(collection: &Collection, editions: &[(u32, u32)]) {
    let snapshot = collection.snapshot();
    for &(number, edition) in editions {
        let kept = snapshot.embeddings(&id(&name(number))).unwrap().unwrap();
        assert_eq!(kept, vectors(number, edition), "{number}");
    }
}

/// Everyone has their own vectors, and each vector finds its owner.
fn check(collection: &Collection, editions: &[(u32, u32)]) {
    let snapshot = collection.snapshot();
    assert_eq!(snapshot.len(), editions.len());
    have_all(collection, editions);
    for &(number, edition) in editions {
        let own = id(&name(number));
        for vector in &vectors(number, edition) {
            let hits = snapshot.search(vector, 3, &Filter::All).unwrap();
            assert_eq!((hits[0].id(), hits.len()), (&own, 3.min(editions.len())));
        }
    }
    let all = snapshot.search(&direction(0, 0), usize::MAX, &Filter::All);
    let all = all.unwrap();
    let mut ids: Vec<&CandidateId> = all.iter().map(|hit| hit.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((all.len(), ids.len()), (editions.len(), editions.len()));
}

#[test]
fn keeps_the_contract() {
    let built = |several, reopen: bool| -> Result<_, BoxError> {
        let directory = tempfile::tempdir()?;
        let mut collection = Collection::create(directory.path(), CollectionOptions::new())?;
        collection.insert_all(encoded(several))?;
        if reopen {
            drop(collection);
            collection = Collection::open(directory.path(), CollectionOptions::new())?;
        }
        Ok(crate::conformance::kept(collection, directory))
    };
    for reopen in [false, true] {
        let suite = RetrieverSuite::new();
        let checked = suite.run_several(|several| std::future::ready(built(several, reopen)));
        pollster::block_on(checked).unwrap();
    }
}

#[test]
fn changes_are_of_all_vectors_or_none() {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    fill(&collection, 0..40);
    let mut there: Vec<(u32, u32)> = (0..40).map(|number| (number, 0)).collect();
    check(&collection, &there);
    // Twice in one transaction, and gone in the one in which it came.
    let (profile, encoded) = several(43, 0);
    let changes = [
        update(3, 1),
        update(3, 2),
        Change::Remove(id(&name(7))),
        Change::Insert(profile, encoded),
        Change::Remove(id(&name(43))),
    ];
    collection.apply(changes).unwrap();
    there[3].1 = 2;
    there.remove(7);
    check(&collection, &there);
    // Refused as a whole.
    let (profile, encoded) = several(50, 0);
    let other = Embedding::normalized(vec![1.0; 3]).unwrap();
    let other = Encoded::from(direction(51, 0)).with_further(vec![other]);
    let changes = [
        Change::Insert(profile, encoded),
        Change::Insert(numbered(51, 0).0, other),
    ];
    let refused = collection.apply(changes).unwrap_err();
    let dimension = IndexError::Dimension {
        expected: 8,
        actual: 3,
    };
    assert!(
        matches!(&refused, CollectionError::Refused(error) if error.to_string() == dimension.to_string()),
        "{refused:?}"
    );
    check(&collection, &there);
    let many = vec![direction(51, 0); 1 << 16];
    let many = Encoded::from(direction(51, 0)).with_further(many);
    let refused = collection.insert(numbered(51, 0).0, many).unwrap_err();
    let too_many = matches!(
        refused,
        CollectionError::Refused(IndexError::TooManyVectors { .. })
    );
    assert!(too_many, "{refused:?}");
    check(&collection, &there);
}

#[test]
fn saved_vectors_are_read_followed_or_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    fill(&collection, 0..40);
    let mut there: Vec<(u32, u32)> = (0..40).map(|number| (number, 0)).collect();
    // Dropped without a save, after a crash so to say; then opened from saved files.
    drop(collection);
    let collection = open(directory.path());
    check(&collection, &there);
    collection.close().unwrap();
    let collection = open(directory.path());
    assert!(matches!(
        collection.opened().vectors,
        Derived::Read { behind: 0 }
    ));
    check(&collection, &there);
    // What came after the save is followed.
    let (profile, encoded) = several(60, 0);
    let after = [
        update(5, 1),
        Change::Insert(profile, encoded),
        Change::Remove(id(&name(11))),
    ];
    collection.apply(after).unwrap();
    there.retain(|(number, _)| *number != 11);
    there[5].1 = 1;
    there.push((60, 0));
    drop(collection);
    let collection = open(directory.path());
    assert!(matches!(
        collection.opened().vectors,
        Derived::Read { behind: 1 }
    ));
    check(&collection, &there);
    // Saved files that are gone are made anew.
    collection.close().unwrap();
    std::fs::remove_file(directory.path().join("vectors.stamp")).unwrap();
    let collection = open(directory.path());
    assert!(matches!(
        collection.opened().vectors,
        Derived::Rebuilt { .. }
    ));
    check(&collection, &there);
}

/// Formats of the store (`store.rs` has its own test) and of the saved vectors are those of before where each has
/// one, also once all who had several are gone.
#[test]
fn the_format_is_another_only_while_somebody_has_several() {
    let written = |change: &dyn Fn(&Collection)| {
        let directory = tempfile::tempdir().unwrap();
        let collection = create(directory.path());
        change(&collection);
        collection.close().unwrap();
        let entries = std::fs::read_dir(directory.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let name = names.into_iter().find(|name| name.starts_with("vectors-"));
        let bytes = std::fs::read(directory.path().join(name.unwrap())).unwrap();
        u32::from_le_bytes(bytes[8..12].try_into().unwrap())
    };
    let one = |collection: &Collection| {
        let all = (0..9).map(|n| numbered(n, 0));
        collection.insert_all(all).unwrap();
    };
    assert_eq!(written(&one), 3);
    assert_eq!(written(&|collection| fill(collection, 0..9)), 4);
    let gone = |collection: &Collection| {
        fill(collection, 0..3);
        collection.remove(&id(&name(1))).unwrap();
        let (profile, first) = numbered(2, 0);
        collection.update(profile, first).unwrap();
    };
    assert_eq!(written(&gone), 3);
}

#[test]
fn who_is_erased_leaves_no_vector() {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    fill(&collection, 0..20);
    collection.checkpoint().unwrap();
    let gone = [7, 11].map(|number| id(&name(number)));
    let held = collection.held(&gone[0]).unwrap();
    assert_eq!(held.further, vectors(7, 0)[1..]);
    collection.erase(&gone).unwrap();
    let left: Vec<(u32, u32)> = (0..20)
        .filter(|n| *n != 7 && *n != 11)
        .map(|n| (n, 0))
        .collect();
    check(&collection, &left);
    let traces = [7, 11].into_iter().flat_map(|number| vectors(number, 0));
    let traces = traces.map(|vector| {
        let components = vector.as_slice().iter();
        components
            .flat_map(|x| x.to_le_bytes())
            .collect::<Vec<u8>>()
    });
    let traces: Vec<Vec<u8>> = traces.collect();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        for trace in &traces {
            let found = bytes.windows(trace.len()).any(|part| part == trace);
            assert!(!found, "{}", path.display());
        }
    }
    drop(collection);
    check(&open(directory.path()), &left);
}

/// A fake encoder that reads a title for the first vector and each word of the text for a further one.
struct Labels(&'static str);

impl Embedder for Labels {
    fn dimension(&self) -> usize {
        8
    }

    fn model_id(&self) -> &str {
        self.0
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let vector = |word: &str| {
            let mut vector = vec![0.1; 8];
            let bytes = word.bytes().enumerate();
            bytes.for_each(|(at, byte)| vector[(at + usize::from(byte)) % 8] += 1.0);
            Embedding::normalized(vector).unwrap()
        };
        let each = texts.iter().map(|text| {
            let mut words = text.split_whitespace().map(vector);
            let first = words.next().unwrap();
            let further = match role {
                Role::Document => words.collect(),
                Role::Query => Vec::new(),
            };
            Embedded::new(first, TokenUsage::new(1, 1)).with_further(further)
        });
        Ok(each.collect())
    }
}

#[test]
fn encoders_fill_follow_and_replace_all_vectors() {
    let profile = |n: u32, words: &str| Profile::new(name(n), words).unwrap();
    let people = vec![
        profile(0, "nurse midwife"),
        profile(1, "engineer"),
        profile(2, "cook baker confectioner"),
    ];
    let directory = tempfile::tempdir().unwrap();
    let [path, other] = ["one", "other"].map(|name| directory.path().join(name));
    let collection = create(&path).embedded_by("labels").unwrap();
    collection
        .import(&people, &Labels("labels"), &mut |_, _| {})
        .unwrap();
    let counts = |collection: &Collection| -> Vec<usize> {
        let now = collection.snapshot();
        let ids: Vec<CandidateId> = now.ids().cloned().collect();
        let vectors = ids
            .iter()
            .map(|id| now.embeddings(id).unwrap().unwrap().len());
        vectors.collect()
    };
    assert_eq!(counts(&collection), [2, 1, 3]);
    let query = |word: &str| {
        Labels("").embed(&[word], Role::Query).unwrap()[0]
            .embedding
            .clone()
    };
    let best = |collection: &Collection, word: &str| {
        let hits = collection.search(&query(word), 1, &Filter::All).unwrap();
        hits[0].id().clone()
    };
    assert_eq!(best(&collection, "midwife"), id(&name(0)));
    assert_eq!(best(&collection, "confectioner"), id(&name(2)));

    // Only a fact is another: the vectors are kept, without the encoder.
    let mut changed = people.clone();
    changed[2] = changed[2]
        .clone()
        .with_fact("years", Fact::Number(3.0))
        .unwrap();
    let imported = collection
        .import(&changed, &Labels("labels"), &mut |_, _| {})
        .unwrap();
    assert_eq!((imported.replaced, imported.encoded), (1, 0));
    let mut sorted = counts(&collection);
    sorted.sort_unstable();
    assert_eq!(sorted, [1, 2, 3]);

    let again = collection
        .reembed(&other, &Labels("other labels"), &mut |_, _| {})
        .unwrap();
    assert_eq!(best(&again, "baker"), id(&name(2)));
    collection.remove(&id(&name(2))).unwrap();
    again.follow(&collection, &Labels("other labels")).unwrap();
    assert_eq!((again.len(), best(&again, "midwife")), (2, id(&name(0))));
}

/// Each leg scores what the other one found: by the best vector, whichever that is.
#[test]
fn what_the_words_found_has_its_best_vectors_score() {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    fill(&collection, 0..200);
    // The vector is of somebody's last further one, the words of another.
    let vector = vectors(103, 0).pop().unwrap();
    let query = asked(7, 0).with_embedding(vector.clone());
    let hits = retrieve(&collection, &query, &Request::top(3));
    let found = hits
        .iter()
        .find(|hit| hit.id().as_str() == name(7))
        .expect("the words' best");
    let best = vectors(7, 0)
        .iter()
        .map(|own| vector.cosine(own).unwrap())
        .fold(-1.0, f32::max);
    let dense = found.leg("dense").expect("the vector leg").score.get();
    assert!((dense - f64::from(best)).abs() < 1e-5, "{dense} and {best}");
    assert!(hits.iter().any(|hit| hit.id().as_str() == name(103)));
}
