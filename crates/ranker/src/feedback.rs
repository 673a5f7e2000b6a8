//! The loop: show, record, learn, promote.

use std::fmt;
use std::sync::Arc;

use ranker_core::{CandidateId, Ranked, Ranking, Scorer, compute};
use ranker_rlhf::explore::ListPolicy;
use ranker_rlhf::gate::{Gate, Verdict};
use ranker_rlhf::off_policy::Target;
use ranker_rlhf::{
    Appended, DefaultLearner, Event, FeedbackLog, Impression, JobId, Learner, RankingId,
    TrainingData,
};
use ranker_score::Model;

use crate::error::Error;
use crate::ranker::Ranker;

/// What records and learns in a ranker.
#[derive(Clone)]
pub(crate) struct Loop {
    pub(crate) log: Option<Arc<FeedbackLog>>,
    pub(crate) policy: ListPolicy,
    pub(crate) gate: Gate,
    pub(crate) learner: Arc<dyn Learner>,
}

impl Default for Loop {
    fn default() -> Self {
        Self {
            log: None,
            policy: ListPolicy::greedy(),
            gate: Gate::new(),
            learner: Arc::new(DefaultLearner::new()),
        }
    }
}

/// How far [`Ranker::learn`] has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LearnProgress {
    /// The log is being read.
    Reading,
    /// A model is being learned.
    Learning {
        /// From so many preferences and ties.
        comparisons: usize,
        /// From so many judged or clicked lists.
        lists: usize,
    },
}

/// A model that was learned and is not served yet, with the data that it is to be judged by.
#[derive(Debug, Clone)]
pub struct Learned {
    model: Model,
    data: TrainingData,
}

impl Learned {
    /// A model that was learned elsewhere, from [`Ranker::training_data`] or otherwise. It passes the same
    /// gate: [`Ranker::promote`] judges it by the jobs that the data holds out.
    #[must_use]
    pub fn new(model: impl Into<Model>, data: TrainingData) -> Self {
        Self {
            model: model.into(),
            data,
        }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What it was learned from, and what was held out.
    #[must_use]
    pub fn data(&self) -> &TrainingData {
        &self.data
    }
}

/// A ranking as one person sees it.
#[derive(Debug, Clone)]
pub struct Exposed {
    /// The candidates in the order to show.
    pub ranked: Vec<Ranked>,
    /// What to record: the order, with the chance of each place.
    pub impression: Impression,
}

impl Ranker {
    /// The order in which to show a ranking, drawn by the ranker's policy, and the impression to
    /// record. The same ranking id gives the same order again.
    ///
    /// Without a policy the order is the ranking's own, with a chance of 1 a place.
    ///
    /// # Errors
    ///
    /// [`Error::Event`], where the ranking cannot be an impression.
    pub fn expose(&self, ranking: &Ranking, id: RankingId, job: JobId) -> Result<Exposed, Error> {
        let scores: Vec<_> = ranking.iter().map(|ranked| ranked.score).collect();
        let drawn = self
            .stages()
            .feedback
            .policy
            .draw(&scores, id.as_str(), scores.len());
        let listed = ranking.as_slice();
        let ranked: Vec<Ranked> = drawn.order.iter().map(|&at| listed[at].clone()).collect();
        let ids: Vec<CandidateId> = ranking.iter().map(|ranked| ranked.id().clone()).collect();
        let shown = drawn
            .shown(&ids)
            .expect("every row of the ranking has an id");
        let impression = Impression::new(id, job, ranking.model(), shown);
        let impression = impression.and_then(|shown| shown.with_features_of(&ranked));
        let impression = impression.map_err(Error::Event)?;
        Ok(Exposed { ranked, impression })
    }

    /// Stores what happened, all or nothing; it is on the disk on return.
    ///
    /// # Errors
    ///
    /// [`Error::NoLog`] for a ranker built without one, and [`Error::Log`].
    pub async fn record(&self, events: Vec<Event>) -> Result<Appended, Error> {
        let log = self.log()?;
        compute(move || log.append(&events))
            .await
            .map_err(Error::Log)
    }

    /// Reads what the log holds for learning, in the columns of this ranker's features. One job in five is
    /// held out, for [`Ranker::promote`].
    ///
    /// # Errors
    ///
    /// [`Error::NoLog`] and [`Error::TrainingData`].
    pub async fn training_data(&self) -> Result<TrainingData, Error> {
        let log = self.log()?;
        let schema = Arc::clone(self.features().schema());
        compute(move || TrainingData::read(&log, &schema).map_err(Error::TrainingData)).await
    }

    /// Learns a model from the log with the ranker's learner; serves nothing. `progress` is called on the
    /// computing thread.
    ///
    /// # Errors
    ///
    /// [`Error::NoLog`], [`Error::TrainingData`] and [`Error::Learn`].
    pub async fn learn(
        &self,
        mut progress: impl FnMut(LearnProgress) + Send + 'static,
    ) -> Result<Learned, Error> {
        progress(LearnProgress::Reading);
        let data = self.training_data().await?;
        let (learner, serving) = (Arc::clone(&self.stages().feedback.learner), self.scorer());
        compute(move || {
            progress(LearnProgress::Learning {
                comparisons: data.comparisons.len(),
                lists: data.lists.len(),
            });
            let examples = data.examples().with_serving(&*serving);
            let model = learner.learn(&examples).map_err(Error::Learn)?;
            Ok(Learned { model, data })
        })
        .await
    }

    /// Serves a learned model if the gate lets it pass, and says why either way. Requests that are
    /// under way end with the model they began with.
    ///
    /// # Errors
    ///
    /// [`Error::Models`] when another model was served in between: try again.
    pub async fn promote(&self, learned: Learned) -> Result<Verdict, Error> {
        let (stages, serving) = (Arc::clone(self.stages()), self.scorer());
        compute(move || {
            let verdict = stages.feedback.judge(&learned, &*serving);
            if verdict.permits(&learned.model).is_ok() {
                let model = Arc::new(learned.model);
                let replaced = stages.models.replace(&verdict.serving, model);
                replaced.map_err(Error::Models)?;
            }
            Ok(verdict)
        })
        .await
    }

    /// Serves the model before the present one again, and answers the one that was withdrawn.
    ///
    /// # Errors
    ///
    /// [`Error::Models`] when there is none.
    pub fn rollback(&self) -> Result<Arc<dyn Scorer>, Error> {
        self.stages().models.rollback().map_err(Error::Models)
    }

    pub(crate) fn log(&self) -> Result<Arc<FeedbackLog>, Error> {
        self.stages().feedback.log.clone().ok_or(Error::NoLog)
    }
}

impl Loop {
    fn judge(&self, learned: &Learned, serving: &dyn Scorer) -> Verdict {
        let candidate = Target::new(&learned.model, &self.policy);
        let serving = Target::new(serving, &self.policy);
        let evidence = learned.data.evidence();
        self.gate.judge(&candidate, &serving, &evidence)
    }
}

impl fmt::Display for LearnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reading => f.write_str("reading the feedback log"),
            Self::Learning { comparisons, lists } => {
                write!(
                    f,
                    "learning from {comparisons} preferences and {lists} lists"
                )
            }
        }
    }
}
