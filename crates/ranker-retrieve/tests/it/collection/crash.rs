//! What was acknowledged survives `kill -9` at any moment.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rand::RngExt;
use ranker_retrieve::{Change, Collection, CollectionOptions, Derived};

use super::several::{have_all, several};
use super::{child, create, everyone, found_whole, name, open, told};
use crate::common::{id, rng};

/// Numbers of one transaction.
const BATCH: u32 = 4;

/// What the child does to transaction `at`: four come, most with several vectors, one of them with its second
/// edition; now and then one goes.
fn transaction(at: u32) -> Vec<Change> {
    let first = at * BATCH;
    let insert = |number| {
        let (profile, encoded) = several(number, 0);
        Change::Insert(profile, encoded)
    };
    let mut changes: Vec<Change> = (first..first + BATCH).map(insert).collect();
    let (profile, encoded) = several(first, 1);
    changes.push(Change::Update(profile, encoded));
    if at % 3 == 2 {
        changes.push(Change::Remove(id(&name(first - BATCH + 1))));
    }
    changes
}

/// Who is there after so many transactions.
fn expected(transactions: u32) -> Vec<(u32, u32)> {
    let numbers = 0..transactions * BATCH;
    let edition = |number: u32| u32::from(number.is_multiple_of(BATCH));
    let gone = |number: &u32| {
        let next = number / BATCH + 1;
        number % BATCH == 1 && next % 3 == 2 && next < transactions
    };
    numbers
        .filter(|number| !gone(number))
        .map(|number| (number, edition(number)))
        .collect()
}

/// Lets a child write until it is killed; returns how many transactions it has acknowledged since.
fn write_and_kill(path: &Path, pause: Duration) -> Option<u32> {
    let mut writer = child("collection::crash::writer");
    writer.env("COLLECTION", path).stdout(Stdio::piped());
    let mut writer = writer.stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let acknowledged = lines.lines().map_while(Result::ok);
        let numbers = acknowledged.filter_map(|line| told(&line, "done "));
        numbers.last()
    });
    std::thread::sleep(pause);
    writer.kill().unwrap(); // SIGKILL
    writer.wait().unwrap();
    reader.join().unwrap()
}

/// How the derived parts came back, over all openings.
#[derive(Debug, Default)]
struct Tally {
    acknowledged: u32,
    rebuilt: u32,
    followed: u64,
}

fn kill(times: u32, seed: u64, most: Duration) -> Tally {
    let directory = tempfile::tempdir().unwrap();
    drop(create(directory.path()));
    let (mut rng, mut tally, mut transactions) = (rng(seed), Tally::default(), 0);
    for round in 0..times {
        let pause = Duration::from_micros(rng.random_range(0..most.as_micros() as u64));
        let acknowledged = write_and_kill(directory.path(), pause);
        let collection = open(directory.path());
        let version = collection.snapshot().version() as u32;
        let context = format!("seed {seed}, round {round}: {acknowledged:?} of {version}");
        assert!(
            acknowledged.is_none_or(|at| version > at),
            "lost: {context}"
        );
        assert!(
            version <= acknowledged.map_or(transactions, |at| at + 1) + 1,
            "{context}"
        );
        if round % 10 == 0 || round + 1 == times {
            assert_eq!(everyone(&collection), expected(version), "{context}");
            have_all(&collection, &expected(version));
        }
        if version > 0 {
            let last = (version - 1) * BATCH;
            found_whole(&collection, last, 1);
            found_whole(&collection, last + 3, 0);
        }
        for came in [&collection.opened().vectors, &collection.opened().keywords] {
            match came {
                Derived::Read { behind } => tally.followed += behind,
                _ => tally.rebuilt += 1,
            }
        }
        assert_eq!(collection.len(), expected(version).len(), "{context}");
        tally.acknowledged += version - transactions;
        transactions = version;
        if round % 7 == 0 {
            collection.checkpoint().unwrap();
        }
    }
    tally
}

#[test]
fn nothing_acknowledged_is_lost() {
    kill(20, 1, Duration::from_millis(150));
}

/// `cargo test -p ranker-retrieve --release --test it -- --ignored --nocapture a_thousand_times`
#[test]
#[ignore = "minutes"]
#[allow(clippy::print_stdout)]
fn nothing_acknowledged_is_lost_a_thousand_times() {
    for seed in 10..20 {
        let tally = kill(100, seed, Duration::from_millis(200));
        println!("seed {seed}: 100 kills, 0 lost, 0 failed to open; {tally:?}");
    }
}

#[test]
#[ignore = "run, and killed, by nothing_acknowledged_is_lost"]
#[allow(clippy::print_stdout)] // Its parent reads it.
fn writer() {
    let path = std::env::var("COLLECTION").unwrap();
    let collection = Collection::open(path, CollectionOptions::new()).unwrap();
    let first = collection.snapshot().version() as u32;
    for at in first.. {
        collection.apply(transaction(at)).unwrap();
        println!("done {at}");
    }
}
