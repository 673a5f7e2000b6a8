//! A person's data can be taken out of the log, and is gone.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use ranker_core::Direction;
use ranker_rlhf::{
    Action, Event, EventKind, FeedbackLog, Impression, LogError, Outcome, Preference, Shown,
};
use rusqlite::Connection;

use crate::support::{event, graded, job, preferred, ranking, schema, source, who};

/// Nothing else in the file has this in it.
const PERSON: &str = "Zoë \"the one\" O'Neil";

/// Whether the file or its journal hold these bytes.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let journal = path.with_extension("db-wal");
    [path, &journal].iter().any(|path| {
        let content = fs::read(path).unwrap_or_default();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

fn shown(candidates: &[&str]) -> EventKind {
    let places = candidates.iter().zip(1..);
    let places = places.map(|(id, at)| Shown::new(who(id), at).with_propensity(1.0 / at as f64));
    let shown = Impression::new(ranking("r"), job("j"), "m", places.collect()).unwrap();
    let rows = (0..candidates.len()).map(|at| vec![at as f32, 0.5]);
    let names = vec!["f0".to_owned(), "f1".to_owned()];
    EventKind::Impression(shown.with_features(names, rows.collect()).unwrap())
}

fn all_about(person: &str) -> Vec<EventKind> {
    let action = || Action::new(ranking("r"), who(person));
    let reason = "asks too much".to_owned();
    let action_and_reason = (action(), reason);
    let tie = Preference::new(job("j"), who("b"), who(person), Outcome::Tie);
    vec![
        shown(&[person]),
        EventKind::Seen(action()),
        EventKind::Click(action()),
        EventKind::Opened(action()),
        EventKind::Shortlist(action()),
        EventKind::Reject {
            action: action_and_reason.0,
            reason: action_and_reason.1,
        },
        preferred("j", person, "b"),
        preferred("j", "b", person),
        EventKind::Preference(tie.unwrap()),
        graded("j", person, 3),
    ]
}

fn numbered(kinds: Vec<EventKind>) -> Vec<Event> {
    let kinds = kinds.into_iter().enumerate();
    kinds
        .map(|(n, kind)| event(&format!("e{n}"), kind))
        .collect()
}

fn kinds(log: &FeedbackLog) -> Vec<EventKind> {
    log.events()
        .map(|logged| logged.unwrap().event.kind)
        .collect()
}

#[test]
fn a_candidate_is_gone_and_the_others_stay_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = FeedbackLog::open(&path).unwrap();
    let mut told = vec![shown(&["a", PERSON, "b"]), preferred("j", "a", "b")];
    let others = [told[1].clone(), graded("j", "b", 1), shown(&["a", "b"])];
    told.extend(all_about(PERSON));
    told.extend(others[1..].to_vec());
    // A name that begins alike, and one that stands where no candidate does.
    let alike = graded("j", "Zoë", 1);
    let elsewhere = EventKind::Reject {
        action: Action::new(ranking("r"), who("b")),
        reason: "not \\ but".to_owned(),
    };
    told.extend([alike.clone(), elsewhere.clone()]);
    let events = numbered(told);
    log.append(&events).unwrap();

    let erased = log.erase(&who(PERSON)).unwrap();
    assert_eq!((erased.deleted, erased.changed), (10, 1));
    let left = kinds(&log);
    let EventKind::Impression(impression) = &left[0] else {
        panic!("{left:?}");
    };
    let places: Vec<_> = impression
        .shown()
        .iter()
        .map(|s| (s.candidate.as_str(), s.position, s.propensity))
        .collect();
    assert_eq!(places, [("a", 1, Some(1.0)), ("b", 3, Some(1.0 / 3.0))]);
    assert_eq!(impression.rows(), [[0.0, 0.5], [2.0, 0.5]]);
    let [first, second, third] = others;
    assert_eq!(left[1..], [first, second, third, alike, elsewhere]);
    let training = log.comparisons(&schema(&[Direction::Any; 2])).unwrap();
    assert!(
        training
            .skipped
            .iter()
            .all(|s| s.candidate.as_str() != PERSON)
    );
    assert_eq!(log.erasures().unwrap(), [erased]);
    let nothing = log.erase(&who(PERSON)).unwrap();
    assert_eq!((nothing.deleted, nothing.changed), (0, 0));
    assert_eq!(log.erasures().unwrap(), [erased, nothing]);
    // The impression that lost the person is still the same event.
    let again = log.append(&events[..2]).unwrap();
    assert_eq!((again.stored, again.duplicates), (0, 2));
    let other = event("e0", shown(&["a", PERSON, "c"]));
    assert!(matches!(
        log.append(&[other]),
        Err(LogError::Conflict { .. })
    ));
}

#[test]
fn the_bytes_are_gone_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = FeedbackLog::open(&path).unwrap();
    let person = "Zebedee-4711";
    // Events of many sizes among others, so that pages are split, merged and moved.
    let told = (0..400).flat_map(|n| {
        let others: Vec<String> = (0..n % 23).map(|k| format!("c{k}")).collect();
        let mut candidates: Vec<&str> = others.iter().map(String::as_str).collect();
        candidates.insert(n % 7 % (candidates.len() + 1), person);
        let mut kinds = vec![
            shown(&candidates),
            graded("j", person, 1),
            graded("j", "a", 1),
        ];
        kinds.rotate_left(n % 3);
        kinds
    });
    let events: Vec<Event> = numbered(told.collect());
    for events in events.chunks(100) {
        log.append(events).unwrap();
    }
    let before = fs::metadata(&path).unwrap().len();
    let whole_log = |name: &str| {
        let copy = folder.path().join(name);
        fs::copy(&path, &copy).unwrap();
        copy
    };
    assert!(holds(&path, person.as_bytes()), "{before}");
    let erased = log.erase(&who(person)).unwrap();
    // Each 23rd showed the person alone.
    assert_eq!((erased.deleted, erased.changed), (400 + 18, 382));
    assert!(!holds(&path, person.as_bytes()));
    assert!(!holds(&whole_log("copy.db"), person.as_bytes()));
    assert_eq!(kinds(&log).len(), 1200 - 418);
    drop(log);
    assert!(!holds(&path, person.as_bytes()));
    let other = Connection::open(&path).unwrap();
    let sound = other.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    assert_eq!(sound.unwrap(), "ok");
}

