//! What was acknowledged survives the death of the process.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use ranker_rlhf::FeedbackLog;

use crate::support::{event, graded};

/// Says to the child which log to write to.
const PATH: &str = "RANKER_TEST_LOG_TO_DIE_WITH";

/// Events of one call: they must all be there or none.
const BATCH: usize = 3;

#[test]
#[ignore = "the test below runs it in a process of its own"]
fn child() {
    let Some(path) = env::var_os(PATH) else {
        return;
    };
    let log = FeedbackLog::open(path).unwrap();
    let first = log.events().count() / BATCH;
    for batch in first.. {
        let of = |n| {
            event(
                &format!("{batch} {n}"),
                graded("j", &format!("c{n}"), batch as i32),
            )
        };
        log.append(&(0..BATCH).map(of).collect::<Vec<_>>()).unwrap();
        // Not `println!`: the test harness would keep it.
        let mut out = std::io::stdout();
        writeln!(out, "stored {batch}")
            .and_then(|()| out.flush())
            .unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let mut stored = 0;
    for round in 1..=4 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--ignored", "--nocapture"])
            .env(PATH, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = Vec::new();
        let stored_line = |line: &str| {
            line.split_once("stored ")
                .map(|(_, n)| n.parse::<usize>().unwrap())
        };
        while acknowledged.len() < 10 * round {
            let line = lines
                .next()
                .expect("the child writes until it is killed")
                .unwrap();
            acknowledged.extend(stored_line(&line));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died, and the parent had not read yet.
        acknowledged.extend(
            lines
                .map_while(Result::ok)
                .filter_map(|line| stored_line(&line)),
        );

        let log = FeedbackLog::open(&path).unwrap();
        let events: Vec<_> = log.events().map(|logged| logged.unwrap().event).collect();
        let expected = (0..events.len()).map(|at| format!("{} {}", at / BATCH, at % BATCH));
        assert!(events.iter().map(|e| e.id.to_string()).eq(expected));
        assert_eq!(events.len() % BATCH, 0, "a call is stored as a whole");
        let batches: Vec<usize> = (stored..stored + acknowledged.len()).collect();
        assert_eq!(acknowledged, batches);
        // One call may have been stored and not yet acknowledged.
        let found = events.len() / BATCH - stored;
        assert!(
            (acknowledged.len()..=acknowledged.len() + 1).contains(&found),
            "round {round}"
        );
        stored += found;
    }
}
