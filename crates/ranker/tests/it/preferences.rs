//! What was said of people whom no ranking showed: it is recorded, learned from, and judged.

use ranker::core::CandidateId;
use ranker::rlhf::gate::{Gate, Reason, Verdict};
use ranker::rlhf::{
    Appended, Event, EventId, EventKind, FeedbackLog, JobId, Outcome, Preference, SourceId,
    Timestamp,
};
use ranker::score::Features;
use ranker::{Error, Fact, Filter, JobDescription, Profile, Ranker, RankerBuilder};

use crate::fakes::{FakeEmbedder, ids_only, store};

/// Twelve people who say the same of themselves, with 3 to 14 years.
fn people() -> Vec<Profile> {
    (0..12)
        .map(|i| {
            let years = Fact::Number(f64::from(i + 3));
            let profile = Profile::new(format!("p{i:02}"), format!("Engineer. Note n{i}."));
            profile
                .unwrap()
                .with_fact("years_experience", years)
                .unwrap()
        })
        .collect()
}

/// It shows two of the twelve.
fn builder(folder: &tempfile::TempDir) -> RankerBuilder {
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    Ranker::builder(FakeEmbedder, ids_only(&people()))
        .profile_store(store(people()))
        .features(Features::new())
        .feedback(log)
        .gate(Gate::by_judgments())
        .top_k(2)
        .candidates(2)
}

fn job(number: usize) -> JobDescription {
    let text = format!("Job {number}: an engineer with at least 2 years of experience");
    let job = JobDescription::new(text).unwrap();
    // Nobody passes, and all are measured.
    job.with_filter(Filter::at_least("years_experience", 99.0))
}

fn id(number: usize) -> CandidateId {
    CandidateId::new(format!("p{:02}", number % 12)).unwrap()
}

fn event(id: &str, kind: EventKind, source: Option<&str>) -> Event {
    let event = Event::new(EventId::new(id).unwrap(), Timestamp::from_millis(0), kind);
    match source {
        Some(source) => event.with_source(SourceId::new(source).unwrap()),
        None => event,
    }
}

/// Says of a job that those with fewer years are better: three times.
fn say(ranker: &Ranker, number: usize, source: Option<&str>) -> Appended {
    let (job, of) = (job(number), JobId::of(&job(number)));
    let pairs = [0, 1, 2].map(|at| [number + at, number + at + 5]);
    let pairs = pairs.map(|pair| {
        let [a, b] = pair.map(id);
        if a < b { [a, b] } else { [b, a] }
    });
    let compared = pairs.concat();
    let measured = pollster::block_on(ranker.measure(of.clone(), &job, &compared)).unwrap();
    let name = measured.ranking().to_string();
    let mut events = vec![event(&name, EventKind::Impression(measured), None)];
    for [better, worse] in pairs {
        let name = format!("{of} {better} {worse}");
        let said = Preference::new(of.clone(), better, worse, Outcome::Preferred).unwrap();
        events.push(event(&name, EventKind::Preference(said), source));
    }
    pollster::block_on(ranker.record(events)).unwrap()
}

fn verdict(ranker: &Ranker) -> Verdict {
    let learned = pollster::block_on(ranker.learn(|_| {})).unwrap();
    pollster::block_on(ranker.promote(learned)).unwrap()
}

#[test]
fn preferences_on_people_never_shown_become_a_model_through_the_gate() {
    let folder = tempfile::tempdir().unwrap();
    let ranker = builder(&folder).build().unwrap();
    for number in 0..100 {
        assert_eq!(say(&ranker, number, None).stored, 4);
    }
    let again = say(&ranker, 7, None);
    assert_eq!(
        (again.stored, again.duplicates),
        (0, 4),
        "once, however often"
    );
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let shown = log.shown_lists(ranker.features().schema()).unwrap();
    assert_eq!(shown.count(), 0, "nobody looked at a list");

    let verdict = verdict(&ranker);
    assert!(verdict.promoted, "{verdict}");
    let (gain, least) = verdict.numbers.ndcg.unwrap();
    assert!(gain > least && least > 0.0);
    let everyone = JobDescription::new("An engineer with at least 2 years of experience").unwrap();
    let wide = builder(&folder).top_k(12);
    let wide = wide.scorer(ranker.scorer()).build().unwrap();
    let ranking = pollster::block_on(wide.rank(&everyone)).unwrap();
    let mut first: Vec<&str> = ranking.iter().map(|ranked| ranked.id().as_str()).collect();
    first.truncate(6);
    first.sort_unstable();
    assert_eq!(
        first,
        ["p00", "p01", "p02", "p03", "p04", "p05"],
        "fewest years"
    );
}

#[test]
fn few_jobs_are_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let ranker = builder(&folder).build().unwrap();
    for number in 0..20 {
        say(&ranker, number, None);
    }
    let verdict = verdict(&ranker);
    let few = |reason: &Reason| matches!(reason, Reason::NoHeldOut { .. } | Reason::NothingHeldOut);
    assert!(verdict.reasons.iter().any(few), "{verdict}");
}

#[test]
fn one_named_source_decides_only_where_it_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let ranker = builder(&folder).build().unwrap();
    for number in 0..100 {
        say(&ranker, number, Some("ann"));
    }
    let before = ranker.scorer().model_id().to_owned();
    let refused = verdict(&ranker);
    assert!(
        matches!(&refused.reasons[0], Reason::SourceAlone { source } if &**source == "ann"),
        "{refused}"
    );
    assert_eq!(ranker.scorer().model_id(), before);
    drop(ranker);

    let own = builder(&folder).trusted([SourceId::new("ann").unwrap()]);
    let verdict = verdict(&own.build().unwrap());
    assert!(verdict.promoted, "{verdict}");
}

#[test]
fn whom_the_retriever_does_not_know_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ranker = builder(&folder).build().unwrap();
    let nobody = CandidateId::new("nobody").unwrap();
    let (job, of) = (job(0), JobId::of(&job(0)));
    let asked = [id(1), nobody.clone()];
    let error = pollster::block_on(ranker.measure(of, &job, &asked)).unwrap_err();
    assert_eq!(error.to_string(), "the retriever does not find nobody");
    assert!(matches!(error, Error::NotRetrieved { ids } if ids == [nobody]));
}
