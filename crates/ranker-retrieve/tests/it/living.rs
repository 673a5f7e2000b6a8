//! Every retriever that changes keeps what its changes promise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::RngExt;
use ranker_core::{CandidateId, Embedding, Filter, Profile, Request, Retriever};
use ranker_retrieve::{
    Collection, CollectionOptions, FlatIndex, HnswIndex, HnswOptions, KeywordIndex, ProfileIndex,
    QuantizedIndex, QuantizedOptions,
};

use crate::collection::{asked, name, numbered};
use crate::common::{id, names, retrieve, rng};

/// A retriever that may be changed while it is searched.
trait Living: Retriever {
    fn insert(&self, profile: Profile, embedding: Embedding);
    fn update(&self, profile: Profile, embedding: Embedding);
    fn remove(&self, id: &CandidateId);
}

macro_rules! living {
    ($index:ty, |$profile:ident, $embedding:ident| $entry:expr) => {
        impl Living for $index {
            fn insert(&self, $profile: Profile, $embedding: Embedding) {
                <$index>::insert(self, $entry).unwrap();
            }

            fn update(&self, $profile: Profile, $embedding: Embedding) {
                <$index>::update(self, $entry).unwrap();
            }

            fn remove(&self, id: &CandidateId) {
                <$index>::remove(self, id).unwrap();
            }
        }
    };
    ($index:ty) => {
        impl Living for $index {
            fn insert(&self, profile: Profile, embedding: Embedding) {
                <$index>::insert(self, profile, embedding).unwrap();
            }

            fn update(&self, profile: Profile, embedding: Embedding) {
                <$index>::update(self, profile, embedding).unwrap();
            }

            fn remove(&self, id: &CandidateId) {
                <$index>::remove(self, id).unwrap();
            }
        }
    };
}

living!(FlatIndex, |profile, embedding| (profile, embedding));
living!(QuantizedIndex, |profile, embedding| (profile, embedding));
living!(HnswIndex, |profile, embedding| (profile, embedding));
living!(KeywordIndex, |profile, _embedding| profile);
living!(ProfileIndex);
living!(Collection);

fn entries(count: u32) -> Vec<(Profile, Embedding)> {
    (0..count).map(|number| numbered(number, 0)).collect()
}

fn shared(count: u32) -> Vec<(Arc<Profile>, Embedding)> {
    let entries = entries(count).into_iter();
    entries
        .map(|(profile, vector)| (Arc::new(profile), vector))
        .collect()
}

/// Every retriever, holding so many numbered profiles, with what it must keep while it lives.
fn every(count: u32, check: impl Fn(&str, &(dyn Living + Sync))) {
    let directory = tempfile::tempdir().unwrap();
    let collection = Collection::create(directory.path(), CollectionOptions::new()).unwrap();
    collection.insert_all(entries(count)).unwrap();
    check("collection", &collection);
    check("flat", &FlatIndex::with_profiles(shared(count)).unwrap());
    let options = QuantizedOptions::new();
    let quantized = QuantizedIndex::with_profiles(shared(count), options).unwrap();
    check("quantized", &quantized);
    let hnsw = HnswIndex::build_with_profiles(shared(count), HnswOptions::new());
    check("hnsw", &hnsw.unwrap());
    let texts = entries(count).into_iter().map(|(profile, _)| profile);
    check("keyword", &KeywordIndex::new(texts).unwrap());
    check("profiles", &ProfileIndex::new(entries(count)).unwrap());
}

/// Of everyone who passes, as many as are wanted; and in the order that they have without a filter.
#[test]
fn filters_leave_half_a_tenth_and_a_hundredth() {
    every(400, |what, index| {
        let all = retrieve(index, &asked(123, 0), &Request::top(400));
        assert_eq!(all.len(), 400, "{what}");
        for (most, share) in [(199.0, 200), (39.0, 40), (3.0, 4), (-1.0, 0)] {
            let filter = Filter::at_most("number", most);
            for k in [1, 10, 400] {
                let request = Request::top(k).with_filter(filter.clone());
                let found = retrieve(index, &asked(123, 0), &request);
                assert_eq!(
                    found.len(),
                    share.min(k),
                    "{what}: {share} of 400 pass, k {k}"
                );
                let passing = all
                    .iter()
                    .filter(|hit| filter.matches(hit.profile().unwrap().facts()));
                let expected: Vec<&str> = passing.map(|hit| hit.id().as_str()).take(k).collect();
                assert_eq!(names(&found), expected, "{what}");
            }
        }
    });
}

