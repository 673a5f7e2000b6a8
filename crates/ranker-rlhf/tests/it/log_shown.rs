//! Shown lists with what was done with them.

use ranker_core::Direction;
use ranker_rlhf::{
    Action, Event, EventKind, FeedbackLog, Impression, LogError, Place, Shown, ShownList,
};
use rusqlite::Connection;

use crate::support::{event, graded, impression, job, new_log, ranking, schema, source, who};

fn page(of: &str, first: u32, candidates: &[&str]) -> EventKind {
    let shown = candidates.iter().zip(first..);
    let shown = shown.map(|(id, at)| Shown::new(who(id), at).with_propensity(0.5));
    let shown = Impression::new(ranking(of), job("j"), "m", shown.collect()).unwrap();
    let rows = candidates
        .iter()
        .zip(first..)
        .map(|(_, at)| vec![at as f32, 7.0]);
    let names = vec!["f1".to_owned(), "f0".to_owned()];
    EventKind::Impression(shown.with_features(names, rows.collect()).unwrap())
}

fn act(of: &str, candidate: &str) -> Action {
    Action::new(ranking(of), who(candidate))
}

fn lists(log: &FeedbackLog) -> Vec<ShownList> {
    let lists = log.shown_lists(&schema(&[Direction::Any; 2])).unwrap();
    lists.map(Result::unwrap).collect()
}

fn append(log: &FeedbackLog, kinds: Vec<EventKind>) {
    let numbered = kinds.into_iter().enumerate();
    let events: Vec<Event> = numbered
        .map(|(n, kind)| event(&format!("e{n}"), kind).with_source(source("ann")))
        .collect();
    log.append(&events).unwrap();
}

fn flags(place: &Place) -> (&str, u32, Option<bool>, String) {
    let done = [
        (place.clicked, 'c'),
        (place.opened, 'o'),
        (place.shortlisted, 's'),
        (place.rejected, 'r'),
    ];
    let done = done.iter().filter(|(done, _)| *done).map(|(_, sign)| sign);
    let candidate = place.candidate.as_str();
    (candidate, place.position, place.seen, done.collect())
}

#[test]
fn pages_of_a_ranking_are_one_list_with_its_acts() {
    let (_folder, log) = new_log();
    let reject = EventKind::Reject {
        action: act("r", "b"),
        reason: String::new(),
    };
    append(
        &log,
        vec![
            // Acts before the list, twice, and on those whom nobody was shown.
            EventKind::Click(act("r", "a")),
            EventKind::Click(act("r", "stranger")),
            EventKind::Click(act("unknown", "a")),
            page("r", 3, &["c", "d"]),
            page("other", 1, &["a"]),
            page("r", 1, &["a", "b"]),
            page("r", 1, &["b", "a"]),
            EventKind::Click(act("r", "a")),
            EventKind::Opened(act("r", "a")),
            EventKind::Seen(act("r", "a")),
            EventKind::Seen(act("r", "b")),
            EventKind::Shortlist(act("r", "d")),
            reject,
            graded("j", "c", 1),
        ],
    );
    let lists = lists(&log);
    let [first, other] = &lists[..] else {
        panic!("{lists:?}");
    };
    let places: Vec<_> = first.places.iter().map(flags).collect();
    let expected = [
        ("a", 1, Some(true), "co".to_owned()),
        ("b", 2, Some(true), "r".to_owned()),
        ("c", 3, Some(false), String::new()),
        ("d", 4, Some(false), "s".to_owned()),
    ];
    assert_eq!(places, expected);
    assert!(
        first
            .places
            .iter()
            .all(|place| place.propensity == Some(0.5))
    );
    assert_eq!((first.ranking.as_str(), first.job.as_str()), ("r", "j"));
    assert_eq!(
        (&first.source, first.model.as_str()),
        (&Some(source("ann")), "m")
    );
    let rows: Vec<&[f32]> = first.features.as_ref().unwrap().rows().collect();
    assert_eq!(rows, [[7.0, 1.0], [7.0, 2.0], [7.0, 3.0], [7.0, 4.0]]);
    let places: Vec<_> = other.places.iter().map(flags).collect();
    assert_eq!(places, [("a", 1, None, String::new())], "nobody watched it");
}

