//! Lists of judged candidates for the learners, out of the log.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ranker_core::{CandidateId, FeatureMatrix, FeatureSchema};

use super::error::LogError;
use super::event::{Action, EventKind};
use super::ids::{EventId, JobId, RankingId, SourceId};
use super::read::Kinds;
use super::rows::{Rows, SkipReason, Skipped};
use super::store::FeedbackLog;
use crate::JudgedList;

/// The grade of a candidate that was put on the shortlist.
const SHORTLISTED: i32 = 2;

/// The grade of a candidate that was turned down.
const REJECTED: i32 = 0;

/// The greatest grade: gains beyond are of no use.
const MOST: i32 = 31;

/// What listwise learners can use of a log, and what they cannot.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct JudgedLists {
    /// A list a job, by the jobs' ids; in each, the judged candidates by theirs.
    pub lists: Vec<JudgedList>,
    /// Judgements that were left out.
    pub skipped: Vec<Skipped>,
}

/// The judged candidates of a job, by their ids.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JudgedJob {
    /// The job.
    pub job: JobId,
    /// Who was judged, with the gain; by their ids.
    pub gains: Vec<(CandidateId, f64)>,
}

impl FeedbackLog {
    /// The judged candidates of each job, with the gains of [`FeedbackLog::judged_lists`], whether or
    /// not anybody was shown with features: for whoever has the texts behind the ids.
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log.
    pub fn judged_jobs(&self) -> Result<Vec<JudgedJob>, LogError> {
        let mut skipped = Vec::new();
        let judgements = Judgements::read(self, &mut skipped)?;
        let mut judged = Vec::new();
        for (job, candidates) in judgements.0 {
            let gains = candidates.into_iter().filter_map(|(candidate, sources)| {
                let (_, gain) = gain((&job, &candidate), &sources, &mut skipped)?;
                Some((candidate, gain))
            });
            let gains = gains.collect();
            judged.push(JudgedJob { job, gains });
        }
        Ok(judged)
    }

    /// The judged candidates of each job, as lists of feature rows with a gain each, in the columns
    /// of `schema`. Without columns there are no lists.
    ///
    /// - **Gains.** A grade of `0..=31` gains `2^grade - 1`. Of a source that did not grade a
    ///   candidate but acted on it, its last such act counts: shortlisting as grade 2, rejection as
    ///   grade 0. Clicks, openings and sights are no judgements: they are for click models.
    /// - **Several sources.** The last judgement of each counts, and the gain is their mean. All
    ///   events without a source count as one source. "Last" is by the order of the log.
    /// - **Only what was shown.** A candidate's features are found as by
    ///   [`FeedbackLog::comparisons`], and candidates that no impression showed with them are left
    ///   out: a learner that sees pools which retrieval did not return learns the wrong thing. So
    ///   are those that were shown and not judged.
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log.
    pub fn judged_lists(&self, schema: &Arc<FeatureSchema>) -> Result<JudgedLists, LogError> {
        let mut judged = JudgedLists::default();
        if schema.is_empty() {
            return Ok(judged);
        }
        let judgements = Judgements::read(self, &mut judged.skipped)?;
        let mut rows = Rows::default();
        for (job, candidates) in &judgements.0 {
            rows.want(job, candidates.keys());
        }
        let rows = rows.read(self, schema)?;
        for (job, candidates) in &judgements.0 {
            let (mut values, mut gains) = (Vec::new(), Vec::new());
            for (candidate, sources) in candidates {
                let of = (job, candidate);
                let Some((last, gain)) = gain(of, sources, &mut judged.skipped) else {
                    continue;
                };
                let said = (&last.event, job, candidate);
                if let Some(row) = rows.find(last.seq, said, &mut judged.skipped) {
                    values.extend_from_slice(&row);
                    gains.push(gain);
                }
            }
            if !gains.is_empty() {
                let list = list(job, (schema, values), gains);
                let source = only_source(candidates).filter(|source| !self.trusts(source));
                judged.lists.push(match source {
                    Some(source) => list.with_source(source.as_str()),
                    None => list,
                });
            }
        }
        Ok(judged)
    }
}

/// The source of all judgements of a job, if it is one and named.
fn only_source(candidates: &BTreeMap<CandidateId, Sources>) -> Option<&SourceId> {
    let mut sources = candidates.values().flat_map(BTreeMap::keys);
    let first = sources.next()?.as_ref()?;
    sources
        .all(|source| source.as_ref() == Some(first))
        .then_some(first)
}

