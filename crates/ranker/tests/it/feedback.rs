//! The loop: what is shown is recorded, what is recorded is learned, what is learned passes a gate.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ranker::core::{Contributions, FeatureMatrix, FeatureSchema, Score, ScoreError, Scorer};
use ranker::rlhf::calibrate::{Calibrated, Method};
use ranker::rlhf::explore::ListPolicy;
use ranker::rlhf::gate::Gate;
use ranker::rlhf::interleave::Team;
use ranker::rlhf::{
    Action, Event, EventId, EventKind, Examples, FeedbackLog, JobId, LearnError, Learner,
    RankingId, Timestamp,
};
use ranker::score::{FactNames, Features, LinearScorer, Model};
use ranker::{Error, Fact, JobDescription, LearnProgress, Learned, Profile, Ranker, RankerBuilder};

use crate::fakes::{FakeEmbedder, ids_only, profiles, store};

const SKILLS: [&str; 4] = ["rust", "sql", "lucene", "kafka"];

/// Twelve people who say the same of themselves; three have each skill as a fact.
fn people() -> Vec<Profile> {
    (0..12)
        .map(|i| {
            let text = format!("Engineer. Note n{i}.");
            let skilled = Fact::keywords([SKILLS[i % SKILLS.len()]]);
            let profile = Profile::new(format!("p{i:02}"), text).unwrap();
            profile.with_fact("skills", skilled).unwrap()
        })
        .collect()
}

fn builder(log: FeedbackLog, gate: Gate, policy: ListPolicy) -> RankerBuilder {
    Ranker::builder(FakeEmbedder, ids_only(&people()))
        .profile_store(store(people()))
        .features(Features::new().with_fact_names(FactNames::default()))
        .feedback(log)
        .gate(gate)
        .policy(policy)
}

fn ranker(log: FeedbackLog, gate: Gate, policy: ListPolicy) -> Ranker {
    builder(log, gate, policy).build().unwrap()
}

fn event(id: String, kind: EventKind) -> Event {
    Event::new(EventId::new(id).unwrap(), Timestamp::from_millis(0), kind)
}

/// Ranks a job, and records that those with its skill are put on the shortlist and others graded 0.
fn visit(ranker: &Ranker, number: usize) {
    let skill = SKILLS[number % SKILLS.len()];
    let job = JobDescription::new(format!("Job {number}: an engineer who knows {skill}")).unwrap();
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    let (id, job) = (
        format!("r{number}"),
        JobId::new(format!("job {number}")).unwrap(),
    );
    let ranking_id = RankingId::new(id.clone()).unwrap();
    let exposed = ranker
        .expose(&ranking, ranking_id.clone(), job.clone())
        .unwrap();
    let mut events = vec![event(id.clone(), EventKind::Impression(exposed.impression))];
    for ranked in &exposed.ranked {
        let has = ranked.candidate.profile().facts().get("skills").unwrap();
        let has = has.words().into_iter().any(|word| word == skill);
        let candidate = ranked.id().clone();
        let grade = EventKind::Grade {
            job: job.clone(),
            candidate: candidate.clone(),
            grade: i32::from(has),
        };
        events.push(event(format!("{id} grade {candidate}"), grade));
        if has {
            let action = Action::new(ranking_id.clone(), candidate.clone());
            events.push(event(
                format!("{id} {candidate}"),
                EventKind::Shortlist(action),
            ));
        }
    }
    let stored = events.len();
    let appended = pollster::block_on(ranker.record(events)).unwrap();
    assert_eq!(appended.stored, stored);
}

fn skill_of_the_first(ranker: &Ranker, skill: &str) -> bool {
    let job = JobDescription::new(format!("An engineer who knows {skill}")).unwrap();
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    let first = ranking.as_slice()[0].candidate.profile();
    first
        .facts()
        .get("skills")
        .unwrap()
        .words()
        .into_iter()
        .any(|word| word == skill)
}

#[test]
fn without_a_log_nothing_is_recorded_or_learned() {
    let ranker = Ranker::builder(FakeEmbedder, ids_only(&profiles(3)))
        .profile_store(store(profiles(3)))
        .build()
        .unwrap();
    let recorded = pollster::block_on(ranker.record(Vec::new()));
    assert!(matches!(recorded, Err(Error::NoLog)));
    let learned = pollster::block_on(ranker.learn(|_| {}));
    assert!(matches!(learned, Err(Error::NoLog)));
    assert!(matches!(ranker.rollback(), Err(Error::Models(_))));
}

#[test]
fn nothing_recorded_teaches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let ranker = ranker(log, Gate::by_judgments(), ListPolicy::greedy());
    let learned = pollster::block_on(ranker.learn(|_| {}));
    assert!(matches!(learned, Err(Error::Learn(_))), "{learned:?}");
}

