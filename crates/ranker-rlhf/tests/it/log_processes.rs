//! Several processes write to one log at once.

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use ranker_rlhf::FeedbackLog;

use crate::support::{event, graded, impression, new_log, source};

/// Says to a child which log to write to, and as whom.
const PATH: &str = "RANKER_TEST_LOG_TO_SHARE";
const NAME: &str = "RANKER_TEST_LOG_WRITER";

const CALLS: usize = 40;

#[test]
#[ignore = "the test below runs it in processes of its own"]
fn child() {
    let (Some(path), Ok(name)) = (env::var_os(PATH), env::var(NAME)) else {
        return;
    };
    let log = FeedbackLog::open(path).unwrap();
    for n in 0..CALLS {
        let own = event(&format!("{name} {n}"), graded("j", "a", n as i32));
        let shared = event(&format!("shared {n}"), graded("j", "b", n as i32));
        log.append(&[own.with_source(source(&name)), shared])
            .unwrap();
    }
}

#[test]
fn processes_share_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let children: Vec<_> = ["ann", "bob", "eve"]
        .map(|name| {
            Command::new(env::current_exe().unwrap())
                .args(["--exact", "log_processes::child", "--ignored"])
                .env(PATH, &path)
                .env(NAME, name)
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .into();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let log = FeedbackLog::open(&path).unwrap();
    let events: Vec<_> = log.events().map(|logged| logged.unwrap().event).collect();
    assert_eq!(events.len(), 4 * CALLS, "what all sent is stored once");
    for name in ["ann", "bob", "eve"] {
        let own = events.iter().filter(|e| e.source == Some(source(name)));
        let own: Vec<_> = own.map(|e| e.id.to_string()).collect();
        let expected: Vec<_> = (0..CALLS).map(|n| format!("{name} {n}")).collect();
        assert_eq!(own, expected, "each in the order in which it wrote");
    }
}

#[test]
#[ignore = "a measurement: cargo test --release -p ranker-rlhf -- --ignored --nocapture durable"]
fn durable_events_a_second() {
    let (_folder, log) = new_log();
    let kind = |n: usize| match n % 20 {
        0 => impression(
            "j",
            &["f0", "f1"],
            &[("a", &[0.5, 1.0]), ("b", &[0.25, 2.0])],
        ),
        _ => graded("j", "a", n as i32),
    };
    for batch in [1, 10, 100, 1_000] {
        let calls = (20_000 / batch).min(200);
        let events = (0..calls * batch)
            .map(|n| event(&format!("{batch} {n}"), kind(n)).with_source(source("recruiter 1")));
        let events: Vec<_> = events.collect();
        let start = Instant::now();
        for events in events.chunks(batch) {
            log.append(events).unwrap();
        }
        let seconds = start.elapsed().as_secs_f64();
        let rate = events.len() as f64 / seconds;
        println!("{batch} events a call: {rate:.0} a second");
    }
}
