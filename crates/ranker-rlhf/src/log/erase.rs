//! Taking a person's data out of the log.

use std::collections::BTreeMap;
use std::time::SystemTime;

use ranker_core::CandidateId;
use rusqlite::{Transaction, TransactionBehavior};

use super::error::LogError;
use super::event::{Event, EventKind};
use super::ids::{SourceId, Timestamp};
use super::store::FeedbackLog;
use super::{schema, scrub, wire};

/// Events looked at in one go.
const PAGE: i64 = 128;

/// That someone was erased from a log: when, and how much. It does not say who.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erased {
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// How many events were deleted.
    pub deleted: usize,
    /// How many impressions lost the person and keep others.
    pub changed: usize,
}

impl FeedbackLog {
    /// Erases a candidate: everything said and done about it, all or nothing.
    ///
    /// - Actions, grades and preferences that name the candidate are deleted; so are impressions
    ///   that showed nobody else.
    /// - Other impressions lose the candidate and its features. Those shown with it keep their
    ///   positions, propensities and features: a gap shows that somebody stood there.
    /// - On return the bytes are gone from the file too: they are overwritten, the file is written
    ///   anew (which takes its size in free space, and time in proportion) and its journal emptied. A
    ///   process killed before that has erased nothing, or the next [`FeedbackLog::open`] goes on.
    /// - [`FeedbackLog::erasures`] tells that it happened: train models anew.
    ///
    /// Out of reach are copies, exports, models trained before, and what the caller wrote of a
    /// person elsewhere: into reasons given for others, or into ids of events, rankings and jobs. An
    /// event that is appended again after it was erased is stored again.
    ///
    /// # Errors
    ///
    /// [`LogError::Remains`] when the erasure is stored but the file could not be cleaned: call it
    /// again. Other errors leave everything as it was.
    pub fn erase(&self, candidate: &CandidateId) -> Result<Erased, LogError> {
        self.erase_by(|transaction| self.erase_candidate(transaction, candidate))
    }

    /// Erases a source: everything that it did and was shown, all or nothing. Otherwise as
    /// [`FeedbackLog::erase`].
    ///
    /// # Errors
    ///
    /// As [`FeedbackLog::erase`].
    pub fn erase_source(&self, source: &SourceId) -> Result<Erased, LogError> {
        self.erase_by(|transaction| {
            let delete = "DELETE FROM events WHERE source = ?1";
            let deleted = transaction.execute(delete, [source.as_str()]);
            let deleted = deleted.map_err(|error| self.failure("written", error))?;
            Ok((deleted, 0))
        })
    }

