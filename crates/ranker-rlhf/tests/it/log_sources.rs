//! What one source can weigh, and what counts of what it said twice.

use ranker_core::Direction;
use ranker_rlhf::{
    Comparison, Event, EventKind, FeedbackLog, LogError, Outcome, Preference, SkipReason,
    Timestamp, Training, TrainingData,
};

use crate::support::{event, graded, impression, job, new_log, preferred, schema, source, who};

const NAMES: [&str; 2] = ["f0", "f1"];

/// Candidates `c0`, `c1` ..., whose first feature is their number.
fn shown(of: &str, candidates: usize) -> EventKind {
    let names: Vec<String> = (0..candidates).map(|n| format!("c{n}")).collect();
    let rows: Vec<[f32; 2]> = (0..candidates).map(|n| [n as f32, 0.0]).collect();
    let rows: Vec<(&str, &[f32])> = names
        .iter()
        .zip(&rows)
        .map(|(name, row)| (name.as_str(), &row[..]))
        .collect();
    impression(of, &NAMES, &rows)
}

/// Who said what: an empty name is nobody's.
fn events(said: Vec<(&str, EventKind)>) -> Vec<Event> {
    let numbered = said.into_iter().enumerate();
    numbered
        .map(|(n, (who, kind))| match who {
            "" => event(&n.to_string(), kind),
            who => event(&n.to_string(), kind).with_source(source(who)),
        })
        .collect()
}

fn training(said: Vec<(&str, EventKind)>) -> Training {
    let (_folder, log) = new_log();
    log.append(&events(said)).unwrap();
    log.comparisons(&schema(&[Direction::Any; 2])).unwrap()
}

/// The numbers of the better and the worse, and the weight.
fn told(comparison: &Comparison) -> (f32, f32, f64) {
    let number = |row: &[f32]| row[0];
    let pair = (comparison.better(), comparison.worse());
    (number(pair.0), number(pair.1), comparison.weight())
}

#[test]
fn a_flood_from_one_source_weighs_a_hundred_at_most() {
    // Each of 10,000 preferences is of another pair; 142 candidates have 10,011.
    let pairs = (0..142).flat_map(|a| (0..a).map(move |b| (a, b)));
    let flood = pairs.take(10_000).map(|(a, b)| {
        let (a, b) = (format!("c{a}"), format!("c{b}"));
        ("mallory", preferred("j", &a, &b))
    });
    let names: Vec<String> = (0..50).map(|n| format!("honest {n}")).collect();
    let honest = names
        .iter()
        .map(|name| (name.as_str(), preferred("j", "c0", "c141")));
    let mut said = vec![("", shown("j", 142))];
    said.extend(flood.chain(honest));
    let (_folder, log) = new_log();
    log.append(&events(said)).unwrap();
    let schema = schema(&[Direction::Any; 2]);
    let sums = |training: &Training| {
        let of = |honest: bool| {
            let all = training.comparisons.iter().map(told);
            let those = all.filter(|(better, ..)| (*better == 0.0) == honest);
            those.map(|(_, _, weight)| weight).sum::<f64>()
        };
        (training.comparisons.len(), of(true), of(false))
    };
    let training = log.comparisons(&schema).unwrap();
    let (count, honest, flood) = sums(&training);
    assert_eq!((count, honest), (10_050, 50.0));
    assert!((flood - 100.0).abs() < 1e-9, "{flood}");
    let [capped] = &training.capped[..] else {
        panic!("{:?}", training.capped);
    };
    assert_eq!(capped.source, Some(source("mallory")));
    assert_eq!((capped.job.as_str(), capped.weight), ("j", 10_000.0));
    let (_, honest, flood) = sums(&log.comparisons_capped(&schema, 5.0).unwrap());
    assert!((flood - 5.0).abs() < 1e-9 && honest == 50.0);
    let open = log.comparisons_capped(&schema, 1e9).unwrap();
    assert_eq!((sums(&open).2, open.capped.len()), (10_000.0, 0));
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = log.comparisons_capped(&schema, bad);
        assert!(matches!(refused, Err(LogError::Cap { .. })));
    }
}

#[test]
fn the_bound_is_by_job_and_nobody_is_one_source() {
    let mut said = vec![("", shown("j", 2)), ("", shown("k", 2))];
    said.extend((0..150).map(|_| ("", preferred("j", "c0", "c1"))));
    said.extend((0..80).map(|_| ("", preferred("k", "c0", "c1"))));
    said.push(("ann", preferred("j", "c1", "c0")));
    let training = training(said);
    let weight = |job: &str| {
        let those = training.comparisons.iter().filter(|c| c.job() == job);
        those.map(Comparison::weight).sum::<f64>()
    };
    assert!((weight("j") - 101.0).abs() < 1e-9, "{}", weight("j"));
    assert_eq!(weight("k"), 80.0);
    assert_eq!(
        (training.capped.len(), &training.capped[0].source),
        (1, &None)
    );
}

#[test]
fn of_one_person_and_pair_the_last_word_counts() {
    let tie = Preference::new(job("j"), who("c1"), who("c0"), Outcome::Tie).unwrap();
    let training = training(vec![
        ("", shown("j", 3)),
        ("ann", preferred("j", "c0", "c1")),
        ("ann", preferred("j", "c1", "c2")),
        ("bob", preferred("j", "c1", "c0")),
        ("ann", preferred("j", "c0", "c1")),
        ("ann", EventKind::Preference(tie)),
        ("", preferred("j", "c0", "c1")),
        ("", preferred("j", "c1", "c0")),
    ]);
    let all: Vec<_> = training.comparisons.iter().map(told).collect();
    let expected = [
        (1.0, 2.0, 1.0),
        (1.0, 0.0, 1.0),
        (1.0, 0.0, 1.0),
        (0.0, 1.0, 1.0),
        (1.0, 0.0, 1.0),
    ];
    assert_eq!(all, expected, "ann's tie, bob, and nobody's two");
    assert_eq!(training.comparisons[2].outcome(), Outcome::Tie);
}

