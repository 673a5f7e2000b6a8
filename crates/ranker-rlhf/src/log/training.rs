//! Comparisons for the learners, out of the log.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ranker_core::{CandidateId, FeatureSchema};

use super::error::LogError;
use super::event::{EventKind, Preference};
use super::ids::{EventId, JobId};
use super::impression::Impression;
use super::read::Kinds;
use super::store::FeedbackLog;
use crate::{Comparison, Outcome};

/// What learners can use of a log, and what they cannot.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Training {
    /// Preferences in the order of the log, then grades by job.
    pub comparisons: Vec<Comparison>,
    /// Candidates whose features are not known, so that what was said of them was left out.
    pub skipped: Vec<Skipped>,
}

/// A judgement that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The event that made it.
    pub event: EventId,
    /// The job.
    pub job: JobId,
    /// Whose features are missing.
    pub candidate: CandidateId,
    /// Why they are.
    pub reason: SkipReason,
}

/// Why features are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// No impression of the candidate for this job has features.
    NoFeatures,
    /// Those that were logged lack some of the features asked for.
    OtherFeatures,
}

impl FeedbackLog {
    /// Preferences and grades as comparisons of feature rows, in the columns of `schema`.
    ///
    /// A candidate's features are those of the last impression for the same job that was stored
    /// before the judgement; failing that, of the first after it. Columns are found by name.
    ///
    /// Of a candidate graded several times for a job, the last grade counts. Each two candidates
    /// with different grades are compared; equal grades say nothing finer than the scale. The
    /// comparisons of a job with n graded candidates weigh n - 1 together, as much as it takes to
    /// put them in order. Their number grows with the square of n.
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log.
    pub fn comparisons(&self, schema: &FeatureSchema) -> Result<Training, LogError> {
        let judgements = Judgements::read(self)?;
        let rows = Rows::read(self, schema, &judgements)?;
        let mut training = Training::default();
        for (seq, event, preference) in &judgements.preferences {
            let pair = [preference.better(), preference.worse()];
            let found = pair.map(|candidate| {
                let said = (event, preference.job(), candidate);
                rows.find(*seq, said, &mut training.skipped)
            });
            if let [Some(better), Some(worse)] = found {
                let job = preference.job().as_str();
                let outcome = preference.outcome();
                training
                    .comparisons
                    .push(compared(job, outcome, [better, worse]));
            }
        }
        for (job, grades) in &judgements.grades {
            let graded: Vec<(i32, Arc<[f32]>)> = grades
                .iter()
                .filter_map(|(candidate, (seq, event, grade))| {
                    let row = rows.find(*seq, (event, job, candidate), &mut training.skipped);
                    row.map(|row| (*grade, row))
                })
                .collect();
            training.comparisons.extend(ordered(job, &graded));
        }
        Ok(training)
    }
}

fn compared(job: &str, outcome: Outcome, [better, worse]: [Arc<[f32]>; 2]) -> Comparison {
    Comparison::new(job, outcome, better, worse)
        .expect("logged rows are finite, and as long as the schema")
}

/// Each two candidates of different grades, the better first.
fn ordered(job: &JobId, graded: &[(i32, Arc<[f32]>)]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for (i, a) in graded.iter().enumerate() {
        for b in &graded[i + 1..] {
            let (better, worse) = if a.0 > b.0 { (a, b) } else { (b, a) };
            if better.0 != worse.0 {
                let pair = [&better.1, &worse.1].map(Arc::clone);
                comparisons.push(compared(job.as_str(), Outcome::Preferred, pair));
            }
        }
    }
    let weight = graded.len().saturating_sub(1) as f64 / comparisons.len() as f64;
    let weighted = |c: Comparison| c.with_weight(weight).expect("there is a comparison");
    comparisons.into_iter().map(weighted).collect()
}

/// The last grade of each candidate: where it is, which event said it, and the grade.
type Grades = BTreeMap<CandidateId, (u64, EventId, i32)>;

