//! Logs that were cut, and feedback on things that are not known.

use std::fs;

use ranker_core::Direction;
use ranker_rlhf::{Action, Event, EventKind, FeedbackLog, LogError};

use crate::support::{event, graded, new_log, preferred, ranking, schema, who};

/// Events of one call: they must all be there or none.
const BATCH: usize = 5;

fn events(calls: usize) -> Vec<Event> {
    let events = (0..calls * BATCH).map(|n| event(&n.to_string(), graded("j", "a", n as i32)));
    events.collect()
}

#[test]
fn a_journal_cut_at_any_byte_keeps_whole_calls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    drop(FeedbackLog::open(&path).unwrap());
    let log = FeedbackLog::open(&path).unwrap();
    let events = events(4);
    for events in events.chunks(BATCH) {
        log.append(events).unwrap();
    }
    // As a machine that dies leaves them: the journal still holds what was written last.
    let file = fs::read(&path).unwrap();
    let journal = fs::read(path.with_extension("db-wal")).unwrap();
    drop(log);
    assert!(!journal.is_empty());
    let copy = folder.path().join("copy.db");
    let mut most = 0;
    let lengths = (0..journal.len()).step_by(307).chain([journal.len()]);
    for length in lengths {
        let _ = fs::remove_file(copy.with_extension("db-shm"));
        fs::write(&copy, &file).unwrap();
        fs::write(copy.with_extension("db-wal"), &journal[..length]).unwrap();
        let log = FeedbackLog::open(&copy).unwrap();
        let found: Vec<Event> = log.events().map(|logged| logged.unwrap().event).collect();
        assert_eq!(found.len() % BATCH, 0, "{length}");
        assert_eq!(found[..], events[..found.len()], "{length}");
        assert!(found.len() >= most, "a longer journal holds no less");
        most = found.len();
    }
    assert_eq!(most, events.len());
}

#[test]
fn lines_cut_at_any_byte_are_whole_or_nothing() {
    let (_folder, log) = new_log();
    log.append(&events(2)).unwrap();
    let mut lines = Vec::new();
    log.export_jsonl(&mut lines).unwrap();
    let (_folder, other) = new_log();
    let mut before = 0;
    for length in 0..=lines.len() {
        match other.import_jsonl(&lines[..length]) {
            Ok(appended) => before += appended.stored,
            Err(error) => assert!(matches!(error, LogError::Line { .. }), "{error}"),
        }
        assert_eq!(other.events().count(), before, "{length}");
    }
    assert_eq!(before, 2 * BATCH);
}

#[test]
fn feedback_on_unknown_things_is_kept_and_not_learned_from() {
    let (_folder, log) = new_log();
    let action = || Action::new(ranking("nowhere"), who("nobody"));
    let kinds = vec![
        EventKind::Seen(action()),
        EventKind::Click(action()),
        EventKind::Opened(action()),
        EventKind::Shortlist(action()),
        EventKind::Reject {
            action: action(),
            reason: String::new(),
        },
        preferred("no job", "nobody", "no one"),
        graded("no job", "nobody", 3),
    ];
    let events = kinds.into_iter().zip('a'..);
    let events: Vec<Event> = events
        .map(|(kind, id)| event(&id.to_string(), kind))
        .collect();
    assert_eq!(log.append(&events).unwrap().stored, 7);
    let schema = schema(&[Direction::Any; 2]);
    let training = log.comparisons(&schema).unwrap();
    assert_eq!((training.comparisons.len(), training.skipped.len()), (0, 3));
    let judged = log.judged_lists(&schema).unwrap();
    assert_eq!((judged.lists.len(), judged.skipped.len()), (0, 3));
    assert_eq!(log.shown_lists(&schema).unwrap().count(), 0);
}

#[test]
fn an_erased_person_was_never_learned_from() {
    let row = |x: f32| [x, 0.0];
    let rows = [row(0.0), row(1.0), row(2.0)];
    let shown = |ids: &[&str]| {
        let rows: Vec<(&str, &[f32])> = ids
            .iter()
            .map(|id| (*id, &rows[usize::from(id.as_bytes()[0] - b'a')][..]))
            .collect();
        crate::support::impression("j", &["f0", "f1"], &rows)
    };
    let said = |ids: &[&str]| {
        let mut kinds = vec![shown(ids)];
        for (a, b) in [("a", "b"), ("b", "c"), ("c", "a")] {
            if ids.contains(&a) && ids.contains(&b) {
                kinds.push(preferred("j", a, b));
            }
        }
        kinds.extend(
            ids.iter()
                .zip(0..)
                .map(|(id, _)| graded("j", id, i32::from(*id == "a"))),
        );
        let kinds = kinds.into_iter().enumerate();
        let events = kinds.map(|(n, kind)| event(&n.to_string(), kind));
        let (folder, log) = new_log();
        log.append(&events.collect::<Vec<_>>()).unwrap();
        (folder, log)
    };
    let (_folder, erased) = said(&["a", "b", "c"]);
    erased.erase(&who("b")).unwrap();
    let (_folder, never) = said(&["a", "c"]);
    let schema = schema(&[Direction::Any; 2]);
    assert_eq!(
        erased.comparisons(&schema).unwrap(),
        never.comparisons(&schema).unwrap()
    );
    assert_eq!(
        erased.judged_lists(&schema).unwrap(),
        never.judged_lists(&schema).unwrap()
    );
}
