//! Events out of the log.

use std::collections::VecDeque;

use rusqlite::{OptionalExtension, Row};

use super::error::LogError;
use super::event::Event;
use super::store::FeedbackLog;
use super::wire;

/// Events read at once: the log is not locked while the caller looks at them.
const PAGE: usize = 128;

/// An event and its place in the log.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Logged {
    /// Its place: later events have greater ones. There may be gaps.
    pub seq: u64,
    /// The event.
    pub event: Event,
}

/// Which kinds of events to read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kinds {
    All,
    Impressions,
    /// Preferences and grades.
    Opinions,
    /// Grades, shortlistings and rejections.
    Judgements,
    /// What was done with shown candidates.
    Actions,
}

impl Kinds {
    fn query(self) -> &'static str {
        match self {
            Self::All => {
                "SELECT seq, id, at, source, body FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2"
            }
            Self::Impressions => {
                "SELECT seq, id, at, source, body FROM events WHERE seq > ?1 \
                 AND kind = 'impression' ORDER BY seq LIMIT ?2"
            }
            Self::Opinions => {
                "SELECT seq, id, at, source, body FROM events WHERE seq > ?1 \
                 AND kind IN ('preference', 'grade') ORDER BY seq LIMIT ?2"
            }
            Self::Judgements => {
                "SELECT seq, id, at, source, body FROM events WHERE seq > ?1 \
                 AND kind IN ('grade', 'shortlist', 'reject') ORDER BY seq LIMIT ?2"
            }
            Self::Actions => {
                "SELECT seq, id, at, source, body FROM events WHERE seq > ?1 \
                 AND kind IN ('seen', 'click', 'opened', 'shortlist', 'reject') \
                 ORDER BY seq LIMIT ?2"
            }
        }
    }
}

/// The events of a log, in the order in which they were stored. Ends at the first error.
#[derive(Debug)]
pub struct Events<'l> {
    log: &'l FeedbackLog,
    kinds: Kinds,
    /// The place of the last event read; `None` when there are no more.
    after: Option<i64>,
    page: VecDeque<Logged>,
}

impl FeedbackLog {
    /// All events, in the order in which they were stored.
    pub fn events(&self) -> Events<'_> {
        self.events_since(0)
    }

    /// The events stored after the one at `seq`: with [`Logged::seq`] of the last event that a
    /// reader has seen, those that are new to it. 0 gives all.
    pub fn events_since(&self, seq: u64) -> Events<'_> {
        Events {
            after: i64::try_from(seq).ok(),
            ..self.select(Kinds::All)
        }
    }

    pub(super) fn select(&self, kinds: Kinds) -> Events<'_> {
        Events {
            log: self,
            kinds,
            after: Some(0),
            page: VecDeque::new(),
        }
    }

    fn page(&self, kinds: Kinds, after: i64) -> Result<VecDeque<Logged>, LogError> {
        let failed = |error| self.failure("read", error);
        let connection = self.connection();
        let mut statement = connection.prepare(kinds.query()).map_err(failed)?;
        let mut rows = statement.query((after, PAGE as i64)).map_err(failed)?;
        let mut page = VecDeque::with_capacity(PAGE);
        let mut last = after;
        while let Some(row) = rows.next().map_err(failed)? {
            let seq: i64 = row.get(0).map_err(failed)?;
            let event = self.event(row)?;
            self.check_order(last, seq)?;
            last = seq;
            let seq = u64::try_from(seq).map_err(|e| self.damaged(e.into()))?;
            page.push_back(Logged { seq, event });
        }
        Ok(page)
    }

    /// In a damaged tree places may go backwards, and a reader would go round for ever.
    pub(super) fn check_order(&self, last: i64, next: i64) -> Result<(), LogError> {
        match next > last {
            true => Ok(()),
            false => Err(self.damaged(format!("event {next} follows {last}").into())),
        }
    }

    /// The event at a place; `None` where there is none any more.
    pub(super) fn at(&self, seq: u64) -> Result<Option<Event>, LogError> {
        let query = "SELECT seq, id, at, source, body FROM events WHERE seq = ?1";
        let connection = self.connection();
        let seq = i64::try_from(seq).unwrap_or_default();
        let found = connection.query_row(query, [seq], |row| Ok(self.event(row)));
        let found = found.optional();
        found
            .map_err(|error| self.failure("read", error))?
            .transpose()
    }

    /// The event of a row of `seq, id, at, source, body`.
    pub(super) fn event(&self, row: &Row<'_>) -> Result<Event, LogError> {
        let columns = || Ok((row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
        let columns = columns().map_err(|error| self.failure("read", error))?;
        wire::event(columns).map_err(|error| self.damaged(error))
    }
}

impl Iterator for Events<'_> {
    type Item = Result<Logged, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() {
            match self.log.page(self.kinds, self.after?) {
                Ok(page) => {
                    let last = page.back().map(|logged| logged.seq);
                    self.after = last.and_then(|seq| i64::try_from(seq).ok());
                    self.page = page;
                }
                Err(error) => {
                    self.after = None;
                    return Some(Err(error));
                }
            }
        }
        self.page.pop_front().map(Ok)
    }
}