#[test]
fn grades_become_a_model_that_the_gate_lets_pass_and_one_call_takes_back() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let ranker = ranker(log, Gate::by_judgments(), ListPolicy::greedy());
    (0..120).for_each(|number| visit(&ranker, number));
    let before = ranker.scorer().model_id().to_owned();

    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let progress = move |progress: LearnProgress| heard.lock().unwrap().push(progress);
    let learned = pollster::block_on(ranker.learn(progress)).unwrap();
    assert_eq!(said.lock().unwrap()[0], LearnProgress::Reading);
    assert_eq!(said.lock().unwrap().len(), 2);
    assert!(learned.data().held_out.len() >= 10);
    assert_eq!(
        ranker.scorer().model_id(),
        before,
        "learning serves nothing"
    );

    let verdict = pollster::block_on(ranker.promote(learned)).unwrap();
    assert!(verdict.promoted, "{verdict}");
    assert_eq!(ranker.scorer().model_id(), verdict.candidate);
    for skill in SKILLS {
        assert!(skill_of_the_first(&ranker, skill), "{skill}");
    }
    let withdrawn = ranker.rollback().unwrap();
    assert_eq!(withdrawn.model_id(), verdict.candidate);
    assert_eq!(ranker.scorer().model_id(), before);
}

#[test]
fn what_was_promoted_is_served_after_a_restart_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
        let builder = builder(log, Gate::by_judgments(), ListPolicy::greedy());
        builder
            .models(folder.path().join("models"))
            .build()
            .unwrap()
    };
    let ranker = start();
    (0..120).for_each(|number| visit(&ranker, number));
    let before = ranker.scorer().model_id().to_owned();
    let job = JobDescription::new("An engineer who knows rust").unwrap();
    let shown = pollster::block_on(ranker.rank(&job)).unwrap();
    let learned = pollster::block_on(ranker.learn(|_| {})).unwrap();
    let verdict = pollster::block_on(ranker.promote(learned)).unwrap();
    assert!(verdict.promoted, "{verdict}");
    drop(ranker);

    let ranker = start();
    assert_eq!(ranker.scorer().model_id(), verdict.candidate);
    assert!(skill_of_the_first(&ranker, "rust"));
    let explained = ranker.explain(&shown.as_slice()[0]).unwrap();
    assert_eq!(explained.score(), shown.as_slice()[0].score);
    ranker.rollback().unwrap();
    assert_eq!(ranker.scorer().model_id(), before);
    drop(ranker);
    assert_eq!(start().scorer().model_id(), before, "taken back for good");
}

#[test]
fn a_gate_that_has_seen_no_exploration_refuses_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let ranker = ranker(log, Gate::new(), ListPolicy::greedy());
    (0..60).for_each(|number| visit(&ranker, number));
    let learned = pollster::block_on(ranker.learn(|_| {})).unwrap();
    let before = ranker.scorer().model_id().to_owned();
    let verdict = pollster::block_on(ranker.promote(learned)).unwrap();
    assert!(!verdict.promoted);
    assert!(!verdict.reasons.is_empty());
    assert_eq!(ranker.scorer().model_id(), before);
}

#[test]
fn what_is_shown_by_chance_is_recorded_with_its_chance() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let policy = ListPolicy::plackett_luce(0.05).unwrap().with_seed(3);
    let ranker = ranker(log, Gate::new(), policy);
    let job = JobDescription::new("An engineer who knows rust").unwrap();
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    let expose = |id: &str| {
        let (id, job) = (RankingId::new(id).unwrap(), JobId::of(&job));
        ranker.expose(&ranking, id, job).unwrap()
    };
    let exposed = expose("r1");
    let again: Vec<_> = expose("r1").ranked.iter().map(|r| r.id().clone()).collect();
    let order: Vec<_> = exposed.ranked.iter().map(|r| r.id().clone()).collect();
    assert_eq!(order, again, "a draw can be replayed");
    let shown = exposed.impression.shown();
    assert_eq!(shown.len(), ranking.len());
    assert!(
        shown
            .iter()
            .all(|shown| shown.propensity.is_some_and(|p| p > 0.0 && p <= 1.0))
    );
    assert!(shown.iter().any(|shown| shown.propensity < Some(1.0)));
    let rows = exposed.impression.rows();
    assert_eq!(rows.len(), ranking.len());
    assert_eq!(rows[0], exposed.ranked[0].features.row(0).unwrap());
}

