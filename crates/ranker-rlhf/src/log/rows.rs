//! The features that judged candidates were shown with.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{CandidateId, FeatureSchema};

use super::error::LogError;
use super::event::EventKind;
use super::ids::{EventId, JobId};
use super::impression::Impression;
use super::read::Kinds;
use super::store::FeedbackLog;

/// A judgement that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The event that made it.
    pub event: EventId,
    /// The job; `None` where the ranking is not known.
    pub job: Option<JobId>,
    /// Whose judgement it was, or whose features are missing.
    pub candidate: CandidateId,
    /// Why it was left out.
    pub reason: SkipReason,
}

/// Why a judgement was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// No impression of the candidate for this job has features.
    NoFeatures,
    /// Those that were logged lack some of the columns requested.
    OtherFeatures,
    /// Those that were logged come from another encoder, text form or definition
    /// ([`FeedbackLog::with_made_with`]).
    MadeWithOther,
    /// No impression of the ranking showed the candidate.
    NotShown,
    /// The grade has no gain: it lies outside `0..=31`.
    Grade,
}

/// The places in a row that are asked for, in their order; `None` where one is missing.
fn places(schema: &FeatureSchema, names: &[String]) -> Option<Vec<usize>> {
    let place = |name: &str| names.iter().position(|logged| logged == name);
    schema.names().map(place).collect()
}

/// A row of features that was logged at a place, or why it is of no use.
type Row = (u64, Result<Arc<[f32]>, SkipReason>);

/// The places in a row of an impression that are requested, unless its rows are of no use.
pub(super) fn usable(
    log: &FeedbackLog,
    schema: &FeatureSchema,
    impression: &Impression,
) -> Result<Vec<usize>, SkipReason> {
    let wanted = log.reads_made_with();
    match (wanted, impression.made_with()) {
        (Some(wanted), Some(made)) if wanted != made => Err(SkipReason::MadeWithOther),
        _ => places(schema, impression.feature_names()).ok_or(SkipReason::OtherFeatures),
    }
}

/// The logged rows of the candidates that were judged: not of all that were shown.
#[derive(Default)]
pub(super) struct Rows<'j>(HashMap<&'j JobId, HashMap<&'j CandidateId, Vec<Row>>>);

impl<'j> Rows<'j> {
    pub(super) fn want(
        &mut self,
        job: &'j JobId,
        candidates: impl IntoIterator<Item = &'j CandidateId>,
    ) {
        let wanted = candidates
            .into_iter()
            .map(|candidate| (candidate, Vec::new()));
        self.0.entry(job).or_default().extend(wanted);
    }

    /// Reads the rows of those that are wanted.
    pub(super) fn read(
        mut self,
        log: &FeedbackLog,
        schema: &FeatureSchema,
    ) -> Result<Self, LogError> {
        if self.0.is_empty() {
            return Ok(self);
        }
        for logged in log.select(Kinds::Impressions) {
            let logged = logged?;
            if let EventKind::Impression(impression) = &logged.event.kind {
                let places = usable(log, schema, impression);
                self.add(logged.seq, impression, &places);
            }
        }
        Ok(self)
    }

    fn add(&mut self, seq: u64, impression: &Impression, places: &Result<Vec<usize>, SkipReason>) {
        let Some(wanted) = self.0.get_mut(impression.job()) else {
            return;
        };
        for (shown, row) in impression.shown().iter().zip(impression.rows()) {
            if let Some(rows) = wanted.get_mut(&shown.candidate) {
                let chosen = places
                    .as_ref()
                    .map(|places| places.iter().map(|&at| row[at]));
                rows.push((seq, chosen.map(Iterator::collect).map_err(|reason| *reason)));
            }
        }
    }

    /// The row for a judgement at `seq`; tells `skipped` if there is none.
    pub(super) fn find(
        &self,
        seq: u64,
        (event, job, candidate): (&EventId, &JobId, &CandidateId),
        skipped: &mut Vec<Skipped>,
    ) -> Option<Arc<[f32]>> {
        let rows = self.0.get(job).and_then(|wanted| wanted.get(candidate));
        let rows = rows.map_or(&[][..], Vec::as_slice);
        let whole = || {
            rows.iter()
                .filter_map(|(at, row)| row.as_ref().ok().map(|row| (*at, row)))
        };
        let before = whole().take_while(|(at, _)| *at < seq).last();
        let row = before
            .or_else(|| whole().next())
            .map(|(_, row)| Arc::clone(row));
        if row.is_none() {
            let reason = rows.last().and_then(|(_, row)| row.as_ref().err().copied());
            let reason = reason.unwrap_or(SkipReason::NoFeatures);
            skipped.push(Skipped {
                event: event.clone(),
                job: Some(job.clone()),
                candidate: candidate.clone(),
                reason,
            });
        }
        row
    }
}
