//! What a log holds for learning, and what is held out to judge the result by.

mod error;
mod logged;
mod positives;
mod sources;

use std::collections::HashSet;
use std::sync::Arc;

use ranker_core::{FeatureSchema, Scorer};

pub use error::TrainingDataError;
pub use positives::Positive;

use crate::calibrate::{CalibrationError, Judged};
use crate::clicks::{ClickLog, ClickModels, Correction, Selection};
use crate::gate::Evidence;
use crate::off_policy::LoggedList;
use crate::{Comparison, Examples, FeedbackLog, JobId, JudgedList, ShownList, Skipped, SourceId};

/// One job in so many is held out.
const HELD_OUT: u64 = 5;

/// What a log holds for learning, split in two by jobs: what is learned from, and what the gate judges
/// the result by.
///
/// One job in five is held out, by a hash of its id: a job never changes sides as the log grows.
///
/// What is learned from is bounded by source: over all jobs, a named source adds at most as many lists as
/// all others together, or 20 where that is more; comparisons are bounded by
/// [`FeedbackLog::comparisons`]. Events without a source are the operator's own and are not bounded, nor
/// are those of sources that the log trusts ([`FeedbackLog::with_trusted`]).
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct TrainingData {
    /// Preferences and ties.
    pub comparisons: Vec<Comparison>,
    /// Grades, shortlistings and rejections; and clicks, as the click model reads them.
    pub lists: Vec<JudgedList>,
    /// Grades, shortlistings and rejections of the jobs held out.
    pub held_out: Vec<JudgedList>,
    /// Preferences on the jobs held out, each a list of two.
    pub held_out_pairs: Vec<JudgedList>,
    /// Lists of the jobs held out that were shown by chance, with what they earned: 1 for a
    /// candidate put on the shortlist, 0.2 for one clicked or opened.
    pub logged: Vec<LoggedList>,
    /// Which click model was taken, where anything was clicked.
    pub clicks: Option<Selection>,
    /// Judgements without features, of which nothing can be learned.
    pub skipped: Vec<Skipped>,
}

impl TrainingData {
    /// Reads a log, in the columns of `schema`.
    ///
    /// # Errors
    ///
    /// [`TrainingDataError`].
    pub fn read(log: &FeedbackLog, schema: &Arc<FeatureSchema>) -> Result<Self, TrainingDataError> {
        let mut data = Self::default();
        let training = log.comparisons(schema)?;
        let preferences = training.comparisons.into_iter().take(training.preferences);
        let kept = preferences.filter(|preference| !is_held_out(preference.job()));
        data.comparisons.extend(kept);
        data.skipped.extend(training.skipped);
        let pairs = log.preferred_pairs(schema)?.into_iter();
        let held_out = pairs.filter(|pair| is_held_out(pair.job()));
        data.held_out_pairs.extend(held_out);

        let judged = log.judged_lists(schema)?.lists;
        let (held_out, lists): (Vec<_>, _) =
            judged.into_iter().partition(|list| is_held_out(list.job()));
        data.held_out = held_out;
        data.lists = sources::bounded(lists, JudgedList::source);

        let mut shown: Vec<ShownList> = Vec::new();
        for list in log.shown_lists(schema)? {
            let mut list = list?;
            list.source = list.source.filter(|source| !log.trusts(source));
            if list.job.is_held_out() {
                data.logged.extend(list.logged());
            } else if list.features.is_some() {
                shown.push(list);
            }
        }
        data.add_clicks(&sources::bounded(shown, shown_to))?;
        Ok(data)
    }

    /// Adds the judged lists that the clicks on these lists become.
    fn add_clicks(&mut self, shown: &[ShownList]) -> Result<(), TrainingDataError> {
        let clicked: HashSet<&JobId> = shown
            .iter()
            .filter(|list| list.places.iter().any(|item| item.clicked))
            .map(|list| &list.job)
            .collect();
        let shown = shown.iter().filter(|list| clicked.contains(&list.job));
        let mut sessions = Vec::new();
        let mut features = Vec::new();
        for list in shown {
            // Down to the first gap: what stood below has no session.
            if let (Some(session), Some(rows)) = (list.session(), &list.features) {
                let ids: Vec<_> = list.places.iter().map(|p| p.candidate.clone()).collect();
                features.push((list.job.as_str(), ids, rows));
                sessions.push(session);
            }
        }
        if sessions.is_empty() {
            return Ok(());
        }
        let mut clicks = ClickLog::new(&sessions)?;
        for (job, ids, rows) in features {
            clicks = clicks.with_features(job, &ids, rows)?;
        }
        let selection = ClickModels::new().select(&clicks)?;
        self.lists
            .extend(selection.model.judged(&clicks, Correction::default())?);
        self.clicks = Some(selection);
        Ok(())
    }

    /// What a learner may learn from; nothing of the jobs that are held out.
    #[must_use]
    pub fn examples(&self) -> Examples<'_> {
        Examples::of(&self.lists).with_comparisons(&self.comparisons)
    }

    /// The scores of all judged candidates, those of jobs that are held out among them: good is who gained
    /// anything.
    ///
    /// # Errors
    ///
    /// [`CalibrationError::Score`] where the scorer is for other features, and [`CalibrationError::Value`].
    pub fn judged_scores(&self, scorer: &dyn Scorer) -> Result<Vec<Judged>, CalibrationError> {
        let mut judged = Vec::new();
        for list in self.lists.iter().chain(&self.held_out) {
            let scores = scorer.score(list.features());
            let scores = scores.map_err(CalibrationError::Score)?;
            let rows = scores.iter().zip(list.gains()).zip(list.weights());
            for ((score, gain), _) in rows.filter(|(_, weight)| **weight > 0.0) {
                let label = f64::from(u8::from(*gain > 0.0));
                judged.push(Judged::new(list.job(), score.get(), label)?);
            }
        }
        Ok(judged)
    }

    /// What a gate judges the model by: none of it was learned from.
    #[must_use]
    pub fn evidence(&self) -> Evidence<'_> {
        Evidence::new(&self.logged)
            .with_held_out(&self.held_out)
            .with_pairs(&self.held_out_pairs)
    }
}

impl JobId {
    /// Whether a gate judges by this job, so that nothing is learned from it: one in five is, by a
    /// hash of its id.
    #[must_use]
    pub fn is_held_out(&self) -> bool {
        is_held_out(self.as_str())
    }
}

fn shown_to(list: &ShownList) -> Option<&str> {
    list.source.as_ref().map(SourceId::as_str)
}

fn is_held_out(job: &str) -> bool {
    let hash = blake3::hash(job.as_bytes());
    let (first, _) = hash.as_bytes().as_chunks::<8>();
    first.first().map_or(0, |bytes| u64::from_le_bytes(*bytes)) % HELD_OUT == 0
}
