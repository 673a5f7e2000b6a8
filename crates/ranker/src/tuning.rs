//! From feedback to a better encoder: the pairs to tune it on, and the gate before it is served.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use ranker_core::{
    CandidateId, Direction, FeatureMatrix, FeatureSchema, FeatureSpec, JobDescription, Profile,
    ProfileStore, Score, ScoreError, Scorer, compute,
};
use ranker_lora::Pair;
use ranker_rlhf::gate::{Evidence, Verdict};
use ranker_rlhf::off_policy::{LoggedList, Target};
use ranker_rlhf::{FeedbackLog, JobId, JudgedJob, JudgedList, Positive, ShownList};

use crate::error::Error;
use crate::ranker::Ranker;

/// The most candidates that a pair names as wanted less: each costs an encoding a step.
const MOST_NEGATIVES: usize = 4;

/// What a log gives to tune an encoder on.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct TuningPairs {
    /// A job's text and the text of a candidate who was wanted for it, with up to four who were wanted
    /// less. A job is a group: those wanted for it are no negatives of each other.
    pub pairs: Vec<Pair>,
    /// Jobs of the log whose text was not given.
    pub unknown_jobs: BTreeSet<JobId>,
    /// Candidates of the log whom the store does not hold.
    pub unknown_candidates: BTreeSet<CandidateId>,
}

impl Ranker {
    /// What the log gives to tune an encoder on, for
    /// [`TextTokenizer::pairs`](ranker_lora::TextTokenizer::pairs): jobs with whom people wanted for
    /// them ([`FeedbackLog::positives`]), as texts. Nothing of the jobs that [`Ranker::judge`] judges
    /// by.
    ///
    /// # Errors
    ///
    /// [`Error::NoLog`], [`Error::TrainingData`] and [`Error::Profiles`].
    pub async fn tuning_pairs(
        &self,
        jobs: &HashMap<JobId, JobDescription>,
        profiles: &dyn ProfileStore,
    ) -> Result<TuningPairs, Error> {
        let log = self.log()?;
        let positives = compute(move || log.positives()).await;
        let positives = positives.map_err(Error::TrainingData)?;
        let wanted = positives.iter().flat_map(named).cloned();
        let wanted: BTreeSet<CandidateId> = wanted.collect();
        let ids: Vec<CandidateId> = wanted.into_iter().collect();
        let found = profiles.profiles(&ids).await.map_err(Error::Profiles)?;
        let mut tuning = TuningPairs::default();
        let mut texts = HashMap::new();
        for (id, profile) in ids.into_iter().zip(found) {
            match profile {
                Some(profile) => drop(texts.insert(id, profile)),
                None => drop(tuning.unknown_candidates.insert(id)),
            }
        }
        for positive in &positives {
            match jobs.get(&positive.job) {
                Some(job) => tuning.pairs.extend(pair(positive, job, &texts)),
                None => drop(tuning.unknown_jobs.insert(positive.job.clone())),
            }
        }
        Ok(tuning)
    }

    /// Judges by this ranker's gate and log whether a ranker with a tuned encoder may take its place.
    ///
    /// Both rank the jobs held out whose text is given, each with its own encoder, index, features and
    /// model; what a gate asks of a learned model is then asked of their scores. Whom one of them does
    /// not retrieve it ranks below all others. Jobs whose text is not given are left out: with too few
    /// the gate refuses. `progress` is told how many of how many jobs are ranked.
    ///
    /// The two stay two rankers: serve the tuned one if the verdict says so, and the embeddings of
    /// one encoder never meet those of another.
    ///
    /// # Errors
    ///
    /// [`Error::NoLog`], [`Error::Log`], and whatever ranking a job fails with.
    pub async fn judge(
        &self,
        tuned: &Ranker,
        jobs: &HashMap<JobId, JobDescription>,
        mut progress: impl FnMut(usize, usize) + Send,
    ) -> Result<Verdict, Error> {
        let log = self.log()?;
        let held_out = compute(move || HeldOut::read(&log)).await?;
        let judged = held_out.jobs().filter_map(|id| jobs.get_key_value(id));
        let judged: BTreeMap<&JobId, &JobDescription> = judged.collect();
        let mut scores = HashMap::new();
        for (done, (id, job)) in (1..).zip(&judged) {
            let both = [self.scores(job).await?, tuned.scores(job).await?];
            scores.insert((*id).clone(), both);
            progress(done, judged.len());
        }
        let (stages, names) = (Arc::clone(self.stages()), [served(self), served(tuned)]);
        compute(move || {
            let (lists, logged) = held_out.scored(&scores);
            let [serving, tuned] = names;
            let (serving, tuned) = (Column::new(serving, 0), Column::new(tuned, 1));
            let serving = Target::new(&serving, &stages.feedback.policy);
            let candidate = Target::new(&tuned, &stages.feedback.policy);
            let evidence = Evidence::new(&logged).with_held_out(&lists);
            Ok(stages.feedback.gate.judge(&candidate, &serving, &evidence))
        })
        .await
    }

