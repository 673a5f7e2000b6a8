//! What happened so far, read from the log as far as pages need it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use ranker::core::CandidateId;
use ranker::rlhf::{EventKind, FeedbackLog, JobId, LogError, SourceId};

/// Rankings that are listed.
const LISTED: usize = 50;

/// What a client said of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    Shortlisted,
    /// With the reason.
    Rejected(String),
}

/// A ranking that a client was shown.
#[derive(Debug, Clone)]
pub(crate) struct ShownRanking {
    pub(crate) id: String,
    pub(crate) job: JobId,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) candidates: usize,
}

/// The log as pages need it: it is read on from where the last page stopped.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<Read>);

#[derive(Debug, Default)]
struct Read {
    seq: u64,
    marks: HashMap<(SourceId, String, CandidateId), Mark>,
    grades: HashMap<(SourceId, JobId, CandidateId), i32>,
    shown: HashMap<SourceId, VecDeque<ShownRanking>>,
    counts: BTreeMap<Kind, usize>,
}

/// What one client said in one ranking.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    pub(crate) marks: HashMap<CandidateId, Mark>,
    pub(crate) grades: HashMap<CandidateId, i32>,
}

impl History {
    /// Forgets what was read, as after an erasure: the log is read anew.
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Read::default();
    }

    /// What a client said of a ranking's candidates; the last word counts. Waits for the disk.
    pub(crate) fn marks(
        &self,
        log: &FeedbackLog,
        (source, ranking, job): (&SourceId, &str, &JobId),
    ) -> Result<Marks, LogError> {
        self.read(log, |read| {
            let marks = read.marks.iter();
            let marks = marks.filter(|((by, of, _), _)| by == source && of == ranking);
            let grades = read.grades.iter();
            let grades = grades.filter(|((by, of, _), _)| by == source && of == job);
            Marks {
                marks: marks
                    .map(|(key, mark)| (key.2.clone(), mark.clone()))
                    .collect(),
                grades: grades.map(|(key, grade)| (key.2.clone(), *grade)).collect(),
            }
        })
    }

    /// The last rankings that a client was shown, newest first.
    pub(crate) fn shown(
        &self,
        log: &FeedbackLog,
        source: &SourceId,
    ) -> Result<Vec<ShownRanking>, LogError> {
        self.read(log, |read| {
            let shown = read.shown.get(source);
            shown.map_or_else(Vec::new, |shown| shown.iter().rev().cloned().collect())
        })
    }

    /// How many events of each kind there are, of all clients.
    pub(crate) fn counts(&self, log: &FeedbackLog) -> Result<BTreeMap<Kind, usize>, LogError> {
        self.read(log, |read| read.counts.clone())
    }

    fn read<T>(&self, log: &FeedbackLog, of: impl FnOnce(&Read) -> T) -> Result<T, LogError> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for logged in log.events_since(read.seq) {
            let logged = logged?;
            read.seq = logged.seq;
            let (at, source) = (logged.event.at.as_millis(), logged.event.source);
            let kind = Kind::of(&logged.event.kind);
            *read.counts.entry(kind).or_default() += 1;
            if let Some(source) = source {
                read.take(source, at, logged.event.kind);
            }
        }
        Ok(of(&read))
    }
}

impl Read {
    fn take(&mut self, source: SourceId, at: i64, kind: EventKind) {
        match kind {
            EventKind::Impression(shown) if shown.is_shown() => {
                let all = self.shown.entry(source).or_default();
                all.push_back(ShownRanking {
                    id: shown.ranking().as_str().to_owned(),
                    job: shown.job().clone(),
                    at,
                    candidates: shown.shown().len(),
                });
                if all.len() > LISTED {
                    all.pop_front();
                }
            }
            EventKind::Shortlist(action) => {
                let key = (source, action.ranking.as_str().to_owned(), action.candidate);
                self.marks.insert(key, Mark::Shortlisted);
            }
            EventKind::Reject { action, reason } => {
                let key = (source, action.ranking.as_str().to_owned(), action.candidate);
                self.marks.insert(key, Mark::Rejected(reason));
            }
            EventKind::Grade {
                job,
                candidate,
                grade,
            } => {
                self.grades.insert((source, job, candidate), grade);
            }
            _ => {}
        }
    }
}

/// The kinds of events, in the order in which they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Shown,
    Opened,
    Click,
    Shortlisted,
    TurnedDown,
    Grade,
    Preference,
    Other,
}

impl Kind {
    fn of(kind: &EventKind) -> Self {
        match kind {
            EventKind::Impression(_) => Self::Shown,
            EventKind::Click(_) => Self::Click,
            EventKind::Opened(_) => Self::Opened,
            EventKind::Shortlist(_) => Self::Shortlisted,
            EventKind::Reject { .. } => Self::TurnedDown,
            EventKind::Preference(_) => Self::Preference,
            EventKind::Grade { .. } => Self::Grade,
            _ => Self::Other,
        }
    }
}
