//! Collections keep what they acknowledge, and answer with nothing else.

mod crash;
mod damage;
mod derived;
mod duplicates;
mod erase;
mod filters;
mod foreign;
mod full;
mod import;
mod model;
mod reembed;
mod several;
mod threads;
mod tokens;
mod waiting;

use std::path::Path;
use std::process::Command;

use ranker_core::{Embedding, Fact, Filter, Hit, Profile, Query, Request, Retriever as _};
use ranker_retrieve::{Collection, CollectionError, CollectionOptions};

use crate::common::{id, query, retrieve};

const DIMENSION: usize = 8;

/// A profile that says the same number in its id, its title, its text, its facts and its vector.
pub(crate) fn numbered(number: u32, edition: u32) -> (Profile, Embedding) {
    let text = format!("Engineer word{number} edition{edition} who builds engines");
    let profile = Profile::new(name(number), text).unwrap();
    let profile = profile.with_title(format!("Title {number} {edition}"));
    let with = |profile: Profile, (name, fact)| profile.with_fact(name, fact).unwrap();
    let facts = [
        ("number", Fact::Number(number.into())),
        ("edition", Fact::Number(edition.into())),
        ("digit", Fact::keyword((number % 10).to_string())),
    ];
    (
        facts.into_iter().fold(profile, with),
        direction(number, edition),
    )
}

pub(crate) fn name(number: u32) -> String {
    format!("p{number:06}")
}

/// A direction that tells number and edition: two angles in two planes.
fn direction(number: u32, edition: u32) -> Embedding {
    let angles = [f64::from(number) * 0.001, f64::from(edition) * 0.01];
    let parts = angles
        .iter()
        .flat_map(|angle| [angle.cos() as f32, angle.sin() as f32]);
    let mut vector: Vec<f32> = parts.collect();
    vector.resize(DIMENSION, 0.1);
    Embedding::normalized(vector).unwrap()
}

/// Number and edition, if everything that a hit says agrees.
fn agreed(profile: &Profile, embedding: Option<&Embedding>) -> (u32, u32) {
    let number = |name: &str| profile.facts().get(name).unwrap().number().unwrap() as u32;
    let (number, edition) = (number("number"), number("edition"));
    let (expected, direction) = numbered(number, edition);
    assert_eq!(*profile, expected, "facts and text are of one edition");
    if let Some(embedding) = embedding {
        assert_eq!(*embedding, direction, "the vector too");
    }
    (number, edition)
}

pub(crate) fn asked(number: u32, edition: u32) -> Query {
    let words = format!("word{number} edition{edition} engineer");
    query(&words).with_embedding(direction(number, edition))
}

/// Both legs' hits for a number.
fn hits(collection: &Collection, number: u32, edition: u32) -> Vec<Hit> {
    retrieve(collection, &asked(number, edition), &Request::top(3))
}

/// Whether a number is found by both legs, and whole.
fn found_whole(collection: &Collection, number: u32, edition: u32) {
    let found = hits(collection, number, edition);
    let first = found.first().expect("a hit");
    assert_eq!(first.id().as_str(), name(number));
    assert_eq!(agreed(first.profile().unwrap(), None), (number, edition));
    let bm25 = first.leg("bm25").expect("the keyword leg");
    let dense = first.leg("dense").expect("the vector leg");
    assert!(bm25.share() == 1.0 && dense.share() > 0.9999, "{first:?}");
    assert!((dense.score.get() - 1.0).abs() < 1e-5, "its own vector");
}

/// Everyone, in all parts.
fn everyone(collection: &Collection) -> Vec<(u32, u32)> {
    let snapshot = collection.snapshot();
    let read = |id: &ranker_core::CandidateId| {
        let profile = snapshot.profile(id).unwrap().unwrap();
        let embedding = snapshot.embedding(id).unwrap();
        agreed(&profile, embedding.as_ref())
    };
    let mut all: Vec<(u32, u32)> = snapshot.ids().map(read).collect();
    all.sort_unstable();
    assert_eq!(all.len(), snapshot.len());
    let near = snapshot.search(&direction(0, 0), usize::MAX, &Filter::All);
    assert_eq!(
        near.unwrap().len(),
        all.len(),
        "the vector leg has everyone"
    );
    let words = retrieve(collection, &asked(0, 0), &Request::top(all.len()));
    let said = words
        .iter()
        .filter(|hit| hit.leg("bm25").is_some_and(|leg| leg.score.get() > 0.0));
    assert_eq!(said.count(), all.len(), "everyone is an engineer");
    all
}

fn create(path: &Path) -> Collection {
    Collection::create(path, CollectionOptions::new()).unwrap()
}

fn open(path: &Path) -> Collection {
    Collection::open(path, CollectionOptions::new()).unwrap()
}

/// This test binary, asked to run one ignored test alone: another process.
fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        test,
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    command
}

/// The number that a child's line tells after a word. The test's own name may stand before it.
fn told(line: &str, word: &str) -> Option<u32> {
    line.rsplit_once(word)?.1.trim().parse().ok()
}

