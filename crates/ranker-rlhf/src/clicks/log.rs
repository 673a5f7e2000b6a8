//! Sessions with their candidates as numbers, and the candidates' features.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use ranker_core::{CandidateId, FeatureMatrix, FeatureSchema};

use super::error::ClickError;
use super::session::Session;
use super::sources::cap;

/// Sessions to learn from, and the features of those shown.
///
/// - The sessions' order does not matter: everything learned from them is the same, bit by bit.
/// - Of sessions with one job and [id](Session::with_id) the first counts; sessions that show
///   nobody count nothing. The same list with opposite clicks is two opinions, and no error.
/// - **A source's weight is bounded.** All sessions of one [source](Session::from_source) weigh at
///   most a tenth of all sessions together (of fewer than 15 sources: at most one and a half equal
///   shares); each of them then weighs less than 1. A session without a source is a source of its
///   own.
#[derive(Debug, Clone)]
pub struct ClickLog {
    pub(super) index: Arc<Index>,
    pub(super) views: Vec<View>,
    pub(super) schema: Option<Arc<FeatureSchema>>,
    /// A candidate's features, by its number.
    pub(super) rows: Vec<Option<Arc<[f32]>>>,
}

/// Which number a candidate of a job has: jobs in the order of their names, and in each the
/// candidates in the order of theirs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Index {
    pub(super) jobs: BTreeMap<Arc<str>, Job>,
    pub(super) len: usize,
}

/// A job's number, and those of the candidates shown for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Job {
    number: usize,
    pub(super) shown: BTreeMap<CandidateId, usize>,
}

impl Index {
    fn new(sessions: &[&Session]) -> Self {
        let mut named: BTreeMap<&Arc<str>, BTreeSet<&CandidateId>> = BTreeMap::new();
        for session in sessions {
            let shown = named.entry(session.shared_job()).or_default();
            shown.extend(session.shown());
        }
        let mut index = Self::default();
        for (number, (name, shown)) in named.into_iter().enumerate() {
            let first = index.len;
            index.len += shown.len();
            let shown = shown.into_iter().cloned().zip(first..).collect();
            index.jobs.insert(Arc::clone(name), Job { number, shown });
        }
        index
    }

    pub(super) fn find(&self, job: &str, candidate: &CandidateId) -> Option<usize> {
        self.jobs.get(job)?.shown.get(candidate).copied()
    }

    /// A session as the models see it. Who is not known has no number.
    pub(super) fn view(&self, session: &Session) -> View {
        let job = self.jobs.get(session.job());
        let place = |candidate| job.and_then(|job| job.shown.get(candidate)).copied();
        View {
            job: job.map_or(self.jobs.len(), |job| job.number),
            shown: session.shown().iter().map(place).collect(),
            clicked: session.clicked().to_vec(),
            known: session.examined(),
            propensities: session.propensities().map(<[f64]>::to_vec),
            weight: 1.0,
        }
    }
}

/// A session as the models see it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View {
    /// The job's number.
    pub(super) job: usize,
    /// The candidates' numbers.
    pub(super) shown: Vec<Option<usize>>,
    pub(super) clicked: Vec<bool>,
    /// Whether each was examined.
    pub(super) known: Vec<Option<bool>>,
    pub(super) propensities: Option<Vec<f64>>,
    pub(super) weight: f64,
}

impl View {
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |view: &Self| (view.job, view.shown.clone(), view.clicked.clone());
        let rest = |view: &Self| (view.known.clone(), view.weight.to_bits());
        let chances = |view: &Self| {
            let bits = view.propensities.iter().flatten().map(|p| p.to_bits());
            bits.collect::<Vec<_>>()
        };
        key(self)
            .cmp(&key(other))
            .then_with(|| rest(self).cmp(&rest(other)))
            .then_with(|| chances(self).cmp(&chances(other)))
    }
}

