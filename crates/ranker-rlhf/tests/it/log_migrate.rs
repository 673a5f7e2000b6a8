//! Logs of older versions are taken over with all their events.

use std::path::Path;
use std::thread;

use ranker_rlhf::{Event, FeedbackLog};
use rusqlite::Connection;

use crate::support::{event, graded, source, who};

/// A log as version 1 made it.
const VERSION_1: &str = "PRAGMA journal_mode = WAL;
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the feedback log only grows'); END;
CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the feedback log only grows'); END;
CREATE TRIGGER events_are_not_replaced BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id OR seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the feedback log only grows'); END;
PRAGMA application_id = 1919641186;
PRAGMA user_version = 1;
INSERT INTO events (id, at, kind, body) VALUES
  ('1', 1700000000000, 'grade', '{\"grade\":{\"job\":\"j\",\"candidate\":\"a\",\"grade\":0}}'),
  ('2', 1700000000000, 'grade', '{\"grade\":{\"job\":\"j\",\"candidate\":\"a\",\"grade\":1}}');
INSERT INTO events (seq, id, at, kind, body) VALUES
  (9, '9', 1700000000000, 'grade', '{\"grade\":{\"job\":\"j\",\"candidate\":\"a\",\"grade\":2}}');
";

fn made_by_version_1(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(VERSION_1).unwrap();
    connection
}

fn read(log: &FeedbackLog) -> Vec<(u64, Event)> {
    let events = log.events().map(Result::unwrap);
    events.map(|logged| (logged.seq, logged.event)).collect()
}

#[test]
fn a_log_of_version_1_keeps_every_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    drop(made_by_version_1(&path));
    let kept: Vec<_> = [("1", 1), ("2", 2), ("9", 9)]
        .into_iter()
        .zip(0..)
        .map(|((id, seq), grade)| (seq, event(id, graded("j", "a", grade))))
        .collect();
    let log = FeedbackLog::open(&path).unwrap();
    assert_eq!(read(&log), kept);
    let new = event("new", graded("j", "b", 1)).with_source(source("eve"));
    log.append(&[kept[1].1.clone(), new.clone()]).unwrap();
    assert_eq!(read(&log)[3], (10, new));
    assert_eq!(log.erasures().unwrap(), []);
    drop(log);

    let again = FeedbackLog::open(&path).unwrap();
    assert_eq!(read(&again).len(), 4);
    assert_eq!(again.erase(&who("b")).unwrap().deleted, 1);
    let other = Connection::open(&path).unwrap();
    let version = other.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    assert_eq!(version.unwrap(), 2);
    assert!(other.execute("DELETE FROM events", []).is_err());
}

#[test]
fn many_may_take_over_one_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    // Still open elsewhere, as a program of the older version would have it.
    let old = made_by_version_1(&path);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(read(&FeedbackLog::open(&path).unwrap()).len(), 3));
        }
    });
    // Version 1 did not know of sources: what it appends has none.
    let insert = "INSERT INTO events (id, at, kind, body) VALUES \
                  ('10', 0, 'click', '{\"click\":{\"ranking\":\"r\",\"candidate\":\"a\"}}')";
    old.execute(insert, []).unwrap();
    let log = FeedbackLog::open(&path).unwrap();
    assert_eq!(read(&log)[3].1.source, None);
}
