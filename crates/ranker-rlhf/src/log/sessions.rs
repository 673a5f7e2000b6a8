//! Sessions for the click models, out of the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use ranker_core::{CandidateId, FeatureMatrix, FeatureSchema};

use super::error::LogError;
use super::ids::JobId;
use super::shown::{Place, ShownList};
use super::store::FeedbackLog;
use crate::clicks::{ClickError, ClickLog, Session};

/// What click models can use of a log.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Sessions {
    /// The lists as people saw them, in the order in which they were stored first.
    pub sessions: Vec<Session>,
    /// By the jobs' ids: whoever was shown with features, and the last of them, a row each.
    pub features: Vec<(JobId, Vec<CandidateId>, FeatureMatrix)>,
}

impl Sessions {
    /// All of it, for the click models.
    ///
    /// # Errors
    ///
    /// [`ClickError::NoSessions`] when the log shows nobody.
    pub fn click_log(&self) -> Result<ClickLog, ClickError> {
        let mut log = ClickLog::new(&self.sessions)?;
        for (job, candidates, features) in &self.features {
            log = log.with_features(job.as_str(), candidates, features)?;
        }
        Ok(log)
    }
}

impl FeedbackLog {
    /// The [shown lists](FeedbackLog::shown_lists) as [`ShownList::session`] gives them, and their
    /// features in the columns of `schema`.
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log.
    pub fn sessions(&self, schema: &Arc<FeatureSchema>) -> Result<Sessions, LogError> {
        let mut sessions = Vec::new();
        let mut rows: BTreeMap<JobId, BTreeMap<CandidateId, Vec<f32>>> = BTreeMap::new();
        for list in self.shown_lists(schema)? {
            let list = list?;
            sessions.extend(list.session());
            if let Some(features) = &list.features {
                let rows = rows.entry(list.job.clone()).or_default();
                let places = list.places.iter().zip(features.rows());
                rows.extend(places.map(|(place, row)| (place.candidate.clone(), row.to_vec())));
            }
        }
        let features = rows.into_iter().filter_map(|(job, rows)| {
            let (candidates, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            let features = FeatureMatrix::new(Arc::clone(schema), rows.concat()).ok()?;
            Some((job, candidates, features))
        });
        Ok(Sessions {
            features: features.collect(),
            sessions,
        })
    }
}

impl ShownList {
    /// The list as click models see it, down to the first gap: what stood there, and whether it was
    /// looked at, nobody knows any more. `None` where nothing is left.
    ///
    /// Whoever was opened, put on the shortlist or turned down was examined. The chances with which
    /// the policy showed candidates are not those of being examined: they stay here.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        let places = self.places.iter().zip(1..);
        let whole = places.take_while(|(place, at)| place.position == *at);
        let places: Vec<&Place> = whole.map(|(place, _)| place).collect();
        if places.is_empty() {
            return None;
        }
        let all = |is: fn(&Place) -> bool| places.iter().map(|place| is(place)).collect();
        let shown = places.iter().map(|place| place.candidate.clone());
        let session = Session::new(self.job.as_str(), shown.collect(), all(|p| p.clicked)).ok()?;
        let opened = all(|p| p.opened || p.shortlisted || p.rejected);
        let session = session.with_opened(opened).ok()?;
        let seen: Option<Vec<bool>> = places.iter().map(|place| place.seen).collect();
        let session = match seen {
            Some(seen) => session.with_seen(seen).ok()?,
            None => session,
        };
        let session = session.with_id(self.ranking.as_str());
        Some(match &self.source {
            Some(source) => session.from_source(source.as_str()),
            None => session,
        })
    }
}
