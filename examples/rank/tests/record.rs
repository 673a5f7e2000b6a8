//! The program's records: the same ranking again, and what differs.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Profiles, a job, and where the program keeps what it knows.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let job = "Pastry chef\n\nBread and desserts for a small hotel.";
        fs::write(desk.path("job.txt"), job).unwrap();
        desk.people("Pastry chef: bread, desserts, tarts.");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn people(&self, ana: &str) {
        let lines = [
            format!("{{\"id\": \"ana\", \"text\": \"{ana}\", \"facts\": {{\"years\": 6}}}}"),
            "{\"id\": \"ben\", \"text\": \"Nurse on a cardiac ward.\"}".to_owned(),
            "{\"id\": \"cem\", \"text\": \"Cook at a hotel, bread and soups.\"}".to_owned(),
        ];
        fs::write(self.path("people.jsonl"), lines.join("\n")).unwrap();
    }

    fn rank(&self, args: &[&str]) -> Output {
        let mut rank = Command::new(env!("CARGO_BIN_EXE_rank"));
        rank.current_dir(self.0.path()).args(args);
        rank.args(["--profiles", "people.jsonl", "--data", "data"]);
        rank.output().unwrap()
    }
}

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn a_ranking_is_recorded_and_made_again() {
    let desk = Desk::new();
    let record = ["--record", "decision.json", "--viewer", "recruiter-7"];
    let first = desk.rank(&[&["--job", "job.txt", "--top", "2"], &record[..]].concat());
    assert!(first.status.success(), "{}", said(&first));
    assert!(said(&first).contains("recorded: decision.json, root "));
    let bytes = fs::read_to_string(desk.path("decision.json")).unwrap();
    assert!(bytes.contains("\"viewer\":\"recruiter-7\""), "{bytes}");

    let again = desk.rank(&["--replay", "decision.json"]);
    assert!(again.status.success(), "{}", said(&again));
    assert!(said(&again).contains("ranked again: the same, to the byte"));

    desk.people("Pastry chef: bread and tarts.");
    let other = desk.rank(&["--replay", "decision.json"]);
    assert_eq!(other.status.code(), Some(4), "{}", said(&other));
    for named in [
        "ana: title or text is another",
        "ana: score was ",
        "index: was people-",
    ] {
        assert!(said(&other).contains(named), "{}", said(&other));
    }

    fs::write(
        desk.path("decision.json"),
        bytes.replace("\"ana\"", "\"eva\""),
    )
    .unwrap();
    let changed = desk.rank(&["--replay", "decision.json"]);
    assert!(!changed.status.success());
    let why = "the candidate at place 1 is not what was recorded";
    assert!(said(&changed).contains(why), "{}", said(&changed));
}
