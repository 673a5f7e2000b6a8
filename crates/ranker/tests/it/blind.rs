//! Who somebody is changes no score.

use std::path::Path;
use std::sync::Arc;

use ranker::core::{Embedder, Reading, Uncounted};
use ranker::files::read_profiles;
use ranker::retrieve::{Collection, CollectionOptions, encode_profiles};
use ranker::{Error, JobDescription, Profile, Ranker, Ranking};

use crate::fakes::FakeEmbedder;

/// Names of several groups, by first and last name.
const NAMES: [(&str, &str); 6] = [
    ("Emily", "Walsh"),
    ("Jamal", "Robinson"),
    ("Lakisha", "Washburn"),
    ("Rajesh", "Venkataraman"),
    ("Fatima", "al-Masri"),
    ("José", "García López"),
];

const PLACES: [&str; 3] = [
    "12 Main Street\nSpringfield, IL 62704",
    "Hauptstraße 3, 10115 Berlin",
    "4 rue de la Paix, 75002 Paris",
];

/// The bundled people.
fn bundled() -> Vec<Profile> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/bundled/profiles.jsonl");
    read_profiles(&file).unwrap().profiles
}

/// A bundled resume under a head with a name, contact data and a sentence about the person.
fn as_somebody(profile: &Profile, turn: usize) -> Profile {
    let (first, last) = NAMES[turn % NAMES.len()];
    let place = PLACES[turn % PLACES.len()];
    let day = 10 + turn % 18;
    let (pronoun, title) = [("She", "Ms"), ("He", "Mr")][turn % 2];
    let mail = format!("{}{turn}@example.com", first.to_lowercase());
    let contact = match turn % 2 {
        0 => format!("{mail}\n+44 20 7946 0{day}1"),
        _ => format!("+49 30 12345{day}\n  {mail}"),
    };
    let headline = profile.title();
    let text = format!(
        "{first} {last}\n{headline}\n{place}\n{contact}\nDate of birth: {day}.03.19{day}\n{}\n{pronoun} likes to learn. {title} {last} also teaches.",
        profile.text()
    );
    let somebody = Profile::new(profile.id().as_str(), text).unwrap();
    somebody.with_facts(profile.facts().clone())
}

fn ranked(profiles: &[Profile]) -> (Ranker, Ranking) {
    let folder = tempfile::tempdir().unwrap();
    let collection = Collection::create(folder.path().join("p"), CollectionOptions::new()).unwrap();
    let collection = collection.embedded_by(FakeEmbedder.model_id()).unwrap();
    let encoded = encode_profiles(&FakeEmbedder, profiles).unwrap();
    collection
        .insert_all(profiles.iter().cloned().zip(encoded))
        .unwrap();
    let ranker = Ranker::builder(FakeEmbedder, collection).build().unwrap();
    let job = JobDescription::new("Nurse for a surgical ward, with rosters and training").unwrap();
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    (ranker, ranking)
}

fn scores(ranking: &Ranking) -> Vec<(String, u64)> {
    let scores = ranking.iter();
    scores
        .map(|one| (one.id().to_string(), one.score.get().to_bits()))
        .collect()
}

#[test]
fn other_names_addresses_pronouns_and_birthdays_give_the_same_scores_to_the_bit() {
    let people: Vec<Profile> = bundled().into_iter().take(60).collect();
    let turned = |turn: usize| -> Vec<Profile> {
        people
            .iter()
            .map(|profile| as_somebody(profile, turn))
            .collect()
    };
    let (_, first) = ranked(&turned(0));
    assert_eq!(first.len(), 50);
    for turn in 1..6 {
        assert_eq!(scores(&ranked(&turned(turn)).1), scores(&first), "{turn}");
    }
}

#[test]
fn the_original_is_shown_and_evidence_points_into_it() {
    let text = "Emily Walsh\nNurse\nemily@example.com\n\nShe plans rosters on a surgical ward and trains nurses.";
    let (ranker, ranking) = ranked(&[Profile::new("a", text).unwrap()]);
    let first = &ranking.as_slice()[0];
    let profile = first.candidate.profile();
    assert_eq!(profile.text(), text);
    assert_eq!(
        profile.plain_text(),
        "Nurse\nplans rosters on a surgical ward and trains nurses."
    );
    let found = ranker.explain(first).unwrap();
    let found = &found.rationale()[0];
    let rest = "plans rosters on a surgical ward and trains nurses.";
    assert_eq!(&text[found.passage.clone()], rest);
    let taken: Vec<&str> = profile
        .uncounted()
        .map(|(why, at)| (why, &text[at]))
        .filter(|(why, _)| *why == Uncounted::Personal)
        .map(|(_, text)| text)
        .collect();
    assert_eq!(taken, ["Emily Walsh\n", "emily@example.com\n", "She "]);
}

#[test]
fn nothing_of_their_work_is_taken_from_the_bundled_people() {
    for profile in bundled() {
        assert_eq!(profile.plain_title(), profile.title());
        assert_eq!(
            profile.uncounted_share(Uncounted::Personal),
            0.0,
            "{}: {:?}",
            profile.id(),
            profile.plain_text()
        );
        let somebody = as_somebody(&profile, 3);
        let expected = format!(
            "{}\n{}\nlikes to learn. also teaches.",
            profile.title(),
            profile.plain_text()
        );
        assert_eq!(somebody.plain_text(), expected);
    }
}

#[test]
fn a_ranker_refuses_profiles_that_are_read_otherwise() {
    let profiles = vec![Profile::new("a", "Nurse").unwrap().read_as(Reading::Whole)];
    let index = || {
        ranker::retrieve::ProfileIndex::embed(profiles.clone(), &Arc::new(FakeEmbedder)).unwrap()
    };
    let job = JobDescription::new("Nurse").unwrap();
    let blind = Ranker::builder(FakeEmbedder, index()).build().unwrap();
    let refused = pollster::block_on(blind.rank(&job)).unwrap_err();
    assert!(matches!(
        refused,
        Error::Reading {
            found: Reading::Whole,
            wanted: Reading::Blind,
            ..
        }
    ));
    let whole = Ranker::builder(FakeEmbedder, index())
        .reading(Reading::Whole)
        .build()
        .unwrap();
    assert_eq!(pollster::block_on(whole.rank(&job)).unwrap().len(), 1);
}

#[test]
fn a_collection_knows_how_its_texts_were_read_and_import_reads_them_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p");
    let text = "Emily Walsh\nNurse\nemily@example.com";
    let whole = Profile::new("a", text).unwrap().read_as(Reading::Whole);
    let collection = Collection::create(&path, CollectionOptions::new()).unwrap();
    let collection = collection.embedded_by(FakeEmbedder.model_id()).unwrap();
    let import = |collection: &Collection, profile: &Profile| {
        let profiles = std::slice::from_ref(profile);
        collection
            .import(profiles, &FakeEmbedder, &mut |_, _| ())
            .unwrap()
            .encoded
    };
    assert_eq!(import(&collection, &whole), 1);
    collection.close().unwrap();
    let collection = Collection::open(&path, CollectionOptions::new()).unwrap();
    let held =
        |collection: &Collection| collection.snapshot().profile(whole.id()).unwrap().unwrap();
    assert_eq!(held(&collection).reading(), Reading::Whole);
    let blind = whole.clone().read_as(Reading::Blind);
    assert_eq!(
        (import(&collection, &blind), import(&collection, &blind)),
        (1, 0)
    );
    assert_eq!(held(&collection), blind);
}
