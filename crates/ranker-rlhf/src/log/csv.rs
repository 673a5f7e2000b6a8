//! The log as a table for spreadsheets and data frames.

use std::io::Write;

use csv::{Terminator, WriterBuilder};
use ranker_core::CandidateId;
use serde::{Serialize, Serializer};

use super::error::LogError;
use super::event::{Action, EventKind, Preference};
use super::ids::SourceId;
use super::impression::Impression;
use super::read::Logged;
use super::store::FeedbackLog;
use super::wire;
use crate::Outcome;

/// The columns, in their order.
const COLUMNS: [&str; 15] = [
    "seq",
    "event",
    "at",
    "source",
    "kind",
    "job",
    "ranking",
    "model",
    "candidate",
    "other",
    "position",
    "propensity",
    "grade",
    "reason",
    "features",
];

/// Signs with which a spreadsheet takes a text for a formula, also in their wide forms; and the one
/// that guards against it, so that taking one away gives every text back.
const GUARDED: [char; 12] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\'', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

/// A row's cells, by column; what an event does not have stays empty.
#[derive(Default)]
struct Cells {
    job: String,
    ranking: String,
    model: String,
    candidate: String,
    other: String,
    position: String,
    propensity: String,
    grade: String,
    reason: String,
    features: String,
}

impl FeedbackLog {
    /// Writes all events as comma-separated values, in the order in which they were stored, and
    /// returns how many rows: one an event, but of an impression one a shown candidate (and one
    /// without a candidate where nobody was shown).
    ///
    /// The form is RFC 4180 in UTF-8, lines end with CR LF, and the first line names the columns:
    ///
    /// | column | what |
    /// | --- | --- |
    /// | `seq` | the event's place in the log |
    /// | `event` | its id |
    /// | `at` | when: milliseconds since 1970-01-01 00:00 UTC |
    /// | `source` | who acted |
    /// | `kind` | `impression`, `seen`, `click`, `opened`, `shortlist`, `reject`, `preference`, `tie` or `grade` |
    /// | `job` | of impressions, preferences and grades; actions name a ranking |
    /// | `ranking` | of impressions and actions |
    /// | `model` | the id of the model that ordered an impression |
    /// | `candidate` | who; of a preference, the better one |
    /// | `other` | of a preference, the worse one; of a tie, the second |
    /// | `position`, `propensity` | where an impression showed the candidate, and with which chance |
    /// | `grade` | of a grade |
    /// | `reason` | of a rejection |
    /// | `features` | of an impression's candidate: a JSON object of numbers by feature name |
    ///
    /// A text that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, a tab or
    /// a line break), or that begins with an apostrophe, has an apostrophe put before it. To read
    /// values back, take one leading apostrophe away, or use [`FeedbackLog::export_jsonl`].
    ///
    /// # Errors
    ///
    /// [`LogError::Export`] when the writer fails, and whatever reading the log gives.
    pub fn export_csv(&self, writer: impl Write) -> Result<usize, LogError> {
        let unwritten = |source: csv::Error| LogError::Export {
            source: source.into(),
        };
        let mut table = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(writer);
        table.write_record(COLUMNS).map_err(unwritten)?;
        let mut count = 0;
        for logged in self.events() {
            let logged = logged?;
            for cells in
                rows(&logged.event.kind).map_err(|e| LogError::Export { source: e.into() })?
            {
                table
                    .write_record(record(&logged, cells))
                    .map_err(unwritten)?;
                count += 1;
            }
        }
        table
            .flush()
            .map_err(|source| LogError::Export { source })?;
        Ok(count)
    }
}

/// A row in the order of the columns.
fn record(logged: &Logged, cells: Cells) -> [String; 15] {
    let event = &logged.event;
    let kind = match &event.kind {
        EventKind::Preference(said) if said.outcome() == Outcome::Tie => "tie",
        kind => wire::name(kind),
    };
    [
        logged.seq.to_string(),
        guarded(event.id.as_str()),
        event.at.as_millis().to_string(),
        guarded(event.source.as_ref().map_or("", SourceId::as_str)),
        kind.to_owned(),
        cells.job,
        cells.ranking,
        cells.model,
        cells.candidate,
        cells.other,
        cells.position,
        cells.propensity,
        cells.grade,
        cells.reason,
        cells.features,
    ]
}

fn guarded(text: &str) -> String {
    if text.starts_with(GUARDED) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn rows(kind: &EventKind) -> Result<Vec<Cells>, serde_json::Error> {
    Ok(match kind {
        EventKind::Impression(impression) => return of_impression(impression),
        EventKind::Seen(action)
        | EventKind::Click(action)
        | EventKind::Opened(action)
        | EventKind::Shortlist(action) => vec![of_action(action)],
        EventKind::Reject { action, reason } => vec![Cells {
            reason: guarded(reason),
            ..of_action(action)
        }],
        EventKind::Preference(said) => vec![of_preference(said)],
        EventKind::Grade {
            job,
            candidate,
            grade,
        } => vec![Cells {
            job: guarded(job.as_str()),
            candidate: guarded(candidate.as_str()),
            grade: grade.to_string(),
            ..Cells::default()
        }],
    })
}

fn of_action(action: &Action) -> Cells {
    Cells {
        ranking: guarded(action.ranking.as_str()),
        candidate: guarded(action.candidate.as_str()),
        ..Cells::default()
    }
}

fn of_preference(said: &Preference) -> Cells {
    let name = |candidate: &CandidateId| guarded(candidate.as_str());
    Cells {
        job: guarded(said.job().as_str()),
        candidate: name(said.better()),
        other: name(said.worse()),
        ..Cells::default()
    }
}

fn of_impression(impression: &Impression) -> Result<Vec<Cells>, serde_json::Error> {
    let common = || Cells {
        job: guarded(impression.job().as_str()),
        ranking: guarded(impression.ranking().as_str()),
        model: guarded(impression.model()),
        ..Cells::default()
    };
    if impression.shown().is_empty() {
        return Ok(vec![common()]);
    }
    let places = impression.shown().iter().enumerate();
    let cells = places.map(|(at, shown)| {
        let row = impression.rows().get(at);
        let named = row.map(|row| Named(impression.feature_names(), row));
        let features = named.map(|named| serde_json::to_string(&named)).transpose();
        Ok(Cells {
            candidate: guarded(shown.candidate.as_str()),
            position: shown.position.to_string(),
            propensity: shown.propensity.map_or_else(String::new, |p| p.to_string()),
            features: features?.unwrap_or_default(),
            ..common()
        })
    });
    cells.collect()
}

/// A row of features by their names, in their order.
struct Named<'a>(&'a [String], &'a [f32]);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}
