//! Rankings on record, and made again.

use std::ops::RangeInclusive;

use ranker::decision::{Circumstances, DecisionRecord, Difference, Part, RecordError, Showing};
use ranker::retrieve::ProfileIndex;
use ranker::score::LinearScorer;
use ranker::{CandidateId, Error, Fact, Filter, JobDescription, JobReading, Profile, Ranker};

use crate::fakes::{FakeEmbedder, ids_only, job, profiles, store};

const SECRET: [u8; 32] = [3; 32];

fn ranker_of(profiles: Vec<Profile>) -> Ranker {
    let index = ProfileIndex::embed(profiles, &FakeEmbedder).unwrap();
    let builder = Ranker::builder(FakeEmbedder, index);
    builder.top_k(5).build().unwrap()
}

fn how() -> Circumstances {
    let how = Circumstances::new().engine("a fake").index("people", 7);
    how.shown(Showing::new("recruiter-7", 1_790_000_000_000, 1..=3))
}

fn record_of(ranker: &Ranker, job: &JobDescription) -> DecisionRecord {
    let ranking = pollster::block_on(ranker.rank(job)).unwrap();
    ranker.decision_record(&ranking, &how(), SECRET).unwrap()
}

fn replayed(ranker: &Ranker, record: &DecisionRecord) -> Vec<Difference> {
    pollster::block_on(ranker.replay(record, &how())).unwrap()
}

fn id(id: &str) -> CandidateId {
    CandidateId::new(id).unwrap()
}

#[test]
fn a_ranking_made_again_is_the_same_to_the_byte() {
    let filter = Filter::at_least("years", 3.0).and(Filter::Not(Box::new(Filter::flag("x", true))));
    let job = job().with_title("Search, \"core\"").with_filter(filter);
    let ranker = ranker_of(profiles(60));
    let record = record_of(&ranker, &job);
    let bytes = record.to_bytes().unwrap();
    let read = DecisionRecord::from_bytes(&bytes).unwrap();
    assert_eq!(read.job().unwrap(), job);
    assert_eq!(
        (read.top_k(), read.job_reading()),
        (Some(5), Some(JobReading::Asked))
    );
    assert_eq!(replayed(&ranker, &read), []);
    assert_eq!(replayed(&ranker_of(profiles(60)), &read), []);
    assert_eq!(record_of(&ranker, &job).to_bytes().unwrap(), bytes);
    // Another secret, other salts: nothing of one record can be found in another.
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    let other = ranker.decision_record(&ranking, &how(), [4; 32]).unwrap();
    assert_ne!(other.root(), record.root());
    assert_eq!(record.differences(&other), []);
}

#[test]
fn what_differs_is_named() {
    let record = record_of(&ranker_of(profiles(60)), &job());
    let mut changed = profiles(60);
    let text = "Rust engineer who builds search engines. Note n10. More.";
    changed[10] = Profile::new("p0010", text).unwrap();
    changed.remove(0);
    let differences = replayed(&ranker_of(changed), &record);
    let has = |wanted: &dyn Fn(&Difference) -> bool| {
        assert!(differences.iter().any(wanted), "{differences:#?}");
    };
    has(&|d| matches!(d, Difference::Gone { id, .. } if id == "p0000"));
    has(&|d| matches!(d, Difference::Text { id } if id == "p0010"));
    has(&|d| matches!(d, Difference::Facts { id, names } if id == "p0010" && names == &["years"]));
    has(&|d| matches!(d, Difference::Score { id, .. } if id == "p0010"));
    has(&|d| matches!(d, Difference::New { .. }));
}

#[test]
fn another_model_or_setting_is_named() {
    let ranker = ranker_of(profiles(60));
    let record = record_of(&ranker, &job());
    let schema = ranker.features().schema().clone();
    let mut weights = LinearScorer::prior(&schema).weights().to_vec();
    weights[0] *= 1.5;
    ranker
        .serve(LinearScorer::new(schema, weights).unwrap())
        .unwrap();
    let other_index = Circumstances::new().engine("a fake").index("people", 8);
    let differences = pollster::block_on(ranker.replay(&record, &other_index)).unwrap();
    let named: Vec<&str> = differences
        .iter()
        .filter_map(|difference| match difference {
            Difference::Making { what, .. } => Some(*what),
            _ => None,
        })
        .collect();
    assert_eq!(named, ["model", "model's hash", "model's weights", "index"]);
    assert!(
        differences
            .iter()
            .any(|d| matches!(d, Difference::Score { .. }))
    );
}

