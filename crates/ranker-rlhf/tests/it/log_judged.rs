//! Lists of judged candidates out of the log.

use std::sync::Arc;

use ranker_core::{Direction, FeatureSchema};
use ranker_rlhf::{Action, Event, EventKind, JudgedLists, SkipReason};

use crate::support::{event, graded, impression, new_log, ranking, schema, source, who};

const NAMES: [&str; 2] = ["f0", "f1"];

fn shown() -> EventKind {
    let rows = [[0.0, 9.0], [1.0, 9.0], [2.0, 9.0], [3.0, 9.0]];
    let ids = ["a", "b", "c", "d"];
    let rows: Vec<(&str, &[f32])> = ids.into_iter().zip(rows.iter().map(|r| &r[..])).collect();
    impression("j", &NAMES, &rows)
}

fn shortlisted(candidate: &str) -> EventKind {
    EventKind::Shortlist(Action::new(ranking("r"), who(candidate)))
}

fn rejected(candidate: &str) -> EventKind {
    EventKind::Reject {
        action: Action::new(ranking("r"), who(candidate)),
        reason: String::new(),
    }
}

fn judged(said: Vec<(&str, EventKind)>) -> JudgedLists {
    let (_folder, log) = new_log();
    let numbered = said.into_iter().enumerate();
    let events: Vec<Event> = numbered
        .map(|(n, (who, kind))| event(&format!("e{n}"), kind).with_source(source(who)))
        .collect();
    log.append(&events).unwrap();
    log.judged_lists(&schema(&[Direction::Any; 2])).unwrap()
}

/// Each list's job, and its candidates' first feature and gain.
fn told(judged: &JudgedLists) -> Vec<(&str, Vec<(f32, f64)>)> {
    let list = |list: &'_ ranker_rlhf::JudgedList| {
        let rows = list.features().rows().map(|row| row[0]);
        rows.zip(list.gains().iter().copied()).collect()
    };
    judged.lists.iter().map(|l| (l.job(), list(l))).collect()
}

#[test]
fn grades_shortlists_and_rejections_become_gains() {
    let click = EventKind::Click(Action::new(ranking("r"), who("d")));
    let judged = judged(vec![
        ("ann", shortlisted("c")),
        ("ann", shown()),
        ("ann", graded("j", "a", 1)),
        ("ann", graded("j", "a", 4)),
        ("ann", rejected("a")),
        ("ann", shortlisted("b")),
        ("ann", rejected("b")),
        ("ann", click),
        ("ann", impression("k", &NAMES, &[("a", &[5.0, 0.0])])),
        ("ann", graded("k", "a", 0)),
    ]);
    assert_eq!(judged.skipped, []);
    let j = vec![(0.0, 15.0), (1.0, 0.0), (2.0, 3.0)];
    assert_eq!(told(&judged), [("j", j), ("k", vec![(5.0, 0.0)])]);
}

#[test]
fn sources_share_a_gain() {
    let judged = judged(vec![
        ("ann", shown()),
        ("ann", graded("j", "a", 3)),
        ("bob", graded("j", "a", 0)),
        ("bob", graded("j", "a", 1)),
        ("eve", rejected("a")),
        ("eve", shortlisted("a")),
    ]);
    assert_eq!(told(&judged), [("j", vec![(0.0, (7.0 + 1.0 + 3.0) / 3.0)])]);
}

#[test]
fn what_cannot_be_used_is_told() {
    let judged = judged(vec![
        ("ann", shown()),
        ("ann", graded("j", "stranger", 1)),
        ("ann", shortlisted("stranger")),
        (
            "ann",
            EventKind::Shortlist(Action::new(ranking("unknown"), who("a"))),
        ),
        ("ann", graded("j", "a", -1)),
        ("ann", graded("j", "b", 32)),
        ("bob", graded("j", "b", 31)),
        ("ann", graded("nowhere", "a", 1)),
        (
            "ann",
            impression("j", &["f0", "x"], &[("old", &[1.0, 1.0])]),
        ),
        ("ann", graded("j", "old", 1)),
    ]);
    assert_eq!(told(&judged), [("j", vec![(1.0, 2_147_483_647.0)])]);
    let mut skipped: Vec<_> = judged
        .skipped
        .iter()
        .map(|s| {
            (
                s.event.as_str(),
                s.job.as_ref().map(|j| j.as_str()),
                s.reason,
            )
        })
        .collect();
    skipped.sort_by_key(|s| s.0);
    let expected = [
        ("e1", Some("j"), SkipReason::NoFeatures),
        ("e2", None, SkipReason::NotShown),
        ("e3", None, SkipReason::NotShown),
        ("e4", Some("j"), SkipReason::Grade),
        ("e5", Some("j"), SkipReason::Grade),
        ("e7", Some("nowhere"), SkipReason::NoFeatures),
        ("e9", Some("j"), SkipReason::OtherFeatures),
    ];
    assert_eq!(skipped, expected);
}

#[test]
fn nothing_judged_and_no_columns_give_no_lists() {
    let (_folder, log) = new_log();
    log.append(&[event("1", shown()), event("2", graded("j", "a", 1))])
        .unwrap();
    let none = Arc::new(FeatureSchema::new(vec![]).unwrap());
    assert_eq!(log.judged_lists(&none).unwrap(), JudgedLists::default());
    let (_folder, log) = new_log();
    log.append(&[event("1", shown())]).unwrap();
    let lists = log.judged_lists(&schema(&[Direction::Any; 2])).unwrap();
    assert_eq!(lists, JudgedLists::default());
    // All alike is a list all the same: it is the learner's to say that there is nothing in it.
    let same = judged(vec![
        ("ann", shown()),
        ("ann", graded("j", "a", 1)),
        ("ann", graded("j", "b", 1)),
    ]);
    assert_eq!(told(&same), [("j", vec![(0.0, 1.0), (1.0, 1.0)])]);
}
