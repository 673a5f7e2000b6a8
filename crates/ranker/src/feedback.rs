//! The loop: show, record, learn, promote.

use std::fmt;
use std::sync::Arc;

use ranker_core::{
    Candidate, CandidateId, FeatureMatrix, FeatureSchema, Hit, JobDescription, Query, Ranked,
    Ranking, Scorer, compute, waiting,
};
use ranker_rlhf::explore::ListPolicy;
use ranker_rlhf::gate::{Gate, Verdict};
use ranker_rlhf::off_policy::Target;
use ranker_rlhf::{
    Appended, DefaultLearner, Event, FeedbackLog, Impression, JobId, Learner, RankingId, SourceId,
    TrainingData,
};
use ranker_score::Model;

use crate::error::Error;
use crate::ranker::Ranker;
use crate::times::Clock;

/// What records and learns in a ranker.
#[derive(Clone)]
pub(crate) struct Loop {
    pub(crate) log: Option<Arc<FeedbackLog>>,
    pub(crate) trusted: Vec<SourceId>,
    pub(crate) policy: ListPolicy,
    pub(crate) gate: Gate,
    pub(crate) learner: Arc<dyn Learner>,
}

impl Default for Loop {
    fn default() -> Self {
        Self {
            log: None,
            trusted: Vec::new(),
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
        let impression = impression.with_made_with(&*self.stages().made_with);
        Ok(Exposed { ranked, impression })
    }

    /// A ranking that was shown, from its record: also after a restart, and by the model that made it, so
    /// that it can be explained. Candidates whose profile the store no longer has are left out; passages
    /// are those of the profile as it is now.
    ///
    /// # Errors
    ///
    /// [`Error::NoProfileStore`], [`Error::Profiles`], [`Error::UnknownModel`], and
    /// [`Error::OtherFeatures`] for an impression without this ranker's features.
    pub async fn recall(
        &self,
        impression: &Impression,
        job: &JobDescription,
    ) -> Result<Vec<Ranked>, Error> {
        let store = self.stages().profile_store.as_ref();
        let store = store.ok_or(Error::NoProfileStore)?;
        let scorer = self.stages().models.get(impression.model());
        let scorer = scorer.ok_or_else(|| Error::UnknownModel {
            model: impression.model().to_owned(),
        })?;
        let rows = recalled_rows(impression, scorer.schema()).ok_or(Error::OtherFeatures)?;
        let shown = impression.shown().iter();
        let ids: Vec<CandidateId> = shown.map(|shown| shown.candidate.clone()).collect();
        let profiles = store.profiles(&ids).await.map_err(Error::Profiles)?;
        let tokens = store.tokens(&ids).await.map_err(Error::Profiles)?;
        let scores = scorer.score(&rows).map_err(Error::Score)?;
        let job = job.clone().read_as(self.stages().job_reading);
        let baseline = self.stages().embedder.cosine_baseline();
        let query = Arc::new(Query::new(job).with_baseline(baseline));
        let held = profiles.into_iter().zip(tokens);
        let places = impression.shown().iter().zip(held).zip(scores);
        let scored = places
            .enumerate()
            .filter_map(|(at, ((shown, (profile, tokens)), score))| {
                let mut hit = Hit::new(shown.candidate.clone(), score);
                if let Some(tokens) = tokens {
                    hit = hit.with_tokens(tokens);
                }
                Some((score, Candidate::new(hit, profile?), rows.select(at)))
            });
        let ranking = Ranking::new(query, impression.model(), scored.collect());
        let mut ranked = ranking.as_slice().to_vec();
        // They stand where they were shown, whatever their scores.
        for one in &mut ranked {
            let mut shown = impression.shown().iter();
            let place = shown.find(|shown| shown.candidate == *one.id());
            one.rank = place.map_or(one.rank, |shown| shown.position as usize);
        }
        ranked.sort_by_key(|one| one.rank);
        Ok(ranked)
    }

    /// Stores what happened, all or nothing; it is on the disk on return.
    ///
    /// # Errors
    ///
    /// [`Error::NoLog`] for a ranker built without one, and [`Error::Log`].
    pub async fn record(&self, events: Vec<Event>) -> Result<Appended, Error> {
        let log = self.log()?;
        // It waits for the disk and for other writers: no thread that computes may be held up by that.
        waiting(move || log.append(&events))
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
        let count = data.lists.len();
        let learned = compute(move || {
            progress(LearnProgress::Learning {
                comparisons: data.comparisons.len(),
                lists: data.lists.len(),
            });
            let examples = data.examples().with_serving(&*serving);
            let model = learner.learn(&examples).map_err(Error::Learn)?;
            Ok(Learned { model, data })
        });
        Clock::default().of(("learn", count), learned).await
    }

    /// What the gate says of a learned model, and why; serves nothing. For whoever wants to see it before
    /// [`Self::promote`], which judges anew.
    pub async fn verdict(&self, learned: &Learned) -> Verdict {
        let (stages, serving) = (Arc::clone(self.stages()), self.scorer());
        let learned = learned.clone();
        compute(move || stages.feedback.judge(&learned, &*serving)).await
    }

    /// Serves a learned model if the gate lets it pass, and says why either way. Requests that are
    /// under way end with the model they began with.
    ///
    /// # Errors
    ///
    /// [`Error::Models`] when another model was served in between: try again.
    pub async fn promote(&self, learned: Learned) -> Result<Verdict, Error> {
        let (stages, serving) = (Arc::clone(self.stages()), self.scorer());
        let judged = compute(move || {
            let verdict = stages.feedback.judge(&learned, &*serving);
            if verdict.permits(&learned.model).is_ok() {
                let replaced = stages.models.replace(&verdict.serving, learned.model);
                replaced.map_err(Error::Models)?;
            }
            Ok(verdict)
        });
        Clock::default().of(("promote", 1), judged).await
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

/// The features that were recorded, in the columns of `schema`; `None` where some are missing.
pub(crate) fn recalled_rows(
    impression: &Impression,
    schema: &Arc<FeatureSchema>,
) -> Option<FeatureMatrix> {
    let names = impression.feature_names();
    let place = |name: &str| names.iter().position(|recorded| recorded == name);
    let places: Vec<usize> = schema.names().map(place).collect::<Option<_>>()?;
    if impression.rows().len() != impression.shown().len() {
        return None;
    }
    let rows = impression.rows().iter();
    let values = rows.flat_map(|row| places.iter().map(|&place| row[place]));
    FeatureMatrix::new(Arc::clone(schema), values.collect()).ok()
}

impl Loop {
    /// Learns only from rows that were made with the same encoder and features.
    pub(crate) fn made_with(mut self, made_with: &str) -> Self {
        let (log, trusted) = (self.log.take(), self.trusted.drain(..));
        self.log = log.map(|log| match Arc::try_unwrap(log) {
            Ok(log) => Arc::new(log.with_made_with(made_with).with_trusted(trusted)),
            Err(shared) => shared,
        });
        self
    }

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