impl ClickLog {
    /// Takes sessions in.
    ///
    /// # Errors
    ///
    /// [`ClickError::NoSessions`] when none shows anybody.
    pub fn new<'s>(sessions: &'s [Session]) -> Result<Self, ClickError> {
        let mut met = HashSet::new();
        let mut first = |session: &'s Session| {
            let id = session.id().map(|id| (session.job(), id));
            !session.shown().is_empty() && id.is_none_or(|id| met.insert(id))
        };
        let sessions = sessions.iter();
        let sessions: Vec<&Session> = sessions.filter(|session| first(session)).collect();
        if sessions.is_empty() {
            return Err(ClickError::NoSessions);
        }
        let index = Index::new(&sessions);
        let weights = weights(&sessions);
        let view = |(session, weight): (&&Session, f64)| View {
            weight,
            ..index.view(session)
        };
        let mut views: Vec<View> = sessions.iter().zip(weights).map(view).collect();
        views.sort_by(View::order);
        Ok(Self {
            rows: vec![None; index.len],
            index: Arc::new(index),
            views,
            schema: None,
        })
    }

    /// Adds the features of candidates for a job, a row each. Who was never shown is passed over.
    ///
    /// # Errors
    ///
    /// [`ClickError::RowCount`], and [`ClickError::OtherFeatures`] unless all jobs have the same.
    pub fn with_features(
        mut self,
        job: &str,
        candidates: &[CandidateId],
        features: &FeatureMatrix,
    ) -> Result<Self, ClickError> {
        let (given, rows) = (candidates.len(), features.len());
        if given != rows {
            return Err(ClickError::RowCount {
                candidates: given,
                rows,
            });
        }
        let schema = self.schema.get_or_insert_with(|| features.schema().clone());
        if !schema.names().eq(features.schema().names()) {
            return Err(ClickError::OtherFeatures { job: job.into() });
        }
        for (candidate, row) in candidates.iter().zip(features.rows()) {
            if let Some(at) = self.index.find(job, candidate) {
                self.rows[at] = Some(row.into());
            }
        }
        Ok(self)
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.views.len()
    }

    /// For how many jobs.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.index.jobs.len()
    }

    /// How much all sessions weigh: their number, less what floods from one source have lost.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.views.iter().map(|view| view.weight).sum()
    }

    /// The first candidate, by job and name, without features.
    pub(super) fn lacking(&self) -> Option<ClickError> {
        let all = self.index.jobs.iter();
        let mut all = all.flat_map(|(name, job)| job.shown.iter().map(move |shown| (name, shown)));
        let (job, (candidate, _)) = all.find(|(_, (_, at))| self.rows[**at].is_none())?;
        Some(ClickError::NoFeatures {
            job: job.to_string(),
            candidate: candidate.clone(),
        })
    }
}

/// What each session weighs, so that no source weighs too much.
fn weights(sessions: &[&Session]) -> Vec<f64> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for source in sessions.iter().filter_map(|session| session.source()) {
        *counts.entry(source).or_default() += 1;
    }
    let alone = sessions.iter().filter(|s| s.source().is_none()).count();
    let all: Vec<usize> = counts.values().copied().chain(vec![1; alone]).collect();
    let cap = cap(&all);
    let weight = |session: &&Session| {
        let count = session.source().map_or(1, |source| counts[source]);
        (cap / count as f64).min(1.0)
    };
    sessions.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(job: &str, shown: &[&str]) -> Session {
        let shown = shown.iter().map(|id| CandidateId::new(*id).unwrap());
        let shown: Vec<CandidateId> = shown.collect();
        let clicked = vec![false; shown.len()];
        Session::new(job, shown, clicked).unwrap()
    }

    #[test]
    fn a_session_counts_once_and_order_does_not_matter() {
        let sessions = [
            session("b", &["x", "y"]).with_id("1"),
            session("a", &["y"]).with_id("1"),
            session("b", &["y", "x"]).with_id("1"),
            session("a", &[]),
        ];
        let log = ClickLog::new(&sessions).unwrap();
        assert_eq!((log.sessions(), log.jobs()), (2, 2));
        let swapped = [sessions[1].clone(), sessions[0].clone()];
        let other = ClickLog::new(&swapped).unwrap();
        assert_eq!((log.views, log.index), (other.views, other.index));
        assert!(matches!(ClickLog::new(&[]), Err(ClickError::NoSessions)));
        let nobody = ClickLog::new(&sessions[3..]);
        assert!(matches!(nobody, Err(ClickError::NoSessions)));
    }

    #[test]
    fn a_flood_from_one_source_is_bounded() {
        let mut sessions = vec![session("a", &["x", "y"]); 99];
        sessions.extend(vec![session("a", &["y", "x"]).from_source("bot"); 5_000]);
        let log = ClickLog::new(&sessions).unwrap();
        let honest = 99.0;
        assert!((log.weight() - honest / 0.9).abs() < 1e-9);
    }
}
