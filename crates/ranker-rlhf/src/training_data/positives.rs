//! Who was wanted for a job, by ids: what an encoder is tuned by.

use std::collections::{BTreeMap, BTreeSet};

use ranker_core::CandidateId;

use super::TrainingDataError;
use super::logged::CLICKED;
use crate::clicks::{ClickLog, ClickModel, ClickModels, Session};
use crate::{FeedbackLog, JobId, LogError, Outcome};

/// The most that one click counts for having been unlikely to be seen.
const CLIP: f64 = 10.0;

/// Who is taken to be examined in a session.
const EXAMINED: f64 = 0.5;

/// The most that a candidate weighs for a job, whatever was said of them.
const MOST: f64 = 10.0;

/// A candidate who was wanted for a job, and others who were wanted less.
///
/// It has no features: with the texts behind the ids it is a pair that an encoder learns from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Positive {
    /// The job.
    pub job: JobId,
    /// Who was wanted.
    pub candidate: CandidateId,
    /// Who was wanted less, those said to be so most often first; may be empty.
    pub less: Vec<CandidateId>,
    /// How much it counts, above 0 and at most 10.
    pub weight: f64,
}

impl FeedbackLog {
    /// Who was wanted for the jobs that a gate does not judge by, by jobs and candidates.
    ///
    /// - **Grades, shortlistings and rejections**: with the gains of [`FeedbackLog::judged_jobs`], a
    ///   candidate weighs as much as their gain's share of the job's greatest; those without a gain
    ///   were wanted less.
    /// - **Preferences**: the better one weighs 1 each time, the worse one was wanted less; ties say
    ///   nothing.
    /// - **Clicks**: 0.2 times the mean, over the lists that showed the candidate, of
    ///   `click / P(examined)` (inverse propensity scoring; Joachims, Swaminathan and Schnabel 2017,
    ///   <https://arxiv.org/abs/1608.04468>), where no inverse exceeds 10; the chances are those of the
    ///   click model that [`ClickModels`] selects. Whoever was probably examined and never clicked was
    ///   wanted less. Clicks on someone without a gain say nothing.
    /// - Nobody who was wanted is also wanted less, unless a preference says so.
    ///
    /// # Errors
    ///
    /// [`TrainingDataError`].
    pub fn positives(&self) -> Result<Vec<Positive>, TrainingDataError> {
        let mut wanted = Wanted::default();
        let judged = wanted.judge(self)?;
        wanted.prefer(self)?;
        wanted.click(self, &judged)?;
        Ok(wanted.positives())
    }
}

/// What was said of one candidate.
#[derive(Debug, Default)]
struct Said {
    /// How much they were wanted.
    weight: f64,
    /// Whom they were said to be better than, and how often.
    better: BTreeMap<CandidateId, usize>,
}

/// What was said of the candidates of a job.
#[derive(Debug, Default)]
struct Job {
    said: BTreeMap<CandidateId, Said>,
    /// Who was not wanted at all, and how often.
    unwanted: BTreeMap<CandidateId, usize>,
}

#[derive(Debug, Default)]
struct Wanted(BTreeMap<JobId, Job>);

impl Wanted {
    fn job(&mut self, job: &JobId) -> &mut Job {
        self.0.entry(job.clone()).or_default()
    }

    /// Adds what was judged, and tells of whom something was.
    fn judge(&mut self, log: &FeedbackLog) -> Result<BTreeSet<(JobId, CandidateId)>, LogError> {
        let mut judged = BTreeSet::new();
        for list in log.judged_jobs()? {
            if list.job.is_held_out() {
                continue;
            }
            let most = list.gains.iter().map(|(_, gain)| *gain).fold(0.0, f64::max);
            for (candidate, gain) in list.gains {
                judged.insert((list.job.clone(), candidate.clone()));
                let job = self.job(&list.job);
                if gain > 0.0 {
                    job.said.entry(candidate).or_default().weight += gain / most;
                } else {
                    *job.unwanted.entry(candidate).or_default() += 1;
                }
            }
        }
        Ok(judged)
    }

