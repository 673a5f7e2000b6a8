//! Records that were changed are refused.

use std::collections::BTreeMap;

use ranker_core::{CandidateId, Filter, JobDescription};

use super::forms::{FactForm, JobForm};
use super::hash::Hash;
use super::make::Secret;
use super::parts::{
    CandidatePart, IndexForm, Linear, Making, ModelForm, Settings, ShowingPart, Slot, TermForm,
};
use super::record::{CANDIDATE, MAKING, SHOWING};
use super::*;

fn making() -> Making {
    let job = JobDescription::new("Rust engineer").unwrap();
    let job = job.with_title("Search \"core\"\u{e9}");
    let job = job.with_filter(Filter::at_least("years", 2.5));
    Making {
        library: "0.1.0".to_owned(),
        machine: "x86_64 avx2".to_owned(),
        encoder: "mini@1".to_owned(),
        engine: Some("engine 1".to_owned()),
        model: ModelForm {
            id: "linear-1".to_owned(),
            blake3: Some("ab".to_owned()),
            linear: Some(Linear {
                bias: 0.1,
                weights: vec![1.0, 0.2],
            }),
        },
        features: vec!["dense".to_owned(), "bm25".to_owned()],
        definitions: "d".to_owned(),
        job: JobForm::of(&job).unwrap(),
        expansion: vec![TermForm {
            text: "tokio".to_owned(),
            weight: 0.3,
            source: "skill".to_owned(),
            reason: "is one".to_owned(),
        }],
        index: Some(IndexForm {
            name: "people".to_owned(),
            version: u64::MAX,
        }),
        retriever: "fused".to_owned(),
        settings: Settings {
            top_k: 10,
            candidates: 100,
            profiles: "blind".to_owned(),
        },
        notes: vec!["a note".to_owned()],
    }
}

fn person(place: usize, id: &str, features: [f32; 2]) -> CandidatePart {
    let score = 0.1 + f64::from(features[0]) + 0.2 * f64::from(features[1]);
    CandidatePart {
        salt: Secret([7; 32]).candidate(place),
        place,
        id: id.to_owned(),
        score,
        features: features.to_vec(),
        text_sha256: Hash::of("written", [id.as_bytes()]),
        read_sha256: Hash::of("read", [id.as_bytes()]),
        facts: BTreeMap::from([
            ("years".to_owned(), FactForm::Number(6.1)),
            ("permit".to_owned(), FactForm::Flag(true)),
        ]),
        notes: Vec::new(),
    }
}

fn of(making: Making, people: Vec<CandidatePart>) -> Result<DecisionRecord, RecordError> {
    let shown = ShowingPart {
        salt: Secret([7; 32]).showing(1),
        viewer: "recruiter-7".to_owned(),
        at: 1_790_000_000_000,
        first: 1,
        last: 2,
    };
    let people = people.into_iter().map(|part| Slot::new(CANDIDATE, part));
    DecisionRecord::new(
        Slot::new(MAKING, making)?,
        people.collect::<Result<_, _>>()?,
        vec![Slot::new(SHOWING, shown)?],
    )
}

fn people() -> Vec<CandidatePart> {
    vec![person(1, "ana", [0.7, 0.5]), person(2, "ben", [0.3, 1e-7])]
}

fn record() -> DecisionRecord {
    of(making(), people()).unwrap()
}

fn id(id: &str) -> CandidateId {
    CandidateId::new(id).unwrap()
}

#[test]
fn bytes_are_canonical_and_read_again() {
    let record = record();
    let bytes = record.to_bytes().unwrap();
    assert_eq!(DecisionRecord::from_bytes(&bytes).unwrap(), record);
    let text = String::from_utf8(bytes).unwrap();
    // How numbers are written is part of the format: another way would refuse records from before.
    assert!(text.contains("\"features\":[0.3,1e-7]"), "{text}");
    assert!(text.contains("\"years\":{\"number\":6.1}"), "{text}");
    assert!(text.contains("\"version\":18446744073709551615"), "{text}");
    assert!(text.ends_with("}\n") && text.lines().count() == 1);
    let verified = record.verify().unwrap();
    assert_eq!((verified.places, verified.erased.len()), (2, 0));
    assert_eq!(
        record.job().unwrap().filter(),
        &Filter::at_least("years", 2.5)
    );
}