#[test]
fn comes_back_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    let applied = collection
        .insert_all((0..50).map(|n| numbered(n, 0)))
        .unwrap();
    assert_eq!(applied.version, 1);
    found_whole(&collection, 17, 0);
    let (profile, vector) = numbered(17, 1);
    collection.update(profile, vector).unwrap();
    collection.remove(&id(&name(3))).unwrap();
    found_whole(&collection, 17, 1);
    let before = everyone(&collection);
    collection.close().unwrap();
    let collection = open(directory.path());
    assert_eq!(everyone(&collection), before);
    assert_eq!(before.len(), 49);
    found_whole(&collection, 17, 1);
    let gone = collection.snapshot().profile(&id(&name(3))).unwrap();
    assert_eq!(gone, None);
}

#[test]
fn knows_its_encoder() {
    let directory = tempfile::tempdir().unwrap();
    let told = |collection: &Collection| {
        let snapshot = collection.snapshot();
        let said = snapshot.encoder().map(str::to_owned);
        assert_eq!(collection.encoder(), said.as_deref());
        said
    };
    let collection = create(directory.path());
    assert_eq!(told(&collection), None);
    let collection = collection.embedded_by("small").unwrap();
    let collection = collection.embedded_by("large").unwrap();
    collection.insert_all([numbered(1, 0)]).unwrap();
    assert_eq!(told(&collection).as_deref(), Some("large"));
    drop(collection);
    let collection = open(directory.path()).embedded_by("large").unwrap();
    assert_eq!(told(&collection).as_deref(), Some("large"));
    let refused = collection.embedded_by("small").unwrap_err().to_string();
    assert!(refused.contains("of large, not of small"), "{refused}");
    assert_eq!(everyone(&open(directory.path())).len(), 1);
}

#[test]
fn a_snapshot_sees_no_change() {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    collection
        .insert_all((0..5).map(|n| numbered(n, 0)))
        .unwrap();
    let before = collection.snapshot();
    let (profile, vector) = numbered(2, 1);
    collection.update(profile, vector).unwrap();
    collection.remove(&id(&name(4))).unwrap();
    assert_eq!((before.len(), collection.len()), (5, 4));
    let all = before.search(&direction(2, 0), 9, &Filter::All).unwrap();
    let editions = all.iter().map(|hit| agreed(hit.profile().unwrap(), None).1);
    assert_eq!((all.len(), editions.max()), (5, Some(0)));
    let words = pollster::block_on(ranker_core::Retriever::retrieve(
        &before,
        &asked(4, 0),
        &Request::top(1),
    ));
    assert_eq!(words.unwrap()[0].id().as_str(), name(4));
}

#[test]
fn a_refused_batch_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    collection
        .insert_all((0..3).map(|n| numbered(n, 0)))
        .unwrap();
    let refused = collection.insert_all([5, 6, 1].map(|n| numbered(n, 0)));
    assert!(
        matches!(refused, Err(CollectionError::Refused(_))),
        "{refused:?}"
    );
    let short = Embedding::normalized(vec![1.0, 2.0]).unwrap();
    let refused = collection.insert(numbered(7, 0).0, short);
    assert!(refused.unwrap_err().to_string().contains("2 dimensions"));
    assert!(collection.remove(&id("nobody")).is_err());
    assert_eq!(everyone(&collection).len(), 3);
    collection
        .insert_all([5, 6].map(|n| numbered(n, 0)))
        .unwrap();
    assert_eq!(everyone(&collection).len(), 5);
}

#[test]
fn says_what_is_in_the_way() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new");
    let options = CollectionOptions::new();
    let missing = Collection::open(&path, options).unwrap_err();
    assert!(missing.to_string().contains("create one"), "{missing}");
    let collection = create(&path);
    for refused in [
        Collection::open(&path, options),
        Collection::create(&path, options),
    ] {
        let said = refused.unwrap_err().to_string();
        let process = format!("process {}", std::process::id());
        assert!(
            said.contains("open elsewhere") && said.contains(&process),
            "{said}"
        );
    }
    drop(collection);
    let exists = Collection::create(&path, options).unwrap_err();
    assert!(matches!(exists, CollectionError::Exists { .. }), "{exists}");
    std::fs::write(
        path.join("profiles.redb"),
        "PK\u{3}\u{4} something else entirely",
    )
    .unwrap();
    let foreign = Collection::open(&path, options).unwrap_err();
    assert!(
        matches!(foreign, CollectionError::Foreign { .. }),
        "{foreign:?}"
    );
}

/// Another process holds it; the error names that one.
#[test]
fn a_second_process_is_told_who_writes() {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    let mut second = child("collection::second_process");
    let said = second.env("COLLECTION", directory.path()).output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let process = format!("process {} on ", std::process::id());
    assert!(
        said.contains("open elsewhere") && said.contains(&process),
        "{said}"
    );
    drop(collection);
}

#[test]
#[ignore = "run by a_second_process_is_told_who_writes"]
#[allow(clippy::print_stdout)] // Its parent reads it.
fn second_process() {
    let path = std::env::var("COLLECTION").unwrap();
    let refused = Collection::open(path, CollectionOptions::new());
    println!("{}", refused.unwrap_err());
}