#[test]
fn who_is_erased_is_not_compared() {
    let ranker = ranker_of(profiles(60));
    let mut record = record_of(&ranker, &job());
    let root = record.root().to_owned();
    let first = pollster::block_on(ranker.rank(&job())).unwrap().as_slice()[0]
        .id()
        .clone();
    assert_eq!(record.erase(&first).unwrap(), Part::Candidate(1));
    let bytes = record.to_bytes().unwrap();
    assert!(
        !String::from_utf8(bytes.clone())
            .unwrap()
            .contains(first.as_str())
    );
    let read = DecisionRecord::from_bytes(&bytes).unwrap();
    assert_eq!(read.root(), root);
    let differences = replayed(&ranker, &read);
    let only_new = [Difference::New {
        id: first.to_string(),
        is: 1,
    }];
    assert_eq!(differences, only_new);
}

/// Notes name people: what is said of one goes with the person.
#[test]
fn notes_about_a_person_are_erased_with_the_person() {
    let job = "Builds search engines in Rust for people who look for engineers with many years of work, \
               and keeps an index of millions of documents fresh all day";
    let job = JobDescription::new(job).unwrap();
    let copied = Profile::new("copier", format!("Rust engineer. {}", job.text())).unwrap();
    let ranker = ranker_of(vec![
        copied,
        Profile::new("other", "Rust engineer").unwrap(),
    ]);
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    let how = Circumstances::new();
    let mut record = ranker.decision_record(&ranking, &how, SECRET).unwrap();
    let text = |record: &DecisionRecord| String::from_utf8(record.to_bytes().unwrap()).unwrap();
    assert!(
        text(&record).contains("% of the text of copier"),
        "{}",
        text(&record)
    );
    record.erase(&id("copier")).unwrap();
    assert!(!text(&record).contains("copier"));
}

#[test]
fn only_rankings_of_this_ranker_and_places_that_are_there() {
    let ranker = ranker_of(profiles(30));
    let other = {
        let people = profiles(30);
        let built = Ranker::builder(FakeEmbedder, ids_only(&people)).profile_store(store(people));
        built.build().unwrap()
    };
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    let schema = other.features().schema().clone();
    let weights = vec![0.5; schema.len()];
    other
        .serve(LinearScorer::new(schema, weights).unwrap())
        .unwrap();
    let foreign = pollster::block_on(other.rank(&job())).unwrap();
    let refused = ranker.decision_record(&foreign, &how(), SECRET);
    assert!(matches!(refused, Err(RecordError::UnknownModel { .. })));
    for places in [0..=1, 1..=6, RangeInclusive::new(2, 1)] {
        let how = Circumstances::new().shown(Showing::new("x", 0, places));
        let refused = ranker.decision_record(&ranking, &how, SECRET);
        assert!(matches!(refused, Err(RecordError::NoSuchPlaces { .. })));
    }
    let odd = job().with_filter(Filter::at_least("years", f64::NAN));
    let ranking = pollster::block_on(ranker.rank(&odd)).unwrap();
    let refused = ranker.decision_record(&ranking, &how(), SECRET);
    assert!(matches!(
        refused,
        Err(RecordError::NotFinite { .. } | RecordError::NoSuchPlaces { .. })
    ));
    let shown = Error::Record(refused.unwrap_err()).to_string();
    assert!(shown.contains("record"), "{shown}");
}

#[test]
fn every_kind_of_fact_is_recorded() {
    let profile = Profile::new("p", "Rust engineer").unwrap();
    let profile = profile
        .with_fact("skills", Fact::keywords(["rust", "go"]))
        .unwrap();
    let profile = profile.with_fact("place", Fact::keyword("Bern")).unwrap();
    let profile = profile.with_fact("permit", Fact::flag(true)).unwrap();
    let ranker = ranker_of(vec![profile]);
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    let record = ranker
        .decision_record(&ranking, &Circumstances::new(), SECRET)
        .unwrap();
    let text = String::from_utf8(record.to_bytes().unwrap()).unwrap();
    let facts = "\"facts\":{\"permit\":{\"flag\":true},\"place\":{\"keyword\":\"bern\"},\
                 \"skills\":{\"keywords\":[\"go\",\"rust\"]}}";
    assert!(text.contains(facts), "{text}");
}