    /// How many events of each kind name a candidate: what [`FeedbackLog::erase`] would take out.
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log.
    pub fn held(&self, candidate: &CandidateId) -> Result<BTreeMap<&'static str, usize>, LogError> {
        let failed = |error| self.failure("read", error);
        let mut connection = self.connection();
        let moment = connection.transaction().map_err(failed)?;
        let (mut held, mut after) = (BTreeMap::new(), 0);
        loop {
            let page = self.naming(&moment, candidate, after)?;
            let Some((last, _)) = page.last() else {
                return Ok(held);
            };
            after = *last;
            for (_, event) in page {
                if !matches!(left_of(&event, candidate), Left::All) {
                    *held.entry(wire::name(&event.kind)).or_default() += 1;
                }
            }
        }
    }

    /// The erasures so far, the oldest first: also those that found nothing.
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log.
    pub fn erasures(&self) -> Result<Vec<Erased>, LogError> {
        let failed = |error| self.failure("read", error);
        let connection = self.connection();
        let query = "SELECT at, deleted, changed FROM erasures ORDER BY number";
        let mut statement = connection.prepare(query).map_err(failed)?;
        let rows = statement.query_map([], |row| {
            let count = |at| {
                row.get(at)
                    .map(|n: i64| usize::try_from(n).unwrap_or_default())
            };
            Ok(Erased {
                at: Timestamp::from_millis(row.get(0)?),
                deleted: count(1)?,
                changed: count(2)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// Runs what deletes and changes events without the guards, and writes down how many.
    fn erase_by(
        &self,
        erase: impl Fn(&Transaction<'_>) -> Result<(usize, usize), LogError>,
    ) -> Result<Erased, LogError> {
        let failed = |error| self.failure("written", error);
        let mut connection = self.connection();
        let behavior = TransactionBehavior::Immediate;
        let transaction = connection
            .transaction_with_behavior(behavior)
            .map_err(failed)?;
        // Other connections cannot write in between, and see the guards in place before and after.
        let drop = "DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_deleted; \
                    DROP TRIGGER events_are_not_replaced";
        transaction.execute_batch(drop).map_err(failed)?;
        let (deleted, changed) = erase(&transaction)?;
        let guards = schema::GUARDS.join(";\n");
        transaction.execute_batch(&guards).map_err(failed)?;
        let at = Timestamp::from(SystemTime::now());
        let is_clean = deleted + changed == 0;
        transaction
            .execute(
                "INSERT INTO erasures (at, deleted, changed, scrubbed) VALUES (?1, ?2, ?3, ?4)",
                (at.as_millis(), deleted as i64, changed as i64, is_clean),
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        scrub::scrub(&connection).map_err(|source| LogError::Remains {
            path: self.path().to_owned(),
            source,
        })?;
        Ok(Erased {
            at,
            deleted,
            changed,
        })
    }

    fn erase_candidate(
        &self,
        transaction: &Transaction<'_>,
        candidate: &CandidateId,
    ) -> Result<(usize, usize), LogError> {
        let (mut deleted, mut changed, mut after) = (0, 0, 0);
        loop {
            let page = self.naming(transaction, candidate, after)?;
            let Some((last, _)) = page.last() else {
                return Ok((deleted, changed));
            };
            after = *last;
            for (seq, event) in page {
                match left_of(&event, candidate) {
                    Left::Nothing => {
                        self.write(transaction, "DELETE FROM events WHERE seq = ?1", (seq,))?;
                        deleted += 1;
                    }
                    Left::Part(kind) => {
                        let body = wire::body(&kind).map_err(|e| self.unwritable(e))?;
                        let update = "UPDATE events SET body = ?2 WHERE seq = ?1";
                        self.write(transaction, update, (seq, body))?;
                        changed += 1;
                    }
                    Left::All => {}
                }
            }
        }
    }

    /// Some of the events after `after` that may name the candidate. In JSON without a backslash a
    /// string stands as it is, so that few bodies have to be parsed.
    fn naming(
        &self,
        transaction: &Transaction<'_>,
        candidate: &CandidateId,
        after: i64,
    ) -> Result<Vec<(i64, Event)>, LogError> {
        let failed = |error| self.failure("read", error);
        let query = "SELECT seq, id, at, source, body FROM events WHERE seq > ?1 \
                     AND (instr(body, ?2) > 0 OR instr(body, '\\') > 0) ORDER BY seq LIMIT ?3";
        let quoted = format!("\"{candidate}\"");
        let mut statement = transaction.prepare(query).map_err(failed)?;
        let mut rows = statement.query((after, quoted, PAGE)).map_err(failed)?;
        let (mut found, mut last) = (Vec::new(), after);
        while let Some(row) = rows.next().map_err(failed)? {
            let seq: i64 = row.get(0).map_err(failed)?;
            let event = self.event(row)?;
            self.check_order(last, seq)?;
            last = seq;
            found.push((seq, event));
        }
        Ok(found)
    }

    fn write(
        &self,
        transaction: &Transaction<'_>,
        statement: &str,
        values: impl rusqlite::Params,
    ) -> Result<(), LogError> {
        let mut statement = transaction
            .prepare(statement)
            .map_err(|error| self.failure("written", error))?;
        let written = statement.execute(values);
        written
            .map(drop)
            .map_err(|error| self.failure("written", error))
    }
}

/// What is left of an event without a candidate.
enum Left {
    Nothing,
    Part(EventKind),
    All,
}

fn left_of(event: &Event, candidate: &CandidateId) -> Left {
    let is_named = match &event.kind {
        EventKind::Impression(impression) => {
            let left = impression.without(|shown| shown == candidate);
            return match left.shown().len() {
                same if same == impression.shown().len() => Left::All,
                0 => Left::Nothing,
                _ => Left::Part(EventKind::Impression(left)),
            };
        }
        EventKind::Seen(action)
        | EventKind::Click(action)
        | EventKind::Opened(action)
        | EventKind::Shortlist(action)
        | EventKind::Reject { action, .. } => action.candidate == *candidate,
        EventKind::Preference(said) => said.better() == candidate || said.worse() == candidate,
        EventKind::Grade {
            candidate: graded, ..
        } => graded == candidate,
    };
    if is_named { Left::Nothing } else { Left::All }
}
