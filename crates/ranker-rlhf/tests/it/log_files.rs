//! The log's file: what it allows, who may share it, and what it is not.

use std::fs;
use std::path::Path;
use std::thread;

use expect_test::expect;
use ranker_core::CandidateId;
use ranker_rlhf::{FeedbackLog, LogError};
use rusqlite::Connection;

use crate::support::{event, graded, told};

fn refused(path: &Path) -> String {
    let error = FeedbackLog::open(path).unwrap_err();
    let folder = path.parent().unwrap().display().to_string();
    told(&error).replace(&format!("{folder}/"), "")
}

/// A closed log of so many events: all is in the one file.
fn closed_log(path: &Path, events: i32) {
    let log = FeedbackLog::open(path).unwrap();
    let events: Vec<_> = (0..events)
        .map(|n| event(&n.to_string(), graded("j", "a", n)))
        .collect();
    log.append(&events).unwrap();
}

#[test]
fn the_database_itself_refuses_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    closed_log(&path, 3);
    let other = Connection::open(&path).unwrap();
    for statement in [
        "UPDATE events SET body = '{}'",
        "DELETE FROM events WHERE seq = 1",
        "DELETE FROM events",
        "REPLACE INTO events (id, at, kind, body) VALUES ('0', 0, 'grade', '{}')",
        "REPLACE INTO events (seq, id, at, kind, body) VALUES (1, 'x', 0, 'grade', '{}')",
        "INSERT INTO events (id, at, kind, body) VALUES ('y', 'noon', 'grade', '{}')",
    ] {
        let error = other.execute(statement, []).unwrap_err().to_string();
        assert!(
            error.contains("only grows") || error.contains("TEXT value"),
            "{error}"
        );
    }
    assert_eq!(FeedbackLog::open(&path).unwrap().events().count(), 3);
}

#[test]
fn other_files_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let garbage = b"certainly no database, but long enough to be one if it were".repeat(100);
    fs::write(&path, &garbage).unwrap();
    expect![[r"
        file is not a feedback log: choose another path
        it does not begin as an SQLite database does
    "]]
    .assert_eq(&refused(&path));
    assert_eq!(fs::read(&path).unwrap(), garbage);
    for short in ["x", "SQLite format 3"] {
        fs::write(&path, short).unwrap();
        assert!(matches!(
            FeedbackLog::open(&path),
            Err(LogError::NotALog { .. })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), short);
    }

    let path = folder.path().join("foreign.db");
    let foreign = Connection::open(&path).unwrap();
    foreign
        .execute_batch("CREATE TABLE events (id TEXT); PRAGMA user_version = 1")
        .unwrap();
    drop(foreign);
    let before = fs::read(&path).unwrap();
    expect![[r"
        foreign.db is not a feedback log: choose another path
        it is a database of another application
    "]]
    .assert_eq(&refused(&path));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn newer_and_damaged_logs_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let change = |statements: &str| {
        let _ = fs::remove_file(&path);
        closed_log(&path, 1);
        Connection::open(&path)
            .unwrap()
            .execute_batch(statements)
            .unwrap();
        refused(&path)
    };
    expect![[r"
        feedback log log.db has version 3, but this ranker-rlhf knows versions up to 2: update it
    "]]
    .assert_eq(&change("PRAGMA user_version = 3"));
    let damaged = "feedback log log.db is damaged: restore it from a copy\n\
                   its tables are not those of a feedback log\n";
    for statements in [
        "PRAGMA user_version = 0",
        "DROP TRIGGER events_are_not_deleted",
        "CREATE TRIGGER mine AFTER INSERT ON events BEGIN SELECT 1; END",
        "ALTER TABLE events ADD COLUMN more TEXT",
        "PRAGMA user_version = 1",
    ] {
        assert_eq!(change(statements), damaged, "{statements}");
    }
}

#[test]
fn a_cut_is_noticed_before_an_event_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    closed_log(&path, 400);
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 4 * 4096);
    let mut noticed = 0;
    for length in (1..whole.len()).step_by(997) {
        fs::write(&path, &whole[..length]).unwrap();
        let log = FeedbackLog::open(&path);
        match log.and_then(|log| log.events().collect::<Result<Vec<_>, _>>()) {
            // Where only the index of ids was hit, all events are still there.
            Ok(events) => assert_eq!(events.len(), 400),
            Err(error) => {
                let expected =
                    matches!(&error, LogError::Damaged { .. } | LogError::NotALog { .. });
                assert!(
                    expected && error.to_string().contains("log.db"),
                    "{length}: {error:?}"
                );
                noticed += 1;
            }
        }
    }
    assert!(noticed > whole.len() / 997 - 5, "{noticed}");
}

#[test]
fn a_body_that_is_no_event_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    closed_log(&path, 1);
    let other = Connection::open(&path).unwrap();
    let insert = "INSERT INTO events (id, at, kind, body) VALUES ('x', 0, 'grade', '{}')";
    other.execute(insert, []).unwrap();
    let log = FeedbackLog::open(&path).unwrap();
    let mut events = log.events();
    assert!(matches!(events.next(), Some(Err(LogError::Damaged { .. }))));
    assert!(events.next().is_none(), "an error ends it");
    let again = log.append(&[event("x", graded("j", "a", 1))]);
    assert!(matches!(again, Err(LogError::Damaged { .. })));
}

#[test]
fn places_that_go_backwards_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    closed_log(&path, 200);
    let whole = fs::read(&path).unwrap();
    // 200 as SQLite writes it, and 1 in as many bytes: the last event then claims the first place.
    let (last, first) = ([0x81, 0x48], [0x80, 0x01]);
    let mut noticed = 0;
    for at in (0..whole.len() - 1).filter(|&at| whole[at..at + 2] == last) {
        let mut changed = whole.clone();
        changed[at..at + 2].copy_from_slice(&first);
        fs::write(&path, changed).unwrap();
        if let Ok(log) = FeedbackLog::open(&path) {
            let error = log.events().take(1000).find_map(Result::err);
            let follows = |error: LogError| told(&error).contains("follows");
            if error.is_some_and(follows) {
                noticed += 1;
                // A fuzzer found that erasing went round for ever.
                let erased = log.erase(&CandidateId::new("a").unwrap());
                assert!(follows(erased.unwrap_err()));
            }
        }
    }
    assert_eq!(noticed, 1);
}

#[test]
fn paths_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none").join("log.db");
    assert!(matches!(
        FeedbackLog::open(&missing),
        Err(LogError::Open { .. })
    ));
    assert!(matches!(
        FeedbackLog::open(folder.path()),
        Err(LogError::Open { .. })
    ));
    assert!(
        matches!(FeedbackLog::open(""), Err(LogError::Open { .. })),
        "no private database"
    );
    let path = folder.path().join("log.db");
    assert_eq!(FeedbackLog::open(&path).unwrap().path(), path);
    fs::write(folder.path().join("empty.db"), "").unwrap();
    FeedbackLog::open(folder.path().join("empty.db")).unwrap();
}

#[test]
fn many_writers_share_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                // All make the file at once.
                let log = FeedbackLog::open(path).unwrap();
                for n in 0..10 {
                    let own = event(&format!("{writer} {n}"), graded("j", "a", n));
                    let shared = event(&format!("shared {n}"), graded("j", "b", n));
                    log.append(&[own, shared]).unwrap();
                }
            });
        }
    });
    let log = FeedbackLog::open(&path).unwrap();
    assert_eq!(log.events().filter(Result::is_ok).count(), 50);
}