fn list(
    job: &JobId,
    (schema, values): (&Arc<FeatureSchema>, Vec<f32>),
    gains: Vec<f64>,
) -> JudgedList {
    let features = FeatureMatrix::new(Arc::clone(schema), values)
        .expect("logged rows are finite, and as long as the schema");
    JudgedList::new(job.as_str(), features, gains).expect("a finite gain a row")
}

/// A judgement: where it is, which event made it, and the grade.
struct Judgement {
    seq: u64,
    event: EventId,
    grade: i32,
}

/// What a source said of a candidate last.
#[derive(Default)]
struct Last {
    graded: Option<Judgement>,
    acted: Option<Judgement>,
}

impl Last {
    fn judgement(&self) -> Option<&Judgement> {
        self.graded.as_ref().or(self.acted.as_ref())
    }
}

type Sources = BTreeMap<Option<SourceId>, Last>;

/// The mean gain over the sources, and the latest judgement in it.
fn gain<'s>(
    (job, candidate): (&JobId, &CandidateId),
    sources: &'s Sources,
    skipped: &mut Vec<Skipped>,
) -> Option<(&'s Judgement, f64)> {
    let judgements = sources.values().filter_map(Last::judgement);
    let (good, bad): (Vec<_>, Vec<_>) = judgements.partition(|j| (0..=MOST).contains(&j.grade));
    skipped.extend(bad.into_iter().map(|judgement| Skipped {
        event: judgement.event.clone(),
        job: Some(job.clone()),
        candidate: candidate.clone(),
        reason: SkipReason::Grade,
    }));
    let last = good.iter().max_by_key(|judgement| judgement.seq)?;
    let sum: f64 = good.iter().map(|j| f64::from(j.grade).exp2() - 1.0).sum();
    Some((last, sum / good.len() as f64))
}

/// What was said of the candidates of each job.
#[derive(Default)]
struct Judgements(BTreeMap<JobId, BTreeMap<CandidateId, Sources>>);

/// An act whose job is still to be found.
type Act = (u64, EventId, Option<SourceId>, Action, i32);

impl Judgements {
    fn read(log: &FeedbackLog, skipped: &mut Vec<Skipped>) -> Result<Self, LogError> {
        let mut judgements = Self::default();
        let mut acts: Vec<Act> = Vec::new();
        for logged in log.select(Kinds::Judgements) {
            let logged = logged?;
            let (seq, event, source) = (logged.seq, logged.event.id, logged.event.source);
            match logged.event.kind {
                EventKind::Grade {
                    job,
                    candidate,
                    grade,
                } => {
                    let last = judgements.of(job, candidate, source);
                    last.graded = Some(Judgement { seq, event, grade });
                }
                EventKind::Shortlist(action) => {
                    acts.push((seq, event, source, action, SHORTLISTED));
                }
                EventKind::Reject { action, .. } => {
                    acts.push((seq, event, source, action, REJECTED));
                }
                EventKind::Impression(_)
                | EventKind::Seen(_)
                | EventKind::Click(_)
                | EventKind::Opened(_)
                | EventKind::Preference(_) => {}
            }
        }
        let jobs = jobs(log, &acts)?;
        for (seq, event, source, Action { ranking, candidate }, grade) in acts {
            match jobs.get(&(ranking, candidate.clone())).cloned().flatten() {
                Some(job) => {
                    let last = judgements.of(job, candidate, source);
                    last.acted = Some(Judgement { seq, event, grade });
                }
                None => skipped.push(Skipped {
                    event,
                    job: None,
                    candidate,
                    reason: SkipReason::NotShown,
                }),
            }
        }
        Ok(judgements)
    }

    fn of(&mut self, job: JobId, candidate: CandidateId, source: Option<SourceId>) -> &mut Last {
        let candidates = self.0.entry(job).or_default();
        let sources = candidates.entry(candidate).or_default();
        sources.entry(source).or_default()
    }
}

/// For which job a ranking showed a candidate.
type Jobs = HashMap<(RankingId, CandidateId), Option<JobId>>;

/// The jobs of the acts; `None` where no such ranking showed the candidate.
fn jobs(log: &FeedbackLog, acts: &[Act]) -> Result<Jobs, LogError> {
    let wanted = acts.iter().map(|(_, _, _, action, _)| action.clone());
    let wanted = wanted.map(|action| ((action.ranking, action.candidate), None));
    let mut jobs: Jobs = wanted.collect();
    if jobs.is_empty() {
        return Ok(jobs);
    }
    for logged in log.select(Kinds::Impressions) {
        if let EventKind::Impression(impression) = logged?.event.kind {
            for shown in impression.shown() {
                let key = (impression.ranking().clone(), shown.candidate.clone());
                if let Some(job) = jobs.get_mut(&key) {
                    *job = Some(impression.job().clone());
                }
            }
        }
    }
    Ok(jobs)
}