#[test]
fn lists_without_all_features_are_lists_too() {
    let (_folder, log) = new_log();
    let bare = Impression::new(
        ranking("bare"),
        job("j"),
        "m",
        vec![Shown::new(who("a"), 1)],
    );
    let nobody = Impression::new(ranking("nobody"), job("j"), "m", vec![]).unwrap();
    append(
        &log,
        vec![
            EventKind::Impression(bare.unwrap()),
            impression("j", &["f0", "x"], &[("a", &[1.0, 2.0])]),
            EventKind::Impression(nobody),
        ],
    );
    let lists = lists(&log);
    let sizes: Vec<_> = lists.iter().map(|list| list.places.len()).collect();
    assert_eq!(sizes, [1, 1, 0]);
    assert!(lists[..2].iter().all(|list| list.features.is_none()));
}

#[test]
fn somebody_erased_leaves_a_gap() {
    let (_folder, log) = new_log();
    append(
        &log,
        vec![
            page("r", 1, &["a", "b", "c"]),
            EventKind::Click(act("r", "b")),
            page("alone", 1, &["b"]),
        ],
    );
    let schema = schema(&[Direction::Any; 2]);
    let mut lists = log.shown_lists(&schema).unwrap();
    log.erase(&who("b")).unwrap();
    let list = lists.next().unwrap().unwrap();
    let places: Vec<_> = list.places.iter().map(flags).collect();
    assert_eq!(
        places,
        [("a", 1, None, String::new()), ("c", 3, None, String::new())]
    );
    assert!(lists.next().is_none(), "its impression went with it");
}

#[test]
fn sessions_go_down_to_the_first_gap() {
    let (_folder, log) = new_log();
    append(
        &log,
        vec![
            page("r", 1, &["a", "b", "c"]),
            EventKind::Click(act("r", "b")),
            EventKind::Shortlist(act("r", "a")),
            page("watched", 1, &["c", "b"]),
            EventKind::Seen(act("watched", "c")),
            page("below", 11, &["d"]),
            page("gap", 1, &["a", "erased", "b"]),
            EventKind::Impression(
                Impression::new(ranking("nobody"), job("j"), "m", vec![]).unwrap(),
            ),
        ],
    );
    log.erase(&who("erased")).unwrap();
    let found = log.sessions(&schema(&[Direction::Any; 2])).unwrap();
    let told: Vec<_> = found
        .sessions
        .iter()
        .map(|s| (s.id().unwrap(), s.clicked().to_vec(), s.examined()))
        .collect();
    let (yes, no) = (Some(true), Some(false));
    let expected = [
        ("r", vec![false, true, false], vec![yes, yes, None]),
        ("watched", vec![false, false], vec![yes, no]),
        ("gap", vec![false], vec![None]),
    ];
    assert_eq!(told, expected);
    assert!(
        found
            .sessions
            .iter()
            .all(|s| s.source() == Some("ann") && s.job() == "j")
    );
    assert!(found.sessions.iter().all(|s| s.propensities().is_none()));
    let [(job, candidates, rows)] = &found.features[..] else {
        panic!("{found:?}");
    };
    let names: Vec<&str> = candidates.iter().map(|c| c.as_str()).collect();
    assert_eq!((job.as_str(), names), ("j", vec!["a", "b", "c", "d"]));
    assert_eq!(rows.row(3), Some(&[7.0, 11.0][..]));
    assert_eq!(found.click_log().unwrap().sessions(), 3);
}

#[test]
fn damage_ends_it() {
    let (_folder, log) = new_log();
    append(&log, vec![page("r", 1, &["a"])]);
    let other = Connection::open(log.path()).unwrap();
    let insert = "INSERT INTO events (id, at, kind, body) VALUES ('x', 0, 'impression', '{}')";
    other.execute(insert, []).unwrap();
    let refused = log.shown_lists(&schema(&[Direction::Any; 2]));
    assert!(matches!(refused, Err(LogError::Damaged { .. })));
    let table = log.export_csv(Vec::new());
    assert!(matches!(table, Err(LogError::Damaged { .. })));
}