#[derive(Default)]
struct Judgements {
    preferences: Vec<(u64, EventId, Preference)>,
    grades: BTreeMap<JobId, Grades>,
}

impl Judgements {
    fn read(log: &FeedbackLog) -> Result<Self, LogError> {
        let mut judgements = Self::default();
        for logged in log.select(Kinds::Judgements) {
            let logged = logged?;
            let (seq, id) = (logged.seq, logged.event.id);
            match logged.event.kind {
                EventKind::Preference(said) => judgements.preferences.push((seq, id, said)),
                EventKind::Grade {
                    job,
                    candidate,
                    grade,
                } => {
                    let grades = judgements.grades.entry(job).or_default();
                    grades.insert(candidate, (seq, id, grade));
                }
                EventKind::Impression(_)
                | EventKind::Click(_)
                | EventKind::Opened(_)
                | EventKind::Shortlist(_)
                | EventKind::Reject { .. } => {}
            }
        }
        Ok(judgements)
    }
}

/// A row of features that was logged at a place; `None` where it lacks a column.
type Row = (u64, Option<Arc<[f32]>>);

/// The logged rows of the candidates that were judged: not of all that were shown.
struct Rows<'j>(HashMap<&'j JobId, HashMap<&'j CandidateId, Vec<Row>>>);

impl<'j> Rows<'j> {
    fn read(
        log: &FeedbackLog,
        schema: &FeatureSchema,
        judgements: &'j Judgements,
    ) -> Result<Self, LogError> {
        let mut rows = Self(HashMap::new());
        for (_, _, said) in &judgements.preferences {
            rows.want(said.job(), [said.better(), said.worse()]);
        }
        for (job, grades) in &judgements.grades {
            rows.want(job, grades.keys());
        }
        if rows.0.is_empty() {
            return Ok(rows);
        }
        for logged in log.select(Kinds::Impressions) {
            let logged = logged?;
            if let EventKind::Impression(impression) = &logged.event.kind {
                rows.add(logged.seq, impression, schema);
            }
        }
        Ok(rows)
    }

    fn want(&mut self, job: &'j JobId, candidates: impl IntoIterator<Item = &'j CandidateId>) {
        let wanted = candidates
            .into_iter()
            .map(|candidate| (candidate, Vec::new()));
        self.0.entry(job).or_default().extend(wanted);
    }

    fn add(&mut self, seq: u64, impression: &Impression, schema: &FeatureSchema) {
        let Some(wanted) = self.0.get_mut(impression.job()) else {
            return;
        };
        let names = impression.feature_names();
        let place = |name: &str| names.iter().position(|logged| logged == name);
        let places: Option<Vec<usize>> = schema.names().map(place).collect();
        for (shown, row) in impression.shown().iter().zip(impression.rows()) {
            if let Some(rows) = wanted.get_mut(&shown.candidate) {
                let chosen = places
                    .as_ref()
                    .map(|places| places.iter().map(|&at| row[at]));
                rows.push((seq, chosen.map(Iterator::collect)));
            }
        }
    }

    /// The row for a judgement at `seq`; tells `skipped` if there is none.
    fn find(
        &self,
        seq: u64,
        (event, job, candidate): (&EventId, &JobId, &CandidateId),
        skipped: &mut Vec<Skipped>,
    ) -> Option<Arc<[f32]>> {
        let rows = self.0.get(job).and_then(|wanted| wanted.get(candidate));
        let rows = rows.map_or(&[][..], Vec::as_slice);
        let whole = || {
            rows.iter()
                .filter_map(|(at, row)| row.as_ref().map(|row| (*at, row)))
        };
        let before = whole().take_while(|(at, _)| *at < seq).last();
        let row = before
            .or_else(|| whole().next())
            .map(|(_, row)| Arc::clone(row));
        if row.is_none() {
            let reason = if rows.is_empty() {
                SkipReason::NoFeatures
            } else {
                SkipReason::OtherFeatures
            };
            skipped.push(Skipped {
                event: event.clone(),
                job: job.clone(),
                candidate: candidate.clone(),
                reason,
            });
        }
        row
    }
}