#[test]
fn a_model_is_swapped_without_dropping_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let ranker = ranker(log, Gate::by_judgments(), ListPolicy::greedy());
    (0..120).for_each(|number| visit(&ranker, number));
    let learned = pollster::block_on(ranker.learn(|_| {})).unwrap();
    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let job = JobDescription::new("An engineer who knows sql").unwrap();
                while !stop.load(Ordering::Relaxed) {
                    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
                    ranker.explain(&ranking.as_slice()[0]).unwrap();
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..20 {
            let verdict = pollster::block_on(ranker.promote(learned.clone())).unwrap();
            assert!(verdict.promoted, "{verdict}");
            ranker.rollback().unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(answered.into_inner() > 0);
}

/// A model of a kind of its own: it counts skills found.
struct BySkills(LinearScorer);

impl BySkills {
    fn new(ranker: &Ranker) -> Self {
        let schema = ranker.features().schema().clone();
        let skills = schema.position("skills_found").unwrap();
        let mut weights = vec![0.0; schema.len()];
        weights[skills] = 3.0;
        Self(LinearScorer::new(schema, weights).unwrap())
    }
}

impl Scorer for BySkills {
    fn model_id(&self) -> &str {
        "skills-alone"
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        self.0.schema()
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        self.0.score(features)
    }

    fn contributions(&self, features: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
        self.0.contributions(features)
    }
}

/// A learner of another crate: it learns nothing, but gives a model of its own kind.
struct Outside;

impl Learner for Outside {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        let schema = examples.schema()?.clone();
        let mut weights = vec![0.0; schema.len()];
        weights[schema.position("skills_found").unwrap()] = 3.0;
        Ok(Model::other(BySkills(LinearScorer::new(schema, weights)?)))
    }
}

#[test]
fn an_outside_learner_passes_the_gate_and_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let ranker = Ranker::builder(FakeEmbedder, ids_only(&people()))
        .profile_store(store(people()))
        .features(Features::new())
        .feedback(log)
        .gate(Gate::by_judgments())
        .learner(Outside)
        .build()
        .unwrap();
    (0..120).for_each(|number| visit(&ranker, number));
    let learned = pollster::block_on(ranker.learn(|_| {})).unwrap();
    let verdict = pollster::block_on(ranker.promote(learned)).unwrap();
    assert!(verdict.promoted, "{verdict}");
    assert_eq!(ranker.scorer().model_id(), "skills-alone");
    assert!(skill_of_the_first(&ranker, "kafka"));
}

#[test]
fn a_model_from_elsewhere_passes_the_same_gate() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let ranker = ranker(log, Gate::by_judgments(), ListPolicy::greedy());
    (0..120).for_each(|number| visit(&ranker, number));
    let data = || pollster::block_on(ranker.training_data()).unwrap();
    let schema = ranker.features().schema().clone();
    let weights = vec![0.0; schema.len()];
    let constant = LinearScorer::new(schema, weights).unwrap();
    let refused = pollster::block_on(ranker.promote(Learned::new(constant, data()))).unwrap();
    assert!(!refused.promoted);
    let right = Model::other(BySkills::new(&ranker));
    let passed = pollster::block_on(ranker.promote(Learned::new(right, data()))).unwrap();
    assert!(passed.promoted, "{passed}");
}

#[test]
fn two_models_share_a_list_and_every_place_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let ranker = ranker(log, Gate::by_judgments(), ListPolicy::greedy());
    let job = JobDescription::new("An engineer who knows kafka").unwrap();
    // The served model likes skills; its rival does not.
    let schema = ranker.features().schema().clone();
    let mut weights = vec![0.0; schema.len()];
    weights[schema.position("skills_found").unwrap()] = -3.0;
    let rival = Arc::new(BySkills(LinearScorer::new(schema, weights).unwrap()));
    let id = RankingId::new("r1").unwrap();
    let list = pollster::block_on(ranker.interleave(&job, rival, &id)).unwrap();
    assert_eq!(list.ranked.len(), 12);
    for (ranked, team) in list.ranked.iter().zip(&list.draft.teams) {
        ranker.explain(ranked).unwrap();
        let of_rival = &*ranked.model == "skills-alone";
        assert_eq!(of_rival, *team == Some(Team::B), "{team:?}");
    }
    assert!(list.draft.teams.contains(&Some(Team::B)));
}

#[test]
fn scores_become_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let ranker = ranker(log, Gate::by_judgments(), ListPolicy::greedy());
    (0..40).for_each(|number| visit(&ranker, number));
    ranker.serve(BySkills::new(&ranker)).unwrap();
    let calibration = pollster::block_on(ranker.calibrate(Method::Platt)).unwrap();
    assert!(
        calibration.probability(0.75) > 0.8,
        "one skill of one is good"
    );
    assert!(calibration.probability(0.0) < 0.2);
    ranker
        .serve(Calibrated::new(ranker.scorer(), calibration))
        .unwrap();
    let job = JobDescription::new("An engineer who knows kafka").unwrap();
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    let range = 0.0..=1.0;
    assert!(
        ranking
            .iter()
            .all(|ranked| range.contains(&ranked.score.get()))
    );
}
