//! The log's tables, and how those of older versions become them.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::error::{LogError, failure};

/// The newest version of the tables, in the database's `user_version`.
pub(super) const VERSION: i64 = 2;

/// The database's `application_id`: "rkfb".
const APPLICATION: i64 = 0x726b_6662;

const EVENTS_1: &str = "CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT";

/// Version 2 knows who acted. The comma stands where SQLite puts it when it adds the column to a
/// table of version 1: migrated logs and new ones have the same text, and no row is rewritten.
const EVENTS: &str = "CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
, source TEXT) STRICT";

/// What refuses changes. Replacing a row would delete the old one without asking the second, so the
/// third refuses it. An erasure takes them away and puts them back in one transaction.
pub(super) const GUARDS: [&str; 3] = [
    "CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the feedback log only grows'); END",
    "CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the feedback log only grows'); END",
    "CREATE TRIGGER events_are_not_replaced BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id OR seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the feedback log only grows'); END",
];

/// That people were erased, and when: not who. `scrubbed` is 0 until their bytes are out of the file
/// too; nothing else of a row changes.
const ERASURES: [&str; 4] = [
    "CREATE TABLE erasures (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  scrubbed INTEGER NOT NULL
) STRICT",
    "CREATE TRIGGER erasures_are_not_changed BEFORE UPDATE ON erasures
WHEN (OLD.scrubbed, NEW.scrubbed, NEW.number, NEW.at, NEW.deleted, NEW.changed)
  IS NOT (0, 1, OLD.number, OLD.at, OLD.deleted, OLD.changed)
BEGIN SELECT RAISE(ABORT, 'the feedback log only grows'); END",
    "CREATE TRIGGER erasures_are_not_deleted BEFORE DELETE ON erasures
BEGIN SELECT RAISE(ABORT, 'the feedback log only grows'); END",
    "CREATE TRIGGER erasures_are_not_replaced BEFORE INSERT ON erasures
WHEN EXISTS (SELECT 1 FROM erasures WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'the feedback log only grows'); END",
];

/// All there is in a log of a version, in the order of the names, each as SQLite keeps it.
fn expected(version: i64) -> Vec<&'static str> {
    match version {
        1 => std::iter::once(EVENTS_1).chain(GUARDS).collect(),
        _ => ERASURES
            .into_iter()
            .chain(std::iter::once(EVENTS))
            .chain(GUARDS)
            .collect(),
    }
}

/// The version of a log that can be used; `None` for a database with nothing in it.
pub(super) fn read(connection: &Connection, path: &Path) -> Result<Option<i64>, LogError> {
    let path = path.to_owned();
    let failed = |error| failure(&path, "read", error);
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id").map_err(failed)?;
    let version = pragma("user_version").map_err(failed)?;
    let objects = objects(connection).map_err(failed)?;
    if (application, version) == (0, 0) && objects.is_empty() {
        return Ok(None);
    }
    if application != APPLICATION {
        let source = "it is a database of another application".into();
        return Err(LogError::NotALog { path, source });
    }
    if version > VERSION {
        return Err(LogError::Newer {
            path,
            found: version,
            supported: VERSION,
        });
    }
    if version < 1 || objects != expected(version) {
        let source = "its tables are not those of a feedback log".into();
        return Err(LogError::Damaged { path, source });
    }
    Ok(Some(version))
}

/// The statements that made what is in the database, but for what SQLite makes by itself.
fn objects(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let query = "SELECT coalesce(sql, '') FROM sqlite_schema \
                 WHERE name NOT IN ('sqlite_sequence', 'sqlite_autoindex_events_1') ORDER BY name";
    let mut statement = connection.prepare(query)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Makes the tables, or those of an older version newer, unless another process was faster. All or
/// nothing: a process that dies here leaves the log as it was.
pub(super) fn update(connection: &mut Connection, path: &Path) -> Result<(), LogError> {
    let failed = |error| failure(path, "written", error);
    let behavior = TransactionBehavior::Immediate;
    let transaction = connection
        .transaction_with_behavior(behavior)
        .map_err(failed)?;
    let statements = match read(&transaction, path)? {
        None => expected(VERSION),
        Some(1) => std::iter::once("ALTER TABLE events ADD COLUMN source TEXT")
            .chain(ERASURES)
            .collect(),
        Some(_) => Vec::new(),
    };
    transaction
        .execute_batch(&statements.join(";\n"))
        .map_err(failed)?;
    transaction
        .pragma_update(None, "application_id", APPLICATION)
        .map_err(failed)?;
    transaction
        .pragma_update(None, "user_version", VERSION)
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}
