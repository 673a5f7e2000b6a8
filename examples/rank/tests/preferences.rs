//! `--preferences`: recorded once, and served through the gate alone.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A dozen people who say the same of themselves, with 3 to 14 years; `jobs` jobs that ask for two; and an
/// owner who prefers, in three comparisons a job, whoever has fewer.
fn write(folder: &Path, jobs: usize) {
    let mut lines = [String::new(), String::new(), String::new()];
    for years in 3..15 {
        writeln!(
            lines[0],
            r#"{{"id": "p-{years:02}", "text": "Cook in a small hotel.", "facts": {{"years_experience": {years}}}}}"#
        )
        .unwrap();
    }
    for job in 0..jobs {
        writeln!(
            lines[1],
            r#"{{"id": "j-{job}", "title": "Cook", "text": "Opening {job}. At least 2 years of experience."}}"#
        )
        .unwrap();
        for at in 0..3 {
            let (few, many) = (3 + (job + at) % 6, 9 + (job + 2 * at) % 6);
            writeln!(
                lines[2],
                r#"{{"job": "j-{job}", "preferred": "p-{few:02}", "other": "p-{many:02}"}}"#
            )
            .unwrap();
        }
    }
    for (name, lines) in ["profiles", "jobs", "preferences"].iter().zip(lines) {
        fs::write(folder.join(format!("{name}.jsonl")), lines).unwrap();
    }
}

/// The model, the note of what was learned, and the ids in their order.
fn ranked(folder: &Path) -> (String, String, Vec<String>, String) {
    let file = |name: &str| folder.join(name);
    let mut rank = Command::new(env!("CARGO_BIN_EXE_rank"));
    rank.arg("--job")
        .arg(file("jobs.jsonl"))
        .args(["--job-id", "j-0", "--top", "12"]);
    rank.arg("--profiles").arg(file("profiles.jsonl"));
    rank.arg("--preferences").arg(file("preferences.jsonl"));
    rank.arg("--jobs").arg(file("jobs.jsonl"));
    rank.arg("--data")
        .arg(file("data"))
        .arg("--json")
        .arg(file("ranking.json"));
    let output = rank.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let ranking: Value = serde_json::from_slice(&fs::read(file("ranking.json")).unwrap()).unwrap();
    let notes = ranking["notes"].as_array().unwrap().iter();
    let mut notes = notes.filter_map(Value::as_str);
    let learned = notes.find(|note| note.starts_with("learned from")).unwrap();
    let places = ranking["ranking"].as_array().unwrap().iter();
    let ids = places.map(|place| place["id"].as_str().unwrap().to_owned());
    let model = ranking["model"].as_str().unwrap().to_owned();
    (model, learned.to_owned(), ids.collect(), told)
}

#[test]
fn what_the_owner_prefers_on_many_jobs_passes_the_gate_and_ranks() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 80);
    let (_, learned, ids, told) = ranked(folder.path());
    assert!(
        told.contains("recorded 240 preferences that are new"),
        "{told}"
    );
    assert!(
        learned.contains("the learned model passed the gate and ranks"),
        "{learned}"
    );
    assert!(ids.is_sorted(), "fewest years first: {ids:?}");
    let (_, _, again, told) = ranked(folder.path());
    assert!(
        told.contains("recorded 0 preferences that are new"),
        "{told}"
    );
    assert_eq!(again, ids);
}

#[test]
fn few_jobs_are_recorded_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 12);
    let (model, learned, _, _) = ranked(folder.path());
    assert!(
        learned.contains("the gate refused the learned model"),
        "{learned}"
    );
    assert!(
        learned.contains("give preferences on some 50 jobs"),
        "{learned}"
    );
    let (again, ..) = ranked(folder.path());
    assert_eq!(again, model);
}
