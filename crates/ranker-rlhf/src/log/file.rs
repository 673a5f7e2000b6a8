//! The log's file: an SQLite database, opened with care.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ranker_core::BoxError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::{LogError, failure, is_busy};
use super::{schema, scrub};

/// What every SQLite database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// How long to wait for another process to finish writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a log, or makes a new one where there is no file or an empty one.
pub(super) fn open(path: &Path) -> Result<Connection, LogError> {
    let refused = |source: BoxError| LogError::Open {
        path: path.to_owned(),
        source,
    };
    if !may_be_database(path).map_err(|e| refused(e.into()))? {
        let source = "it does not begin as an SQLite database does".into();
        let path = path.to_owned();
        return Err(LogError::NotALog { path, source });
    }
    // SQLite gives some relative names a meaning of their own: "" and ":memory:" are no files.
    let absolute = std::path::absolute(path).map_err(|e| refused(e.into()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(absolute, flags).map_err(|e| refused(e.into()))?;
    let failed = |error| failure(path, "read", error);
    if prepare(&connection).map_err(failed)? {
        return Err(refused("the file is read-only".into()));
    }
    if version(&connection, path)? != Some(schema::VERSION) {
        use_wal(&connection).map_err(failed)?;
        schema::update(&mut connection, path)?;
    }
    use_wal(&connection).map_err(failed)?;
    scrub::finish(&connection).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    Ok(connection)
}

/// The log's version, all of it read at one moment: another process may be making the tables.
fn version(connection: &Connection, path: &Path) -> Result<Option<i64>, LogError> {
    let failed = |error| failure(path, "read", error);
    let moment = connection.unchecked_transaction().map_err(failed)?;
    let version = schema::read(&moment, path)?;
    moment.finish().map_err(failed)?;
    Ok(version)
}

/// Whether the file is empty, missing, or begins as a database does. SQLite would take a file of one
/// byte for an empty one, and write over it.
fn may_be_database(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(MAGIC.len() as u64).read_to_end(&mut start)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    Ok(start.is_empty() || start == MAGIC)
}

/// Sets what holds for this connection alone. Returns whether it can only read.
fn prepare(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(PATIENCE)?;
    // A hostile file may bring its own code: nothing of a schema is trusted.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    // What is erased is overwritten, not only forgotten.
    connection.pragma_update(None, "secure_delete", "ON")?;
    // On the disk before a commit returns; on macOS, through the disk's own cache too.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", "ON")?;
    connection.is_readonly("main")
}

/// Readers and a writer do not wait for each other. The change of mode does not wait by itself.
fn use_wal(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mode = connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match mode {
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                sleep(Duration::from_millis(10));
            }
            done => return done.map(drop),
        }
    }
}
