//! Many read while one writes.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ranker_core::{Filter, Request};
use ranker_retrieve::{Change, Collection};

use super::{agreed, asked, create, direction, name, numbered};
use crate::common::{id, retrieve, rng};
use rand::RngExt;

const PROFILES: u32 = 400;
const READERS: u64 = 24;

/// Every hit says one number and one edition in its text, its facts, its vector and its scores.
fn read(collection: &Collection, seed: u64, done: &AtomicBool) -> u32 {
    let mut rng = rng(seed);
    let mut searches = 0;
    while !done.load(Ordering::Relaxed) {
        let number = rng.random_range(0..PROFILES);
        let snapshot = collection.snapshot();
        let filter = match rng.random_range(0..3) {
            0 => Filter::All,
            digit => Filter::any_of("digit", [digit.to_string()]),
        };
        let query = direction(number, 0);
        let hits = snapshot.search(&query, 5, &filter).unwrap();
        assert!(hits.len() == 5 || !filter.is_all());
        for hit in &hits {
            let profile = hit.profile().unwrap();
            let embedding = snapshot.embedding(hit.id()).unwrap();
            agreed(profile, embedding.as_ref());
            assert!(filter.matches(profile.facts()));
            let cosine = query.cosine(&embedding.unwrap()).unwrap();
            assert!((hit.score().get() as f32 - cosine).abs() < 1e-5);
        }
        let asked_for = number;
        for hit in retrieve(&snapshot, &asked(number, 1), &Request::top(5)) {
            let (number, edition) = agreed(hit.profile().unwrap(), None);
            let dense = hit.leg("dense").unwrap().score.get() as f32;
            let query = direction(asked_for, 1);
            let cosine = query.cosine(&direction(number, edition)).unwrap();
            assert!((dense - cosine).abs() < 1e-5, "the score of that edition");
        }
        searches += 1;
    }
    searches
}

/// Updates, removes and inserts, a few at a time.
fn write(collection: &Collection, done: &AtomicBool) -> u32 {
    let mut rng = rng(5);
    let mut there: Vec<bool> = vec![true; PROFILES as usize];
    let mut edition = 0;
    while !done.load(Ordering::Relaxed) {
        edition += 1;
        let first = rng.random_range(0..PROFILES - 20);
        let change = |number: u32| {
            let (profile, vector) = numbered(number, edition);
            let there = &mut there[number as usize];
            let change = match (*there, rng.random_range(0..4)) {
                (true, 0) => Change::Remove(id(&name(number))),
                (true, _) => Change::Update(profile, vector.into()),
                (false, _) => Change::Insert(profile, vector.into()),
            };
            *there = !matches!(change, Change::Remove(_));
            change
        };
        let changes: Vec<Change> = (first..first + 20).map(change).collect();
        collection.apply(changes).unwrap();
    }
    edition
}

fn readers_and_a_writer(length: Duration) -> (u32, u32) {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    collection
        .insert_all((0..PROFILES).map(|n| numbered(n, 0)))
        .unwrap();
    let (done, searches) = (AtomicBool::new(false), AtomicU32::new(0));
    let transactions = std::thread::scope(|scope| {
        for seed in 0..READERS {
            let (collection, done, searches) = (&collection, &done, &searches);
            scope.spawn(move || {
                searches.fetch_add(read(collection, seed, done), Ordering::Relaxed);
            });
        }
        let writer = scope.spawn(|| write(&collection, &done));
        let start = Instant::now();
        while start.elapsed() < length && !writer.is_finished() {
            std::thread::sleep(Duration::from_millis(10));
        }
        done.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    (searches.into_inner(), transactions)
}

#[test]
fn no_result_is_torn() {
    let (searches, transactions) = readers_and_a_writer(Duration::from_secs(2));
    assert!(
        searches > 100 && transactions > 0,
        "{searches} {transactions}"
    );
}

/// `cargo test -p ranker-retrieve --release --test it -- --ignored --nocapture a_minute`
#[test]
#[ignore = "a minute"]
#[allow(clippy::print_stdout)]
fn no_result_is_torn_in_a_minute() {
    let (searches, transactions) = readers_and_a_writer(Duration::from_secs(60));
    println!(
        "{READERS} threads: {searches} searches whole, beside {transactions} transactions of 20"
    );
}