    /// The scores of everyone retrieved for a job.
    async fn scores(&self, job: &JobDescription) -> Result<Scores, Error> {
        let ranking = self.rank_all(job).await?;
        let scored = ranking
            .iter()
            .map(|ranked| (ranked.id().clone(), ranked.score));
        Ok(scored.collect())
    }
}

/// Everyone whom a positive names.
fn named(positive: &Positive) -> impl Iterator<Item = &CandidateId> {
    std::iter::once(&positive.candidate).chain(positive.less.iter())
}

/// The pair, where the candidate's text is known.
fn pair(
    positive: &Positive,
    job: &JobDescription,
    texts: &HashMap<CandidateId, Arc<Profile>>,
) -> Option<Pair> {
    let text = |id: &CandidateId| texts.get(id).map(|profile| profile.full_text());
    let wanted = text(&positive.candidate)?;
    // Two candidates may have one text.
    let less = positive.less.iter().filter_map(text);
    let less = less.filter(|less| *less != wanted).take(MOST_NEGATIVES);
    let mut pair = Pair::new(job.full_text(), &wanted).group(positive.job.as_str());
    pair.negatives = less.collect();
    pair.weight = Some(positive.weight as f32);
    Some(pair)
}

/// Names what a ranker serves: its model on its encoder.
fn served(ranker: &Ranker) -> String {
    let encoder = ranker.stages().embedder.model_id();
    format!("{} on {encoder}", ranker.scorer().model_id())
}

/// Everyone retrieved for a job, with their scores.
type Scores = HashMap<CandidateId, Score>;

/// What the log says of the jobs that are judged by.
struct HeldOut {
    judged: Vec<JudgedJob>,
    shown: Vec<ShownList>,
}

impl HeldOut {
    fn read(log: &FeedbackLog) -> Result<Self, Error> {
        let mut judged = log.judged_jobs().map_err(Error::Log)?;
        judged.retain(|list| list.job.is_held_out());
        let mut shown = Vec::new();
        for list in log.shown_lists(&Arc::default()).map_err(Error::Log)? {
            let list = list.map_err(Error::Log)?;
            if list.job.is_held_out() {
                shown.push(list);
            }
        }
        Ok(Self { judged, shown })
    }

    fn jobs(&self) -> impl Iterator<Item = &JobId> {
        let judged = self.judged.iter().map(|list| &list.job);
        judged.chain(self.shown.iter().map(|list| &list.job))
    }

    /// The lists, with what each of two rankers says as the features.
    fn scored(self, scores: &HashMap<JobId, [Scores; 2]>) -> (Vec<JudgedList>, Vec<LoggedList>) {
        let judged = self.judged.into_iter().filter_map(|list| {
            let (ids, gains): (Vec<_>, Vec<_>) = list.gains.into_iter().unzip();
            let features = columns(scores.get(&list.job)?, &ids)?;
            JudgedList::new(list.job.as_str(), features, gains).ok()
        });
        let shown = self.shown.into_iter().filter_map(|mut list| {
            let ids = list.places.iter().map(|place| place.candidate.clone());
            list.features = columns(scores.get(&list.job)?, &ids.collect::<Vec<_>>());
            list.logged()
        });
        (judged.collect(), shown.collect())
    }
}

/// A row a candidate: the scores of two rankers, one below the least where one did not retrieve them.
fn columns(both: &[Scores; 2], ids: &[CandidateId]) -> Option<FeatureMatrix> {
    let below = both.each_ref().map(|scores| {
        let least = scores.values().map(|score| score.get());
        least.fold(0.0, f64::min) - 1.0
    });
    let value = |id: &CandidateId| {
        let score = |at: usize| both[at].get(id).map_or(below[at], |score| score.get());
        [score(0) as f32, score(1) as f32]
    };
    FeatureMatrix::new(schema(), ids.iter().flat_map(value).collect()).ok()
}

/// A scorer that repeats one of two scores that are known already.
struct Column {
    id: String,
    at: usize,
    schema: Arc<FeatureSchema>,
}

impl Column {
    fn new(id: String, at: usize) -> Self {
        let schema = schema();
        Self { id, at, schema }
    }
}

impl Scorer for Column {
    fn model_id(&self) -> &str {
        &self.id
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        ScoreError::check_schema(&self.schema, features.schema())?;
        let scored = features.rows().enumerate().map(|(row, values)| {
            let score = Score::new(f64::from(values[self.at]));
            score.map_err(|source| ScoreError::Output { row, source })
        });
        scored.collect()
    }
}

fn schema() -> Arc<FeatureSchema> {
    let column = |name: &'static str| {
        FeatureSpec::new(name, "the score that the ranker gives", f32::MIN..=f32::MAX)
            .with_direction(Direction::Increasing)
    };
    let columns = vec![column("serving"), column("tuned")];
    Arc::new(FeatureSchema::new(columns).expect("the names differ"))
}
