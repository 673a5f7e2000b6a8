//! The feedback log.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Statement, Transaction, TransactionBehavior};

use super::error::LogError;
use super::event::Event;
use super::{file, wire};

/// What people were shown and what they did, in a file that only grows.
///
/// - **Durable.** [`FeedbackLog::append`] returns when its events are on the disk, all or none. A
///   process that is killed loses nothing that was acknowledged; nor does a power cut, as far as
///   the disk tells the truth (SQLite in WAL mode with `synchronous = FULL`).
/// - **Append-only.** The database itself refuses to change or delete an event.
/// - **Idempotent.** An event whose id is there already is not stored again.
/// - **Shared.** Threads share one log; several processes, or several logs in one, may have the same
///   file open and wait up to ten seconds for each other. The file must be on a local disk: SQLite's
///   WAL does not work over a network.
///
/// Calls block on the disk: from async code, go through [`ranker_core::compute`].
#[derive(Debug)]
pub struct FeedbackLog {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// What became of appended events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Appended {
    /// How many were stored.
    pub stored: usize,
    /// How many were there already.
    pub duplicates: usize,
}

impl FeedbackLog {
    /// Opens the log at `path`, or makes one where there is none.
    ///
    /// # Errors
    ///
    /// [`LogError::Open`]; [`LogError::NotALog`] for any other file, which is left as it is;
    /// [`LogError::Newer`]; [`LogError::Damaged`] for a file that was cut; [`LogError::Busy`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LogError> {
        let path = path.as_ref().to_owned();
        let connection = Mutex::new(file::open(&path)?);
        Ok(Self { path, connection })
    }

    /// Where the log is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Stores events, in their order, all or none; they are on the disk on return.
    ///
    /// # Errors
    ///
    /// [`LogError::Conflict`] when an id stands for another event already; [`LogError::Busy`] and
    /// [`LogError::Storage`].
    pub fn append(&self, events: &[Event]) -> Result<Appended, LogError> {
        if events.is_empty() {
            return Ok(Appended::default());
        }
        self.store(events.iter().map(|event| Ok(Cow::Borrowed(event))))
    }

    /// Stores events in one transaction, until the first error: then none.
    pub(super) fn store<'e>(
        &self,
        events: impl Iterator<Item = Result<Cow<'e, Event>, LogError>>,
    ) -> Result<Appended, LogError> {
        let failed = |error| self.failure("written", error);
        let mut connection = self.connection();
        let behavior = TransactionBehavior::Immediate;
        let transaction = connection
            .transaction_with_behavior(behavior)
            .map_err(failed)?;
        let appended = self.store_in(&transaction, events)?;
        transaction.commit().map_err(failed)?;
        Ok(appended)
    }

    fn store_in<'e>(
        &self,
        transaction: &Transaction<'_>,
        events: impl Iterator<Item = Result<Cow<'e, Event>, LogError>>,
    ) -> Result<Appended, LogError> {
        let failed = |error| self.failure("written", error);
        let find = "SELECT at, body FROM events WHERE id = ?1";
        let mut find = transaction.prepare(find).map_err(failed)?;
        let insert = "INSERT INTO events (id, at, kind, body) VALUES (?1, ?2, ?3, ?4)";
        let mut insert = transaction.prepare(insert).map_err(failed)?;
        let mut appended = Appended::default();
        for event in events {
            let event = event?;
            if self.is_stored(&mut find, &event)? {
                appended.duplicates += 1;
                continue;
            }
            let body = wire::body(&event.kind).map_err(|e| self.unwritable(e))?;
            let (id, at) = (event.id.as_str(), event.at.as_millis());
            insert
                .execute((id, at, wire::name(&event.kind), body))
                .map_err(failed)?;
            appended.stored += 1;
        }
        Ok(appended)
    }

    /// Whether this very event is stored; an error if its id stands for another.
    fn is_stored(&self, find: &mut Statement<'_>, event: &Event) -> Result<bool, LogError> {
        let id = event.id.as_str();
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?));
        let found = find.query_row([id], read).optional();
        let Some((at, body)) = found.map_err(|error| self.failure("read", error))? else {
            return Ok(false);
        };
        let stored = wire::event(id.to_owned(), at, &body).map_err(|e| self.damaged(e))?;
        if stored == *event {
            return Ok(true);
        }
        Err(LogError::Conflict { id: id.to_owned() })
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked has rolled its transaction back: the connection is sound.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn failure(&self, action: &'static str, error: rusqlite::Error) -> LogError {
        file::failure(&self.path, action, error)
    }

    pub(super) fn damaged(&self, source: ranker_core::BoxError) -> LogError {
        LogError::Damaged {
            path: self.path.clone(),
            source,
        }
    }

    fn unwritable(&self, source: serde_json::Error) -> LogError {
        LogError::Storage {
            path: self.path.clone(),
            action: "written",
            source: source.into(),
        }
    }
}
