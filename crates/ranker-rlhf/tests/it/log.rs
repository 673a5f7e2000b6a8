//! The log keeps what it is given, and turns it into comparisons.

use std::io::{self, Read, Write};

use expect_test::expect;
use proptest::prelude::*;
use ranker_core::{
    Candidate, Direction, FeatureMatrix, Hit, JobDescription, Profile, Query, Ranking, Score,
};
use ranker_rlhf::{
    Action, Event, EventId, EventKind, FeedbackLog, Impression, LogError, Outcome, Preference,
    Shown, SkipReason, Timestamp, Training,
};
use tempfile::TempDir;

use crate::support::{
    event, graded, impression, job, preferred, ranking, schema, source, told, who,
};

fn log() -> (TempDir, FeedbackLog) {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("feedback.db")).unwrap();
    (folder, log)
}

fn all(log: &FeedbackLog) -> Vec<Event> {
    log.events().map(|logged| logged.unwrap().event).collect()
}

fn counts(appended: ranker_rlhf::Appended) -> (usize, usize) {
    (appended.stored, appended.duplicates)
}

fn ids() -> impl Strategy<Value = String> {
    "[a-zA-Zäß\"\\\\' ]{0,5}[0-9]"
}

fn kinds() -> impl Strategy<Value = EventKind> {
    let action = || (ids(), ids()).prop_map(|(r, c)| Action::new(ranking(&r), who(&c)));
    let finite = any::<f32>().prop_filter("finite", |x| x.is_finite());
    let places = prop::collection::vec((prop::option::of(1e-9..=1.0), finite), 0..5);
    let impression = (ids(), ids(), ".{0,9}", places, any::<bool>()).prop_map(|parts| {
        let (r, j, model, places, with_features) = parts;
        let shown = places.iter().zip(11..).map(|((propensity, _), position)| {
            let shown = Shown::new(who(&format!("c{position}")), position);
            match propensity {
                Some(propensity) => shown.with_propensity(*propensity),
                None => shown,
            }
        });
        let impression = Impression::new(ranking(&r), job(&j), model, shown.collect()).unwrap();
        let rows = places.iter().map(|(_, x)| vec![*x, -x]).collect();
        EventKind::Impression(if with_features {
            let names = vec!["f0".to_owned(), "f1".to_owned()];
            impression.with_features(names, rows).unwrap()
        } else {
            impression
        })
    });
    let preference = (ids(), ids(), any::<bool>()).prop_map(|(j, c, tie)| {
        let outcome = if tie {
            Outcome::Tie
        } else {
            Outcome::Preferred
        };
        let other = who(&format!("{c} other"));
        EventKind::Preference(Preference::new(job(&j), who(&c), other, outcome).unwrap())
    });
    prop_oneof![
        impression,
        preference,
        action().prop_map(EventKind::Seen),
        action().prop_map(EventKind::Click),
        action().prop_map(EventKind::Opened),
        action().prop_map(EventKind::Shortlist),
        (action(), ".{0,20}").prop_map(|(action, reason)| EventKind::Reject { action, reason }),
        (ids(), ids(), any::<i32>()).prop_map(|(j, c, grade)| graded(&j, &c, grade)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_event_comes_back_bit_by_bit(
        kinds in prop::collection::vec((kinds(), any::<i64>(), prop::option::of(ids())), 0..20),
    ) {
        let events: Vec<Event> = kinds
            .into_iter()
            .enumerate()
            .map(|(n, (kind, at, source))| {
                let id = EventId::new(format!("e{n}")).unwrap();
                let event = Event::new(id, Timestamp::from_millis(at), kind);
                match source {
                    Some(source) => event.with_source(self::source(&source)),
                    None => event,
                }
            })
            .collect();
        let (_folder, first) = log();
        prop_assert_eq!(first.append(&events).unwrap().stored, events.len());
        prop_assert_eq!(&all(&first), &events);
        let mut lines = Vec::new();
        prop_assert_eq!(first.export_jsonl(&mut lines).unwrap(), events.len());
        let (_folder, second) = log();
        second.import_jsonl(&lines[..]).unwrap();
        prop_assert_eq!(&all(&second), &events);
    }
}

#[test]
fn an_event_is_stored_once() {
    let (_folder, log) = log();
    let event = |id: &str, grade| event(id, graded("j", "a", grade));
    assert_eq!(counts(log.append(&[]).unwrap()), (0, 0));
    assert_eq!(
        counts(
            log.append(&[event("1", 1), event("2", 2), event("1", 1)])
                .unwrap()
        ),
        (2, 1)
    );
    assert_eq!(
        counts(log.append(&[event("2", 2), event("3", 3)]).unwrap()),
        (1, 1)
    );
    let refused = log.append(&[event("4", 4), event("2", 9)]).unwrap_err();
    expect![[r"
        event id 2 is taken by another event: give each event its own
    "]]
    .assert_eq(&told(&refused));
    assert_eq!(all(&log).len(), 3, "all or none");
}

#[test]
fn readers_go_on_where_they_stopped() {
    let (_folder, log) = log();
    let events: Vec<Event> = (0..300)
        .map(|n| event(&n.to_string(), graded("j", "a", n)))
        .collect();
    log.append(&events[..200]).unwrap();
    let seen = log.events().last().unwrap().unwrap().seq;
    assert_eq!(log.events_since(seen).count(), 0);
    log.append(&events[200..]).unwrap();
    let rest = log.events_since(seen).map(|logged| logged.unwrap().event);
    assert_eq!(rest.collect::<Vec<_>>(), events[200..]);
    assert_eq!(all(&log), events);
    assert_eq!(log.events_since(u64::MAX).count(), 0);
    // Appending while reading neither waits nor is lost.
    let mut events = log.events();
    events.next().unwrap().unwrap();
    log.append(&[event("new", graded("j", "a", 0))]).unwrap();
    assert_eq!(events.count(), 300);
}

const NAMES: [&str; 2] = ["f0", "f1"];

fn training(events: &[EventKind]) -> Training {
    let (_folder, log) = log();
    let numbered = events.iter().enumerate();
    let events: Vec<Event> = numbered
        .map(|(n, kind)| event(&format!("e{n}"), kind.clone()))
        .collect();
    log.append(&events).unwrap();
    log.comparisons(&schema(&[Direction::Any; 2])).unwrap()
}

fn skipped(training: &Training) -> Vec<(&str, &str, SkipReason)> {
    let told = training.skipped.iter();
    told.map(|s| (s.event.as_str(), s.candidate.as_str(), s.reason))
        .collect()
}

#[test]
fn preferences_meet_the_features_that_were_shown() {
    let tie = Preference::new(job("j"), who("a"), who("b"), Outcome::Tie).unwrap();
    let training = training(&[
        impression("j", &NAMES, &[("a", &[1.0, 2.0]), ("b", &[3.0, 4.0])]),
        impression("other", &NAMES, &[("a", &[9.0, 9.0]), ("b", &[9.0, 9.0])]),
        preferred("j", "a", "b"),
        impression("j", &["x", "f1", "f0"], &[("b", &[0.0, 6.0, 5.0])]),
        EventKind::Preference(tie),
        preferred("j", "a", "late"),
        impression("j", &NAMES, &[("late", &[7.0, 8.0])]),
    ]);
    assert_eq!(skipped(&training), []);
    let rows: Vec<_> = training
        .comparisons
        .iter()
        .map(|c| (c.better(), c.worse(), c.outcome()))
        .collect();
    assert_eq!(
        rows,
        [
            (&[1.0, 2.0][..], &[3.0, 4.0][..], Outcome::Preferred),
            (&[1.0, 2.0], &[5.0, 6.0], Outcome::Tie),
            (&[1.0, 2.0], &[7.0, 8.0], Outcome::Preferred),
        ]
    );
    assert!(
        training
            .comparisons
            .iter()
            .all(|c| c.job() == "j" && c.weight() == 1.0)
    );
}

#[test]
fn preferences_without_features_are_told() {
    let bare = Impression::new(
        ranking("r"),
        job("j"),
        "m",
        vec![Shown::new(who("bare"), 1)],
    );
    let training = training(&[
        impression("j", &NAMES, &[("a", &[1.0, 2.0])]),
        impression("j", &["f0", "x"], &[("old", &[1.0, 2.0])]),
        EventKind::Impression(bare.unwrap()),
        preferred("j", "a", "unknown"),
        preferred("j", "old", "bare"),
        preferred("nowhere", "a", "b"),
    ]);
    assert!(training.comparisons.is_empty());
    assert_eq!(
        skipped(&training),
        [
            ("e3", "unknown", SkipReason::NoFeatures),
            ("e4", "old", SkipReason::OtherFeatures),
            ("e4", "bare", SkipReason::NoFeatures),
            ("e5", "a", SkipReason::NoFeatures),
            ("e5", "b", SkipReason::NoFeatures),
        ]
    );
}

#[test]
fn grades_compare_each_two_that_differ() {
    let row = |x: f32| [x, 0.0];
    let rows = [row(0.0), row(1.0), row(2.0), row(3.0)];
    let shown = [
        ("a", &rows[0][..]),
        ("b", &rows[1]),
        ("c", &rows[2]),
        ("d", &rows[3]),
    ];
    let training = training(&[
        impression("j", &NAMES, &shown),
        graded("j", "a", 3),
        graded("j", "b", 1),
        graded("j", "c", 1),
        graded("j", "d", 3),
        graded("j", "d", 0),
        graded("j", "ghost", 4),
        graded("alone", "a", 4),
    ]);
    let pairs: Vec<(f32, f32)> = training
        .comparisons
        .iter()
        .map(|c| (c.better()[0], c.worse()[0]))
        .collect();
    assert_eq!(
        pairs,
        [(0.0, 1.0), (0.0, 2.0), (0.0, 3.0), (1.0, 3.0), (2.0, 3.0)]
    );
    let weight: f64 = training.comparisons.iter().map(|c| c.weight()).sum();
    assert!((weight - 3.0).abs() < 1e-12);
    let expected = [
        ("e7", "a", SkipReason::NoFeatures),
        ("e6", "ghost", SkipReason::NoFeatures),
    ];
    assert_eq!(skipped(&training), expected);
}

#[test]
fn an_impression_is_taken_from_a_ranking() {
    let schema = schema(&[Direction::Any; 2]);
    let scored = |id: &str, score: f64| {
        let profile = std::sync::Arc::new(Profile::new(id, "text").unwrap());
        let candidate = Candidate::new(Hit::new(who(id), Score::default()), profile);
        let row = FeatureMatrix::new(schema.clone(), vec![score as f32, 0.0]).unwrap();
        (Score::new(score).unwrap(), candidate, row)
    };
    let query = std::sync::Arc::new(Query::new(JobDescription::new("job").unwrap()));
    let shown = Ranking::new(
        query.clone(),
        "m1",
        vec![scored("low", 1.0), scored("high", 2.0)],
    );
    let impression = Impression::of(ranking("r"), job("j"), &shown).unwrap();
    assert_eq!(
        (impression.model(), impression.feature_names()),
        ("m1", &["f0", "f1"].map(String::from)[..])
    );
    let places: Vec<_> = impression
        .shown()
        .iter()
        .map(|s| (s.candidate.as_str(), s.position))
        .collect();
    assert_eq!(places, [("high", 1), ("low", 2)]);
    assert_eq!(impression.rows(), [[2.0, 0.0], [1.0, 0.0]]);
    let nobody = Ranking::new(query, "m1", vec![]);
    assert!(
        Impression::of(ranking("r"), job("j"), &nobody)
            .unwrap()
            .shown()
            .is_empty()
    );
}

#[test]
fn impossible_events_are_refused() {
    let shown = |shown: Vec<Shown>| Impression::new(ranking("r"), job("j"), "m", shown);
    let refused = |places: Vec<Shown>| told(&shown(places).unwrap_err());
    let [a, b] = ["a", "b"].map(|id| move |position| Shown::new(who(id), position));
    let features = |names: &[&str], rows: Vec<Vec<f32>>| {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        told(
            &shown(vec![a(1)])
                .unwrap()
                .with_features(names, rows)
                .unwrap_err(),
        )
    };
    let itself = Preference::new(job("j"), who("a"), who("a"), Outcome::Tie);
    let texts = [
        refused(vec![a(1), a(2)]),
        refused(vec![a(1), b(1)]),
        refused(vec![a(0)]),
        refused(vec![a(1).with_propensity(0.0)]),
        refused(vec![a(1).with_propensity(f64::NAN)]),
        features(&["x", "x"], vec![vec![0.0; 2]]),
        features(&["x"], vec![]),
        features(&["x"], vec![vec![]]),
        features(&["x"], vec![vec![f32::INFINITY]]),
        told(&itself.unwrap_err()),
        told(&EventId::new("a\u{7}").unwrap_err()),
    ];
    expect![[r#"
        candidate a is shown twice in one ranking
        position 1 of candidate b must count from 1 and be given once
        position 0 of candidate a must count from 1 and be given once
        the propensity of candidate a must lie above 0 and up to 1, but is 0
        the propensity of candidate a must lie above 0 and up to 1, but is NaN
        two features are named x
        0 rows of features for 1 candidates: give each shown candidate one
        candidate a has 0 features, but there are 1 names
        feature x of candidate a must be finite, but is inf
        candidate a cannot be compared with itself
        event id "a\u{7}" must be 1 to 512 bytes of text without control characters
    "#]]
    .assert_eq(&texts.concat());
}

#[test]
fn exported_lines_are_plain() {
    let (_folder, log) = log();
    let shown = vec![
        Shown::new(who("a"), 1).with_propensity(0.5),
        Shown::new(who("b"), 2),
    ];
    let shown = Impression::new(ranking("r"), job("j"), "m", shown).unwrap();
    let shown = shown.with_features(vec!["dense".to_owned()], vec![vec![0.1], vec![-1.0]]);
    let action = Action::new(ranking("r"), who("a"));
    let reason = "too \"far\"".to_owned();
    let kinds = [
        EventKind::Impression(shown.unwrap()),
        EventKind::Click(action.clone()),
        EventKind::Reject { action, reason },
        preferred("j", "a", "b"),
        graded("j", "a", -2),
        EventKind::Seen(Action::new(ranking("r"), who("b"))),
    ];
    let events = kinds
        .into_iter()
        .zip('1'..)
        .map(|(kind, id)| event(&id.to_string(), kind));
    let mut events: Vec<Event> = events.collect();
    events[5] = events[5].clone().with_source(source("eve"));
    log.append(&events).unwrap();
    let mut lines = Vec::new();
    log.export_jsonl(&mut lines).unwrap();
    expect![[r#"
        {"id":"1","at":1700000000000,"event":{"impression":{"ranking":"r","job":"j","model":"m","shown":[{"candidate":"a","position":1,"propensity":0.5},{"candidate":"b","position":2}],"features":{"names":["dense"],"rows":[[0.1],[-1.0]]}}}}
        {"id":"2","at":1700000000000,"event":{"click":{"ranking":"r","candidate":"a"}}}
        {"id":"3","at":1700000000000,"event":{"reject":{"ranking":"r","candidate":"a","reason":"too \"far\""}}}
        {"id":"4","at":1700000000000,"event":{"preference":{"job":"j","better":"a","worse":"b"}}}
        {"id":"5","at":1700000000000,"event":{"grade":{"job":"j","candidate":"a","grade":-2}}}
        {"id":"6","at":1700000000000,"source":"eve","event":{"seen":{"ranking":"r","candidate":"b"}}}
    "#]]
    .assert_eq(&String::from_utf8(lines).unwrap());
}

#[test]
fn imports_are_whole_or_nothing() {
    let (_folder, log) = log();
    let line = |id: u32, grade: i32| {
        format!(
            r#"{{"id":"{id}","at":0,"event":{{"grade":{{"job":"j","candidate":"a","grade":{grade}}}}}}}"#
        )
    };
    let good = format!("\u{feff}{}\r\n\n  \n{}", line(1, 1), line(2, 2));
    assert_eq!(counts(log.import_jsonl(good.as_bytes()).unwrap()), (2, 0));
    assert_eq!(counts(log.import_jsonl(good.as_bytes()).unwrap()), (0, 2));
    assert_eq!(counts(log.import_jsonl(&b""[..]).unwrap()), (0, 0));
    let refused = |bad: &str| {
        let lines = format!("{}\n\n{bad}\n{}", line(8, 8), line(9, 9));
        told(&log.import_jsonl(lines.as_bytes()).unwrap_err())
    };
    let texts = [
        refused("{\"id\":"),
        refused(r#"{"id":"x","at":0,"event":{"dance":{}}}"#),
        refused(r#"{"id":"","at":0,"event":{"grade":{"job":"j","candidate":"a","grade":1}}}"#),
        refused(
            r#"{"id":"x","at":0,"new":1,"event":{"grade":{"job":"j","candidate":"a","grade":1}}}"#,
        ),
        refused(r#"{"id":"x","at":0,"event":{"preference":{"job":"j","better":"a","worse":"a"}}}"#),
        refused(&line(1, 99)),
        refused(&"[".repeat(100_000)),
    ];
    expect![[r#"
        line 3 cannot be imported; nothing was
        EOF while parsing a value at line 1 column 6
        line 3 cannot be imported; nothing was
        unknown variant `dance`, expected one of `impression`, `seen`, `click`, `opened`, `shortlist`, `reject`, `preference`, `tie`, `grade` at line 1 column 33
        line 3 cannot be imported; nothing was
        event id "" must be 1 to 512 bytes of text without control characters
        line 3 cannot be imported; nothing was
        unknown field `new`, expected one of `id`, `at`, `source`, `event` at line 1 column 22
        line 3 cannot be imported; nothing was
        candidate a cannot be compared with itself
        line 3 cannot be imported; nothing was
        event id 1 is taken by another event: give each event its own
        line 3 cannot be imported; nothing was
        invalid type: sequence, expected a string at line 1 column 1
    "#]]
    .assert_eq(&texts.concat());
    let not_text = log.import_jsonl(&b"\xff\xfe"[..]);
    assert!(matches!(not_text, Err(LogError::Line { line: 1, .. })));
    let whole = line(7, 7);
    let broken = io::BufReader::new(whole.as_bytes().chain(Broken));
    assert!(matches!(
        log.import_jsonl(broken),
        Err(LogError::Line { line: 1, .. })
    ));
    assert_eq!(all(&log).len(), 2, "nothing of what failed was imported");
    assert!(matches!(
        log.export_jsonl(Broken),
        Err(LogError::Export { .. })
    ));
}

/// A pipe that is gone.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