    fn prefer(&mut self, log: &FeedbackLog) -> Result<(), LogError> {
        for said in log.preferences()? {
            if said.outcome() == Outcome::Preferred && !said.job().is_held_out() {
                let better = self.job(said.job()).said.entry(said.better().clone());
                let better = better.or_default();
                better.weight += 1.0;
                *better.better.entry(said.worse().clone()).or_default() += 1;
            }
        }
        Ok(())
    }

    fn click(
        &mut self,
        log: &FeedbackLog,
        judged: &BTreeSet<(JobId, CandidateId)>,
    ) -> Result<(), TrainingDataError> {
        let sessions = sessions(log)?;
        if !sessions
            .iter()
            .any(|(_, session)| session.clicked().contains(&true))
        {
            return Ok(());
        }
        let all: Vec<Session> = sessions
            .iter()
            .map(|(_, session)| session.clone())
            .collect();
        let model = ClickModels::new().select(&ClickLog::new(&all)?)?.model;
        for ((job, candidate), tally) in tally(&sessions, &model) {
            if judged.contains(&(job.clone(), candidate.clone())) {
                continue;
            }
            let job = self.job(job);
            if tally.clicks > 0.0 {
                let weight = CLICKED * tally.clicks / tally.shown;
                job.said.entry(candidate.clone()).or_default().weight += weight;
            } else if tally.examined > 0 {
                *job.unwanted.entry(candidate.clone()).or_default() += tally.examined;
            }
        }
        Ok(())
    }

    fn positives(self) -> Vec<Positive> {
        let jobs = self.0.into_iter();
        jobs.flat_map(|(id, job)| job.positives(&id)).collect()
    }
}

impl Job {
    fn positives(mut self, id: &JobId) -> Vec<Positive> {
        self.said.retain(|_, said| said.weight > 0.0);
        let unwanted = self.unwanted.iter();
        let unwanted = unwanted.filter(|(candidate, _)| !self.said.contains_key(*candidate));
        let unwanted: Vec<_> = unwanted.collect();
        let positive = |(candidate, said): (&CandidateId, &Said)| {
            let mut less = said.better.clone();
            for &(candidate, count) in &unwanted {
                *less.entry(candidate.clone()).or_default() += count;
            }
            let mut less: Vec<_> = less.into_iter().collect();
            // A stable sort: ties stay in the order of ids.
            less.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            Positive {
                job: id.clone(),
                candidate: candidate.clone(),
                less: less.into_iter().map(|(candidate, _)| candidate).collect(),
                weight: said.weight.min(MOST),
            }
        };
        self.said.iter().map(positive).collect()
    }
}

/// The lists of the jobs that are learned from, as people saw them.
fn sessions(log: &FeedbackLog) -> Result<Vec<(JobId, Session)>, LogError> {
    let mut sessions = Vec::new();
    for list in log.shown_lists(&std::sync::Arc::default())? {
        let list = list?;
        if !list.job.is_held_out()
            && let Some(session) = list.session()
        {
            sessions.push((list.job, session));
        }
    }
    Ok(sessions)
}

/// What the lists say of one candidate.
#[derive(Debug, Default)]
struct Tally {
    /// How many lists showed them.
    shown: f64,
    /// The sum of `click / P(examined)`.
    clicks: f64,
    /// In how many lists they were probably examined.
    examined: usize,
}

fn tally<'s>(
    sessions: &'s [(JobId, Session)],
    model: &ClickModel,
) -> BTreeMap<(&'s JobId, &'s CandidateId), Tally> {
    let mut all: BTreeMap<_, Tally> = BTreeMap::new();
    for (job, session) in sessions {
        let (chances, examined) = (model.propensities(session), model.examination(session));
        for (at, candidate) in session.shown().iter().enumerate() {
            let tally = all.entry((job, candidate)).or_default();
            tally.shown += 1.0;
            if session.clicked()[at] {
                tally.clicks += chances[at].max(CLIP.recip()).recip();
            }
            tally.examined += usize::from(examined[at] >= EXAMINED);
        }
    }
    all
}
