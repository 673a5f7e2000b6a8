//! Everything that a log teaches: what is learned from, and what the result is judged by.

mod error;
mod logged;
mod positives;

use std::collections::HashSet;
use std::sync::Arc;

use ranker_core::{FeatureMatrix, FeatureSchema};
use ranker_score::{LinearScorer, Model};

pub use error::LessonsError;
pub use positives::Positive;

use crate::clicks::{ClickLog, ClickModels, Correction, Selection};
use crate::gate::Evidence;
use crate::learn::MOST_PAIRS;
use crate::off_policy::LoggedList;
use crate::{
    Blend, BradleyTerry, Comparison, FeedbackLog, JobId, JudgedList, LearnError, Learner, Mart,
    Outcome, ShownList, Skipped,
};

/// One job in so many is held out.
const HELD_OUT: u64 = 5;

/// Trees are learned once lists of so many jobs say which candidate is better.
const TREES_FROM: usize = 10;

/// What a log teaches, cut in two by jobs: what is learned from, and what the gate judges the result
/// by.
///
/// One job in five is held out, by a hash of its id: a job never changes sides as the log grows.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Lessons {
    /// Preferences and ties.
    pub comparisons: Vec<Comparison>,
    /// Grades, shortlistings and rejections; and clicks, as the click model reads them.
    pub lists: Vec<JudgedList>,
    /// Grades, shortlistings and rejections of the jobs held out.
    pub held_out: Vec<JudgedList>,
    /// Lists of the jobs held out that were shown by chance, with what they earned: 1 for a
    /// candidate put on the shortlist, 0.2 for one clicked or opened.
    pub logged: Vec<LoggedList>,
    /// Which click model was taken, where anything was clicked.
    pub clicks: Option<Selection>,
    /// Judgements without features, which teach nothing.
    pub skipped: Vec<Skipped>,
}

impl Lessons {
    /// Reads a log, in the columns of `schema`.
    ///
    /// # Errors
    ///
    /// [`LessonsError`].
    pub fn read(log: &FeedbackLog, schema: &Arc<FeatureSchema>) -> Result<Self, LessonsError> {
        let mut lessons = Self::default();
        let training = log.comparisons(schema)?;
        let preferences = training.comparisons.into_iter().take(training.preferences);
        let kept = preferences.filter(|said| !is_held_out(said.job()));
        lessons.comparisons.extend(kept);
        lessons.skipped.extend(training.skipped);

        let judged = log.judged_lists(schema)?.lists;
        let (held_out, lists) = judged.into_iter().partition(|list| is_held_out(list.job()));
        (lessons.held_out, lessons.lists) = (held_out, lists);

        let mut shown: Vec<ShownList> = Vec::new();
        for list in log.shown_lists(schema)? {
            let list = list?;
            if list.job.is_held_out() {
                lessons.logged.extend(list.logged());
            } else if list.features.is_some() {
                shown.push(list);
            }
        }
        lessons.add_clicks(&shown)?;
        Ok(lessons)
    }

    /// Adds what the clicks on these lists teach.
    fn add_clicks(&mut self, shown: &[ShownList]) -> Result<(), LessonsError> {
        let clicked: HashSet<&JobId> = shown
            .iter()
            .filter(|list| list.places.iter().any(|place| place.clicked))
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

    /// Learns a model for the features that the log was read in, starting from
    /// [`LinearScorer::prior`].
    ///
    /// From lists of ten jobs on it is a [`Blend`] of a linear model and boosted trees; before, the
    /// linear model alone, which is pulled towards the prior. Ties teach the linear model only.
    ///
    /// # Errors
    ///
    /// [`LearnError`].
    pub fn learn(&self, schema: &Arc<FeatureSchema>) -> Result<Model, LearnError> {
        let telling = self.lists.iter().filter(|list| list.tells());
        let jobs: HashSet<&str> = telling.map(JudgedList::job).collect();
        if jobs.len() < TREES_FROM {
            let mut comparisons = self.comparisons.clone();
            for list in &self.lists {
                comparisons.extend(list.comparisons(MOST_PAIRS)?);
            }
            let fit = BradleyTerry::new().fit(&comparisons, &LinearScorer::prior(schema))?;
            return Ok(Model::Linear(fit.scorer));
        }
        let mut lists = self.lists.clone();
        for said in &self.comparisons {
            if said.outcome() == Outcome::Preferred {
                lists.push(pair(said, schema)?);
            }
        }
        let members: [Arc<dyn Learner>; 2] = [Arc::new(BradleyTerry::new()), Arc::new(Mart::new())];
        Blend::of(members).learn(&lists)
    }

    /// What a gate judges the model by: none of it was learned from.
    #[must_use]
    pub fn evidence(&self) -> Evidence<'_> {
        Evidence::new(&self.logged).with_held_out(&self.held_out)
    }
}

/// A preference as a list of two.
fn pair(said: &Comparison, schema: &Arc<FeatureSchema>) -> Result<JudgedList, LearnError> {
    let rows = [said.better(), said.worse()].concat();
    let features = FeatureMatrix::new(Arc::clone(schema), rows);
    let features = features.map_err(|_| LearnError::Overflow)?;
    let list = JudgedList::new(said.job(), features, vec![1.0, 0.0])?;
    list.with_weights(vec![said.weight(); 2])
}

impl JobId {
    /// Whether a gate judges by this job, so that nothing is learned from it: one in five is, by a
    /// hash of its id.
    #[must_use]
    pub fn is_held_out(&self) -> bool {
        is_held_out(self.as_str())
    }
}

fn is_held_out(job: &str) -> bool {
    let hash = blake3::hash(job.as_bytes());
    let (first, _) = hash.as_bytes().as_chunks::<8>();
    first.first().map_or(0, |bytes| u64::from_le_bytes(*bytes)) % HELD_OUT == 0
}