#[test]
fn what_is_inserted_is_found() {
    every(30, |what, index| {
        for number in [100, 250, 999] {
            let (profile, vector) = numbered(number, 3);
            index.insert(profile, vector);
            let hits = retrieve(index, &asked(number, 3), &Request::top(3));
            assert_eq!(hits[0].id().as_str(), name(number), "{what}");
        }
    });
}

#[test]
fn what_is_removed_is_not_found() {
    every(30, |what, index| {
        for (gone, number) in [0, 17, 29].into_iter().enumerate() {
            index.remove(&id(&name(number)));
            let hits = retrieve(index, &asked(number, 0), &Request::top(100));
            assert_eq!(hits.len(), 29 - gone, "{what}: fewer than wanted");
            assert!(
                names(&hits).iter().all(|found| *found != name(number)),
                "{what}"
            );
            let scores = pollster::block_on(index.score(&asked(number, 0), &[id(&name(number))]));
            assert_eq!(scores.unwrap(), [None], "{what}");
        }
    });
}

#[test]
fn what_is_updated_is_found_as_it_is_now() {
    every(30, |what, index| {
        let (profile, vector) = numbered(400, 2);
        let moved = Profile::new(name(5), profile.text()).unwrap();
        let moved = moved.with_facts(profile.facts().clone());
        index.update(moved, vector);
        let hits = retrieve(index, &asked(400, 2), &Request::top(100));
        assert_eq!(
            (hits[0].id().as_str(), hits.len()),
            (name(5).as_str(), 30),
            "{what}"
        );
        let filter = Filter::at_least("number", 400.0);
        let request = Request::top(9).with_filter(filter);
        let hits = retrieve(index, &asked(5, 0), &request);
        assert_eq!(names(&hits), [name(5)], "{what}: the facts are new too");
    });
}

#[test]
fn none_and_one_are_enough() {
    every(0, |what, index| {
        for k in [0, 1, 10] {
            assert_eq!(
                retrieve(index, &asked(1, 0), &Request::top(k)),
                [],
                "{what}"
            );
        }
        let (profile, vector) = numbered(1, 0);
        index.insert(profile, vector);
        let hits = retrieve(index, &asked(1, 0), &Request::top(10));
        assert_eq!(names(&hits), [name(1)], "{what}");
        index.remove(&id(&name(1)));
        assert_eq!(
            retrieve(index, &asked(1, 0), &Request::top(10)),
            [],
            "{what}"
        );
    });
}

/// Whoever is never changed is always found, first and whole, whatever else comes and goes.
#[test]
fn readers_see_whole_profiles_beside_a_writer() {
    every(60, |what, index| {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for seed in 0..3 {
                let done = &done;
                scope.spawn(move || {
                    let mut rng = rng(seed);
                    while !done.load(Ordering::Relaxed) {
                        let number = rng.random_range(0..30);
                        let hits = retrieve(index, &asked(number, 0), &Request::top(5));
                        assert_eq!(hits[0].id().as_str(), name(number), "{what}");
                        for hit in &hits {
                            let number = hit.profile().unwrap().facts().get("number");
                            let number = number.and_then(ranker_core::Fact::number).unwrap();
                            assert_eq!(hit.id().as_str(), name(number as u32), "{what}");
                        }
                    }
                });
            }
            for round in 1..8 {
                for number in 50..53 {
                    index.remove(&id(&name(number)));
                    let (profile, vector) = numbered(number, round);
                    index.insert(profile, vector);
                }
                let (profile, vector) = numbered(55, round);
                index.update(profile, vector);
            }
            done.store(true, Ordering::Relaxed);
        });
    });
}