#[test]
fn grades_are_compared_within_a_source() {
    let training = training(vec![
        ("", shown("j", 3)),
        ("ann", graded("j", "c0", 5)),
        ("ann", graded("j", "c1", 4)),
        ("bob", graded("j", "c1", 1)),
        ("bob", graded("j", "c2", 0)),
        ("bob", graded("j", "c2", 2)),
    ]);
    let all: Vec<_> = training.comparisons.iter().map(told).collect();
    assert_eq!(all, [(0.0, 1.0, 1.0), (2.0, 1.0, 1.0)]);
}

#[test]
fn circles_stay_and_ties_say_that_neither_is_better() {
    let all: Vec<_> = training(vec![
        ("", shown("j", 3)),
        ("ann", preferred("j", "c0", "c1")),
        ("ann", preferred("j", "c1", "c2")),
        ("ann", preferred("j", "c2", "c0")),
    ])
    .comparisons
    .iter()
    .map(told)
    .collect();
    assert_eq!(all, [(0.0, 1.0, 1.0), (1.0, 2.0, 1.0), (2.0, 0.0, 1.0)]);
    let tied = |a: &str, b: &str| {
        let tie = Preference::new(job("j"), who(a), who(b), Outcome::Tie);
        ("ann", EventKind::Preference(tie.unwrap()))
    };
    let ties = training(vec![
        ("", shown("j", 3)),
        tied("c0", "c1"),
        tied("c2", "c1"),
    ]);
    assert!(ties.comparisons.iter().all(|c| c.outcome() == Outcome::Tie));
    assert_eq!(ties.comparisons.len(), 2);
    let same = training(vec![
        ("", shown("j", 2)),
        ("ann", graded("j", "c0", 1)),
        ("ann", graded("j", "c1", 1)),
    ]);
    assert_eq!((same.comparisons.len(), same.skipped.len()), (0, 0));
}

#[test]
fn clocks_decide_nothing() {
    let at = |millis: i64, (n, (who, kind)): (usize, (&str, EventKind))| {
        let mut event = event(&n.to_string(), kind).with_source(source(who));
        event.at = Timestamp::from_millis(millis);
        event
    };
    let said = [
        ("ann", preferred("j", "c0", "c1")),
        ("ann", shown("j", 2)),
        ("ann", preferred("j", "c1", "c0")),
    ];
    // The first is from the far future, the last from before 1970, and the list was shown between.
    let times = [i64::MAX, 0, i64::MIN];
    let numbered = said.into_iter().enumerate();
    let events: Vec<Event> = times
        .into_iter()
        .zip(numbered)
        .map(|(t, e)| at(t, e))
        .collect();
    let (_folder, log) = new_log();
    log.append(&events).unwrap();
    assert_eq!(log.append(&events).unwrap().duplicates, 3, "twice is once");
    let training = log.comparisons(&schema(&[Direction::Any; 2])).unwrap();
    let all: Vec<_> = training.comparisons.iter().map(told).collect();
    assert_eq!(all, [(1.0, 0.0, 1.0)], "the order of the log counts");
}

#[test]
fn unknown_jobs_and_candidates_are_told() {
    let training = training(vec![
        ("ann", preferred("j", "c0", "stranger")),
        ("ann", preferred("nowhere", "c0", "c1")),
        ("", shown("j", 2)),
    ]);
    assert!(training.comparisons.is_empty());
    let told: Vec<_> = training
        .skipped
        .iter()
        .map(|s| (s.job.as_ref().unwrap().as_str(), s.candidate.as_str()))
        .collect();
    assert_eq!(
        told,
        [("j", "stranger"), ("nowhere", "c0"), ("nowhere", "c1")]
    );
    assert!(
        training
            .skipped
            .iter()
            .all(|s| s.reason == SkipReason::NoFeatures)
    );
}

#[test]
fn what_a_trusted_source_says_is_the_operators_own() {
    let (_folder, log) = new_log();
    let jobs: Vec<String> = (0..60).map(|n| format!("j{n}")).collect();
    let mut said = Vec::new();
    for job in &jobs {
        said.push(("", shown(job, 12)));
        said.extend((1..8).map(|n| ("ann", preferred(job, "c0", &format!("c{n}")))));
        said.push(("ann", graded(job, "c11", 1)));
    }
    log.append(&events(said)).unwrap();
    let columns = schema(&[Direction::Any; 2]);
    let pairs = |log: &FeedbackLog| log.preferred_pairs(&columns).unwrap();
    let bounded = log.comparisons(&columns).unwrap().bounded;
    assert_eq!((bounded.len(), bounded[0].most), (1, 100.0));
    assert!(pairs(&log).iter().all(|pair| pair.source() == Some("ann")));
    assert_eq!(
        (pairs(&log).len(), pairs(&log)[0].gains()),
        (420, &[1.0, 0.0][..])
    );
    let data = TrainingData::read(&log, &columns).unwrap();
    assert!(data.lists.len() <= 20 && !data.held_out_pairs.is_empty());

    let log = log.with_trusted([source("ann")]);
    let training = log.comparisons(&columns).unwrap();
    assert!(training.bounded.is_empty());
    assert!(training.comparisons.iter().all(|one| one.weight() == 1.0));
    assert!(pairs(&log).iter().all(|pair| pair.source().is_none()));
    let data = TrainingData::read(&log, &columns).unwrap();
    assert_eq!(data.lists.len() + data.held_out.len(), 60);
    assert!(data.held_out.iter().all(|list| list.source().is_none()));
}
