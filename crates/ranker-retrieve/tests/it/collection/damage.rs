//! A byte that was changed is noticed, or changes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use rand::RngExt;
use ranker_core::{Embedding, Filter, Profile, Request, Retriever};
use ranker_retrieve::{Collection, CollectionOptions, Derived, Encoded};

use super::several::several;
use super::{asked, create, direction, numbered};
use crate::common::rng;

type Answers = (
    Vec<(Profile, Vec<Embedding>)>,
    Vec<ranker_core::Hit>,
    Vec<ranker_core::Hit>,
);

/// All that a collection says, or an error.
fn answers(collection: &Collection) -> Result<Answers, Box<dyn std::error::Error>> {
    let snapshot = collection.snapshot();
    let mut all = Vec::new();
    for id in snapshot.ids() {
        let profile = snapshot.profile(id)?.ok_or("gone")?;
        all.push((profile, snapshot.embeddings(id)?.ok_or("gone")?));
    }
    let filter = Filter::at_least("number", 4.0);
    let near = snapshot.search(&direction(5, 0), 5, &filter)?;
    let both = pollster::block_on(snapshot.retrieve(&asked(7, 0), &Request::top(20)))?;
    Ok((all, near, both))
}

/// What became of a damaged collection.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    refused: u32,
    rebuilt: u32,
    harmless: u32,
}

struct Case {
    files: Vec<(PathBuf, Vec<u8>)>,
    expected: Answers,
}

impl Case {
    fn new() -> Self {
        Self::of(|n| {
            let (profile, vector) = numbered(n, 0);
            (profile, vector.into())
        })
    }

    /// Most have several vectors.
    fn several() -> Self {
        Self::of(|n| several(n, 0))
    }

    fn of(profile: impl Fn(u32) -> (Profile, Encoded)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let collection = create(directory.path());
        collection.insert_all((0..12).map(profile)).unwrap();
        let expected = answers(&collection).unwrap();
        collection.close().unwrap();
        let mut files = Vec::new();
        gather(directory.path(), directory.path(), &mut files);
        Self { files, expected }
    }

    /// Opens the collection with one file changed.
    fn try_with(&self, file: usize, bytes: &[u8], tally: &mut Tally) {
        let directory = tempfile::tempdir().unwrap();
        for (at, (name, sound)) in self.files.iter().enumerate() {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, if at == file { bytes } else { sound }).unwrap();
        }
        let Ok(collection) = Collection::open(directory.path(), CollectionOptions::new()) else {
            tally.refused += 1;
            return;
        };
        let opened = collection.opened();
        let rebuilt = |one: &Derived| matches!(one, Derived::Rebuilt { .. });
        match answers(&collection) {
            Err(_) => tally.refused += 1,
            Ok(found) => {
                assert!(found == self.expected, "another answer");
                match rebuilt(&opened.vectors) || rebuilt(&opened.keywords) {
                    true => tally.rebuilt += 1,
                    false => tally.harmless += 1,
                }
            }
        }
    }

    /// Changes one byte at each of some places.
    fn damage(&self, file: usize, places: impl Iterator<Item = usize>) -> Tally {
        let (name, sound) = &self.files[file];
        let mut tally = Tally::default();
        for at in places {
            let change = 1 + (at % 255) as u8;
            let mut bytes = sound.clone();
            bytes[at] ^= change;
            let context = format!("{} byte {at} xor {change}", name.display());
            let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                self.try_with(file, &bytes, &mut tally);
            }));
            assert!(tried.is_ok(), "{context}");
        }
        tally
    }
}

fn gather(root: &Path, directory: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if !path.ends_with("LOCK") {
            let name = path.strip_prefix(root).unwrap().to_owned();
            files.push((name, fs::read(path).unwrap()));
        }
    }
}

#[test]
fn a_cut_file_is_noticed() {
    [Case::new(), Case::several()].iter().for_each(cut);
}

#[allow(clippy::print_stdout)]
fn cut(case: &Case) {
    for (file, (name, bytes)) in case.files.iter().enumerate() {
        for left in [0, 5, 8, bytes.len().saturating_sub(1)] {
            let cut = &bytes[..left.min(bytes.len())];
            println!("{} cut to {left} bytes", name.display());
            case.try_with(file, cut, &mut Tally::default());
        }
    }
}

#[test]
fn a_changed_byte_is_noticed() {
    [Case::new(), Case::several()].iter().for_each(change);
}

fn change(case: &Case) {
    let mut rng = rng(7);
    for (file, (name, bytes)) in case.files.iter().enumerate() {
        let few = if name.ends_with("profiles.redb") {
            60
        } else {
            5
        };
        let places = (0..few.min(bytes.len())).map(|_| rng.random_range(0..bytes.len()));
        case.damage(file, places.collect::<Vec<_>>().into_iter());
    }
}

/// Every byte that is not zero and every sixty-fourth that is:
/// `cargo test -p ranker-retrieve --release --test it -- --ignored --nocapture every_byte`
#[test]
#[ignore = "minutes"]
fn every_byte_that_changes_is_noticed() {
    [Case::new(), Case::several()].iter().for_each(every_byte);
}

#[allow(clippy::print_stdout)]
fn every_byte(case: &Case) {
    for (file, (name, bytes)) in case.files.iter().enumerate() {
        let counts = |at: &usize| bytes[*at] != 0 || at.is_multiple_of(64);
        let tally = case.damage(file, (0..bytes.len()).filter(counts));
        println!("{}, {} bytes: {tally:?}", name.display(), bytes.len());
    }
}