/// A record that an earlier version wrote is read by every later one; `scripts/verify_record.py` verifies it too.
#[test]
fn the_form_stays() {
    let golden = include_bytes!("../../tests/golden/decision-1.json");
    assert!(record().to_bytes().unwrap() == golden);
}

#[test]
fn every_changed_byte_is_refused() {
    let mut erased = record();
    erased.erase(&id("ana")).unwrap();
    for record in [record(), erased] {
        let bytes = record.to_bytes().unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let read = DecisionRecord::from_bytes(&changed);
                assert!(read.is_err(), "byte {at}, bit {bit}");
            }
            let cut = DecisionRecord::from_bytes(&bytes[..at]);
            assert!(
                matches!(
                    cut,
                    Err(RecordError::Malformed(_) | RecordError::NotCanonical)
                ),
                "{at}"
            );
        }
        let longer = DecisionRecord::from_bytes(&[&bytes[..], b" "].concat());
        assert!(matches!(longer, Err(RecordError::NotCanonical)));
    }
}

#[test]
fn a_change_has_a_name() {
    let text = String::from_utf8(record().to_bytes().unwrap()).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        DecisionRecord::from_bytes(text.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    let part = |error| match error {
        RecordError::PartChanged { part } => part,
        error => panic!("{error:?}"),
    };
    assert_eq!(
        part(refused("\"id\":\"ben\"", "\"id\":\"bea\"")),
        Part::Candidate(2)
    );
    assert_eq!(part(refused("[0.7,0.5]", "[0.7,0.6]")), Part::Candidate(1));
    assert_eq!(part(refused("mini@1", "mini@2")), Part::Making);
    assert_eq!(
        part(refused("recruiter-7", "recruiter-8")),
        Part::Showing(1)
    );
    let version = refused("\"version\":1,", "\"version\":2,");
    assert!(matches!(
        version,
        RecordError::Version {
            found: 2,
            supported: 1
        }
    ));
    let same = refused("\"weight\":0.3", "\"weight\":3e-1");
    assert!(matches!(same, RecordError::NotCanonical));
    let twice = refused("\"permit\":", "\"permit\":{\"flag\":false},\"permit\":");
    assert!(matches!(twice, RecordError::NotCanonical), "{twice:?}");
    for odd in ["NaN", "1e999", "null", "\"0.7\""] {
        let odd = refused("[0.7,", &format!("[{odd},"));
        assert!(matches!(odd, RecordError::Malformed(_)), "{odd:?}");
    }
    let unknown = refused("\"permit\":", "\"permit\":{\"flag\":true,\"x\":1},\"p\":");
    assert!(matches!(unknown, RecordError::Malformed(_)));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for hostile in [
        "",
        "{}",
        "null",
        "[1]",
        &deep,
        "{\"format\":\"x\",\"version\":1}",
    ] {
        let refused = DecisionRecord::from_bytes(hostile.as_bytes());
        assert!(matches!(refused, Err(RecordError::Malformed(_))));
    }
}

#[test]
fn who_is_erased_is_gone_and_the_record_still_verifies() {
    let mut record = record();
    let root = record.root().to_owned();
    let salt = Secret([7; 32]).candidate(1);
    assert_eq!(record.erase(&id("ana")).unwrap(), Part::Candidate(1));
    assert_eq!(record.erase_viewer("recruiter-7"), [Part::Showing(1)]);
    assert_eq!(record.erase_viewer("recruiter-7"), []);
    let bytes = record.to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    for gone in ["ana", "0.7", &salt, "recruiter"] {
        assert!(!text.contains(gone), "{gone}");
    }
    let verified = DecisionRecord::from_bytes(&bytes)
        .unwrap()
        .verify()
        .unwrap();
    assert_eq!(verified.root, root, "the root is that of the whole record");
    assert_eq!(verified.erased, [Part::Candidate(1), Part::Showing(1)]);
    let again = record.erase(&id("ana"));
    assert!(matches!(again, Err(RecordError::NoSuchCandidate { .. })));
}

#[test]
fn how_a_ranking_was_made_cannot_be_erased() {
    let mut form = record();
    form.0.making.part = None;
    let refused = DecisionRecord::from_bytes(&form.to_bytes().unwrap());
    assert!(
        matches!(refused, Err(RecordError::Unsound { .. })),
        "{refused:?}"
    );
}

#[test]
fn parts_cannot_be_moved_added_or_taken_away() {
    let whole = record();
    let changed = |change: &dyn Fn(&mut super::record::Form)| {
        let mut record = whole.clone();
        change(&mut record.0);
        DecisionRecord::from_bytes(&record.to_bytes().unwrap()).unwrap_err()
    };
    for error in [
        changed(&|form| form.candidates.swap(0, 1)),
        changed(&|form| drop(form.candidates.pop())),
        changed(&|form| form.candidates.push(form.candidates[0].clone())),
        changed(&|form| form.showings.clear()),
    ] {
        assert!(matches!(error, RecordError::RootChanged), "{error:?}");
    }
}

#[test]
fn what_contradicts_itself_is_not_made() {
    let refused = |people: Vec<CandidatePart>| of(making(), people).unwrap_err();
    let [ana, ben] = [person(1, "ana", [0.7, 0.5]), person(2, "ben", [0.3, 0.0])];
    let better = vec![person(1, "ben", [0.3, 0.0]), person(2, "ana", [0.7, 0.5])];
    let other = CandidatePart {
        score: ana.score + 1e-6,
        ..ana.clone()
    };
    let short = CandidatePart {
        features: vec![0.3],
        ..ben.clone()
    };
    let twice = CandidatePart {
        id: "ana".to_owned(),
        ..ben.clone()
    };
    for people in [
        better,
        vec![other, ben.clone()],
        vec![ana.clone(), short],
        vec![ana.clone(), twice],
        vec![ben.clone(), ana.clone()],
    ] {
        let error = refused(people);
        assert!(matches!(error, RecordError::Unsound { .. }), "{error:?}");
    }
    let error = refused(vec![ana]);
    assert!(matches!(
        error,
        RecordError::NoSuchPlaces {
            last: 2,
            places: 1,
            ..
        }
    ));
}

#[test]
fn differences_are_named_with_their_size() {
    let was = record();
    assert_eq!(was.differences(&was), []);
    let mut other = making();
    other.encoder = "mini@2".to_owned();
    let mut ben = person(2, "ben", [0.4, 1e-7]);
    ben.text_sha256 = Hash::of("written", [b"another".as_slice()]);
    ben.facts.remove("permit");
    let is = of(other, vec![person(1, "cleo", [0.7, 0.5]), ben]).unwrap();
    let said: Vec<String> = was
        .differences(&is)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said,
        [
            "encoder: was mini@1, is mini@2",
            "ana: was at place 1, is not in the ranking",
            "ben: title or text is another",
            "ben: other facts: permit",
            "ben: dense was 0.3, is 0.4 (+1.00e-1)",
            "ben: score was 0.40000003192092914, is 0.5000000259604647 (+1.00e-1)",
            "cleo: is at place 1, and the record does not have it",
        ]
    );
}

#[test]
fn files_are_replaced_whole_and_errors_name_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.json");
    let mut record = record();
    record.write(&path).unwrap();
    record.erase(&id("ben")).unwrap();
    record.write(&path).unwrap();
    assert_eq!(DecisionRecord::read(&path).unwrap(), record);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    for error in [
        DecisionRecord::read(folder.path().join("none.json")).unwrap_err(),
        record
            .write(folder.path().join("no/none.json"))
            .unwrap_err(),
    ] {
        assert!(error.to_string().contains("none.json"), "{error}");
    }
}
