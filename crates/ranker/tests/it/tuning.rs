//! A tuned encoder: its pairs from the log, its index beside the old one, and the gate before it.

use std::collections::HashMap;
use std::sync::Arc;

use ranker::core::{EmbedError, Embedded, Embedder, Role, TokenEmbeddings};
use ranker::retrieve::ProfileIndex;
use ranker::rlhf::gate::Gate;
use ranker::rlhf::{Event, EventId, EventKind, FeedbackLog, JobId, Timestamp};
use ranker::{BuildError, Error, JobDescription, Profile, Ranker};

use crate::fakes::FakeEmbedder;

/// What jobs say, and what profiles say of the same. As long as each other, so that spans stay.
const WORDS: [(&str, &str); 4] = [
    ("cooking", "kitchen"),
    ("driving", "lorries"),
    ("nursing", "patient"),
    ("farming", "harvest"),
];

/// The word counts, knowing which words of jobs mean which of profiles.
#[derive(Debug)]
struct FakeTuned;

fn meant(texts: &[&str]) -> Vec<String> {
    let meant = |text: &&str| {
        let start = (*text).to_owned();
        WORDS
            .iter()
            .fold(start, |text, (job, profile)| text.replace(job, profile))
    };
    texts.iter().map(meant).collect()
}

impl Embedder for FakeTuned {
    fn dimension(&self) -> usize {
        FakeEmbedder.dimension()
    }

    fn model_id(&self) -> &str {
        "fake tuned word counts"
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let texts = meant(texts);
        FakeEmbedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>(), role)
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        let texts = meant(texts);
        FakeEmbedder.embed_tokens(&texts.iter().map(String::as_str).collect::<Vec<_>>(), role)
    }
}

fn person(number: usize) -> Profile {
    let (_, word) = WORDS[number % WORDS.len()];
    Profile::new(
        format!("p{number:02}"),
        format!("Ten years of {word}. Note n{number}."),
    )
    .unwrap()
}

fn people() -> Vec<Profile> {
    (0..24).map(person).collect()
}

fn job(number: usize) -> (JobId, JobDescription) {
    let (word, _) = WORDS[number % WORDS.len()];
    let text = format!("Somebody for {word}, place {number}");
    let id = JobId::new(format!("job {number}")).unwrap();
    (id, JobDescription::new(text).unwrap())
}

/// 150 jobs, for each of which twelve people were graded: those who can do it 2, others 0.
fn graded(log: &FeedbackLog) -> HashMap<JobId, JobDescription> {
    let mut events = Vec::new();
    for number in 0..150 {
        for who in 0..12 {
            let kind = EventKind::Grade {
                job: job(number).0,
                candidate: person(who).id().clone(),
                grade: if number % WORDS.len() == who % WORDS.len() {
                    2
                } else {
                    0
                },
            };
            let id = EventId::new(format!("{number} {who}")).unwrap();
            events.push(Event::new(id, Timestamp::from_millis(0), kind));
        }
    }
    log.append(&events).unwrap();
    (0..150).map(job).collect()
}

fn ranker(embedder: impl Embedder + 'static, index: Arc<ProfileIndex>, log: FeedbackLog) -> Ranker {
    let builder = Ranker::builder(embedder, index).feedback(log);
    builder.gate(Gate::by_judgments()).build().unwrap()
}

#[test]
fn the_log_becomes_pairs_of_texts_without_the_jobs_held_out() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.db")).unwrap();
    let mut jobs = graded(&log);
    let index = Arc::new(ProfileIndex::embed(people(), &FakeEmbedder).unwrap());
    index.remove(person(0).id()).unwrap();
    let learned = jobs.keys().find(|id| !id.is_held_out()).unwrap().clone();
    jobs.remove(&learned);
    let ranker = ranker(FakeEmbedder, index.clone(), log);

    let tuning = pollster::block_on(ranker.tuning_pairs(&jobs, &*index)).unwrap();
    assert_eq!(tuning.unknown_jobs.iter().collect::<Vec<_>>(), [&learned]);
    assert!(tuning.unknown_candidates.iter().eq([person(0).id()]));
    assert!(tuning.pairs.len() > 200, "{}", tuning.pairs.len());
    for pair in &tuning.pairs {
        let id = JobId::new(pair.group.clone().unwrap()).unwrap();
        assert!(!id.is_held_out());
        assert_eq!(pair.query, jobs[&id].full_text());
        let meant = meant(&[&pair.query]).remove(0);
        let word = WORDS
            .iter()
            .map(|(_, word)| *word)
            .find(|word| meant.contains(*word));
        assert!(pair.positive.contains(word.unwrap()), "{pair:?}");
        assert_eq!(pair.negatives.len(), 4);
        assert!(
            pair.negatives
                .iter()
                .all(|text| !text.contains(word.unwrap()))
        );
        assert_eq!(pair.weight, Some(1.0));
    }
}

#[test]
fn a_tuned_encoder_passes_the_gate_or_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = || FeedbackLog::open(&path).unwrap();
    let jobs = graded(&log());
    let old = Arc::new(ProfileIndex::embed(people(), &FakeEmbedder).unwrap());
    let new = Arc::new(old.reembed(&FakeTuned, &mut |_, _| ()).unwrap());
    let (serving, tuned) = (
        ranker(FakeEmbedder, old, log()),
        ranker(FakeTuned, new, log()),
    );

    let mut said = Vec::new();
    let progress = |done, total| said.push((done, total));
    let verdict = pollster::block_on(serving.judge(&tuned, &jobs, progress)).unwrap();
    assert!(verdict.promoted, "{verdict}");
    assert!(verdict.candidate.ends_with("on fake tuned word counts"));
    let held_out = jobs.keys().filter(|id| id.is_held_out()).count();
    assert_eq!(said.last(), Some(&(held_out, held_out)));

    let verdict = pollster::block_on(tuned.judge(&serving, &jobs, |_, _| ())).unwrap();
    assert!(!verdict.promoted, "{verdict}");
    let same = pollster::block_on(tuned.judge(&tuned, &jobs, |_, _| ())).unwrap();
    assert!(!same.promoted);
    let unknown = pollster::block_on(serving.judge(&tuned, &HashMap::new(), |_, _| ())).unwrap();
    assert!(!unknown.promoted, "nothing was judged");
}

#[test]
fn an_index_of_another_encoder_is_refused() {
    let old = ProfileIndex::embed(people(), &FakeEmbedder).unwrap();
    let new = old.reembed(&FakeTuned, &mut |_, _| ()).unwrap();
    let refused = Ranker::builder(FakeEmbedder, new).build();
    let Err(BuildError::Encoder {
        indexed, encoder, ..
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (&*indexed, &*encoder),
        ("fake tuned word counts", "fake word counts")
    );
}

#[test]
fn without_a_log_there_is_nothing_to_tune_on() {
    let index = Arc::new(ProfileIndex::embed(people(), &FakeEmbedder).unwrap());
    let ranker = Ranker::builder(FakeEmbedder, index.clone())
        .build()
        .unwrap();
    let pairs = pollster::block_on(ranker.tuning_pairs(&HashMap::new(), &*index));
    assert!(matches!(pairs, Err(Error::NoLog)));
    let judged = pollster::block_on(ranker.judge(&ranker, &HashMap::new(), |_, _| ()));
    assert!(matches!(judged, Err(Error::NoLog)));
}
