//! The log as a table.

use std::io::{self, Write};

use expect_test::expect;
use ranker_rlhf::{Action, EventKind, Impression, LogError, Outcome, Preference, Shown};

use crate::support::{event, graded, job, new_log, preferred, ranking, source, who};

#[test]
fn a_row_an_event_and_a_row_a_shown_candidate() {
    let (_folder, log) = new_log();
    let shown = vec![
        Shown::new(who("a"), 1).with_propensity(0.5),
        Shown::new(who("b"), 2),
    ];
    let shown = Impression::new(ranking("r"), job("j"), "m", shown).unwrap();
    let names = vec!["dense".to_owned(), "a \"b\"".to_owned()];
    let shown = shown.with_features(names, vec![vec![0.1, 1.0], vec![-1.0, 2.5]]);
    let nobody = Impression::new(ranking("r2"), job("j"), "m", vec![]).unwrap();
    let tie = Preference::new(job("j"), who("a"), who("b"), Outcome::Tie).unwrap();
    let reject = EventKind::Reject {
        action: Action::new(ranking("r"), who("b")),
        reason: "=HYPERLINK(\"http://x\"), he\nsaid".to_owned(),
    };
    let kinds = [
        EventKind::Impression(shown.unwrap()),
        EventKind::Impression(nobody),
        EventKind::Seen(Action::new(ranking("r"), who("a"))),
        reject,
        preferred("j", "@a", "'b"),
        EventKind::Preference(tie),
        graded("-j", "a", -2),
    ];
    let events = kinds.into_iter().zip('1'..);
    let events: Vec<_> = events
        .map(|(kind, id)| event(&id.to_string(), kind).with_source(source("eve, of \"x\"")))
        .collect();
    log.append(&events).unwrap();
    let mut table = Vec::new();
    assert_eq!(log.export_csv(&mut table).unwrap(), 8);
    let table = String::from_utf8(table).unwrap();
    assert_eq!(table.matches("\r\n").count(), 9);
    expect![[r#"
        seq,event,at,source,kind,job,ranking,model,candidate,other,position,propensity,grade,reason,features
        1,1,1700000000000,"eve, of ""x""",impression,j,r,m,a,,1,0.5,,,"{""dense"":0.1,""a \""b\"""":1.0}"
        1,1,1700000000000,"eve, of ""x""",impression,j,r,m,b,,2,,,,"{""dense"":-1.0,""a \""b\"""":2.5}"
        2,2,1700000000000,"eve, of ""x""",impression,j,r2,m,,,,,,,
        3,3,1700000000000,"eve, of ""x""",seen,,r,,a,,,,,,
        4,4,1700000000000,"eve, of ""x""",reject,,r,,b,,,,,"'=HYPERLINK(""http://x""), he
        said",
        5,5,1700000000000,"eve, of ""x""",preference,j,,,'@a,''b,,,,,
        6,6,1700000000000,"eve, of ""x""",tie,j,,,a,b,,,,,
        7,7,1700000000000,"eve, of ""x""",grade,'-j,,,a,,,,-2,,
    "#]]
    .assert_eq(&table.replace("\r\n", "\n"));
}

/// A disk that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_table_that_cannot_be_written_is_told() {
    let (_folder, log) = new_log();
    assert!(matches!(log.export_csv(Full), Err(LogError::Export { .. })));
    let mut empty = Vec::new();
    assert_eq!(log.export_csv(&mut empty).unwrap(), 0);
    assert!(empty.starts_with(b"seq,"));
}