#[test]
fn a_source_is_gone_with_all_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = FeedbackLog::open(&path).unwrap();
    let by = |who: &str, event: Event| event.with_source(source(who));
    let events = [
        by("recruiter 4711", event("1", shown(&["a", "b"]))),
        by("recruiter 4711", event("2", preferred("j", "a", "b"))),
        by("recruiter 47", event("3", preferred("j", "b", "a"))),
        event("4", graded("j", "recruiter 4711", 1)),
    ];
    log.append(&events).unwrap();
    let erased = log.erase_source(&source("recruiter 4711")).unwrap();
    assert_eq!((erased.deleted, erased.changed), (2, 0));
    let left: Vec<Event> = log.events().map(|logged| logged.unwrap().event).collect();
    assert_eq!(
        left,
        events[2..],
        "a candidate of that name is someone else"
    );
    log.erase(&who("recruiter 4711")).unwrap();
    assert!(!holds(&path, b"recruiter 4711"));
}

#[test]
fn everything_else_is_still_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = FeedbackLog::open(&path).unwrap();
    log.append(&numbered(all_about("a"))).unwrap();
    log.append(&[event("x", graded("j", "b", 1))]).unwrap();
    log.erase(&who("a")).unwrap();
    let other = Connection::open(&path).unwrap();
    for statement in [
        "UPDATE events SET body = '{}'",
        "DELETE FROM events",
        "REPLACE INTO events (id, at, kind, body) VALUES ('x', 0, 'grade', '{}')",
        "DELETE FROM erasures",
        "UPDATE erasures SET at = 0",
        "UPDATE erasures SET scrubbed = 0",
        "REPLACE INTO erasures VALUES (1, 0, 0, 0, 1)",
    ] {
        let error = other.execute(statement, []).unwrap_err().to_string();
        assert!(error.contains("only grows"), "{statement}: {error}");
    }
    assert_eq!(FeedbackLog::open(&path).unwrap().events().count(), 1);
}

#[test]
fn a_reader_keeps_the_bytes_until_it_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = FeedbackLog::open(&path).unwrap();
    log.append(&numbered(all_about(PERSON))).unwrap();
    let mut reader = Connection::open(&path).unwrap();
    let reading = reader.transaction().unwrap();
    let count = "SELECT count(*) FROM events";
    let seen: i64 = reading.query_row(count, [], |row| row.get(0)).unwrap();
    let refused = log.erase(&who(PERSON)).unwrap_err();
    assert!(matches!(refused, LogError::Remains { .. }), "{refused:?}");
    assert_eq!(
        (seen, kinds(&log).len()),
        (10, 0),
        "it is erased all the same"
    );
    assert!(holds(&path, "Zoë".as_bytes()));
    drop(reading);
    drop(reader);
    // As does whoever opens the log next.
    drop(log);
    let log = FeedbackLog::open(&path).unwrap();
    assert!(!holds(&path, "Zoë".as_bytes()));
    assert_eq!(log.erasures().unwrap().len(), 1);
}

/// Says to the child which log to erase from.
const PATH: &str = "RANKER_TEST_LOG_TO_ERASE_FROM";

#[test]
#[ignore = "the test below runs it in a process of its own"]
fn child() {
    if let Some(path) = env::var_os(PATH) {
        FeedbackLog::open(path)
            .unwrap()
            .erase(&who(PERSON))
            .unwrap();
    }
}

#[test]
fn kill_9_leaves_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let kinds_of = |n: usize| {
        let mut kinds = all_about(PERSON);
        kinds.extend([shown(&["a", PERSON]), graded("j", "a", n as i32)]);
        kinds
    };
    let events = numbered((0..300).flat_map(kinds_of).collect());
    let mut outcomes = [0, 0];
    for round in 0..10 {
        for ending in ["db", "db-wal", "db-shm"] {
            let _ = fs::remove_file(path.with_extension(ending));
        }
        FeedbackLog::open(&path).unwrap().append(&events).unwrap();
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "log_erase::child", "--ignored"])
            .env(PATH, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(5 + 15 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let log = FeedbackLog::open(&path).unwrap();
        let (left, erasures) = (kinds(&log).len(), log.erasures().unwrap().len());
        assert!(
            [(3600, 0), (600, 1)].contains(&(left, erasures)),
            "{left} {erasures}"
        );
        assert_eq!(
            holds(&path, "Zoë".as_bytes()),
            erasures == 0,
            "opening goes on"
        );
        let other = Connection::open(&path).unwrap();
        assert!(
            other.execute("DELETE FROM events", []).is_err(),
            "the guards are there"
        );
        outcomes[erasures] += 1;
    }
    assert!(outcomes[0] > 0, "killed before, and after: {outcomes:?}");
}
