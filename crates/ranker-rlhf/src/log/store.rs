//! The feedback log.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ranker_core::CandidateId;
use rusqlite::{Connection, OptionalExtension, Statement, Transaction, TransactionBehavior};

use super::error::{LogError, failure};
use super::event::{Event, EventKind};
use super::ids::{EventId, SourceId};
use super::{file, scrub, wire};

/// What people were shown and what they did, in a file that only grows.
///
/// - **Durable.** [`FeedbackLog::append`] returns when its events are on the disk, all or none. A
///   process that is killed loses nothing that was acknowledged; nor does a power cut, as far as
///   the disk tells the truth (SQLite in WAL mode with `synchronous = FULL`).
/// - **Append-only.** The database itself refuses to change or delete an event; only
///   [`FeedbackLog::erase`] and [`FeedbackLog::erase_source`] do, for the people who ask for it.
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
    made_with: Option<String>,
    trusted: BTreeSet<SourceId>,
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
        Ok(Self {
            path,
            connection,
            made_with: None,
            trusted: BTreeSet::new(),
        })
    }

    /// Learns only from features that were made with this encoder, text form and definitions
    /// ([`crate::Impression::made_with`]), or that do not say. Others are left out, with
    /// [`crate::SkipReason::MadeWithOther`]. By default all are used.
    #[must_use]
    pub fn with_made_with(mut self, made_with: impl Into<String>) -> Self {
        self.made_with = Some(made_with.into());
        self
    }

    /// Takes what these sources say for the operator's own, as events without a source are: it counts without
    /// a bound on what one source may weigh over all jobs, and a gate lets it decide alone. For those whom
    /// the operator answers for; by default nobody.
    #[must_use]
    pub fn with_trusted(mut self, sources: impl IntoIterator<Item = SourceId>) -> Self {
        self.trusted.extend(sources);
        self
    }

    /// Whether what a source says is the operator's own.
    #[must_use]
    pub fn trusts(&self, source: &SourceId) -> bool {
        self.trusted.contains(source)
    }

    pub(super) fn reads_made_with(&self) -> Option<&str> {
        self.made_with.as_deref()
    }

    /// Moves what was written into the log's one file, so that a copy of that file is whole. Happens by
    /// itself as the log grows and when its last reader closes it.
    ///
    /// # Errors
    ///
    /// [`LogError::Busy`] while another process reads it; [`LogError::Storage`].
    pub fn checkpoint(&self) -> Result<(), LogError> {
        let connection = self.connection();
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy = connection.query_row(checkpoint, [], |row| row.get::<_, bool>(0));
        if is_busy.map_err(|error| self.failure("written", error))? {
            let (path, source) = (self.path.clone(), "another process is reading it".into());
            return Err(LogError::Busy { path, source });
        }
        Ok(())
    }

    /// The event with that id.
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log.
    pub fn event_by_id(&self, id: &EventId) -> Result<Option<Event>, LogError> {
        let query = "SELECT seq, id, at, source, body FROM events WHERE id = ?1";
        let connection = self.connection();
        let found = connection.query_row(query, [id.as_str()], |row| Ok(self.event(row)));
        let found = found.optional();
        found
            .map_err(|error| self.failure("read", error))?
            .transpose()
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
        let has_erasures = scrub::has_erasures(transaction).map_err(failed)?;
        let find = "SELECT seq, id, at, source, body FROM events WHERE id = ?1";
        let mut find = transaction.prepare(find).map_err(failed)?;
        let insert = "INSERT INTO events (id, at, kind, body, source) VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut insert = transaction.prepare(insert).map_err(failed)?;
        let mut appended = Appended::default();
        for event in events {
            let event = event?;
            let same =
                |stored: &Event| stored == &*event || (has_erasures && remains_of(stored, &event));
            if self.is_stored(&mut find, &event.id, same)? {
                appended.duplicates += 1;
                continue;
            }
            let body = wire::body(&event.kind).map_err(|e| self.unwritable(e))?;
            let (id, at) = (event.id.as_str(), event.at.as_millis());
            let source = event.source.as_ref().map(SourceId::as_str);
            insert
                .execute((id, at, wire::name(&event.kind), body, source))
                .map_err(failed)?;
            appended.stored += 1;
        }
        Ok(appended)
    }

    /// Whether the same event is stored; an error if its id stands for another.
    fn is_stored(
        &self,
        find: &mut Statement<'_>,
        id: &EventId,
        same: impl Fn(&Event) -> bool,
    ) -> Result<bool, LogError> {
        let id = id.as_str();
        let found = find.query_row([id], |row| Ok(self.event(row))).optional();
        let Some(stored) = found.map_err(|error| self.failure("read", error))? else {
            return Ok(false);
        };
        if same(&stored?) {
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
        failure(&self.path, action, error)
    }

    pub(super) fn damaged(&self, source: ranker_core::BoxError) -> LogError {
        LogError::Damaged {
            path: self.path.clone(),
            source,
        }
    }

    pub(super) fn unwritable(&self, source: serde_json::Error) -> LogError {
        LogError::Storage {
            path: self.path.clone(),
            action: "written",
            source: source.into(),
        }
    }
}

/// Whether `stored` is what an erasure left of an impression: sent again, it is still the same.
fn remains_of(stored: &Event, event: &Event) -> bool {
    let (EventKind::Impression(left), EventKind::Impression(whole)) = (&stored.kind, &event.kind)
    else {
        return false;
    };
    let kept: HashSet<&CandidateId> = left.shown().iter().map(|shown| &shown.candidate).collect();
    let mut event = event.clone();
    event.kind = EventKind::Impression(whole.without(|candidate| !kept.contains(candidate)));
    !kept.is_empty() && *stored == event
}
