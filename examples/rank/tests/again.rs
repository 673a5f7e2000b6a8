//! The program once more on what it has seen: only what is new is read, and what is gone is gone.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A folder of resumes, a job, and where the program keeps what it knows.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::create_dir(desk.resumes()).unwrap();
        fs::write(
            desk.0.path().join("job.txt"),
            "Pastry chef\n\nBread and desserts",
        )
        .unwrap();
        desk.write(
            "ana.txt",
            "Ana Qwertzian\n\nPastry chef: bread, desserts, tarts.",
        );
        desk.write("ben.txt", "Ben Roe\n\nNurse on a cardiac ward.");
        desk.write(
            "cem.txt",
            "Cem Ode\n\nCook at a small hotel, bread and soups.",
        );
        desk
    }

    fn resumes(&self) -> std::path::PathBuf {
        self.0.path().join("resumes")
    }

    fn data(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.resumes().join(name), text).unwrap();
    }

    fn run(&self) -> (Output, Value) {
        let json = self.0.path().join("ranking.json");
        let _ = fs::remove_file(&json);
        let mut rank = Command::new(env!("CARGO_BIN_EXE_rank"));
        rank.arg("--job").arg(self.0.path().join("job.txt"));
        rank.arg("--profiles").arg(self.resumes());
        rank.arg("--data").arg(self.data()).arg("--json").arg(&json);
        let output = rank.output().unwrap();
        let ranking = fs::read(&json).unwrap_or(b"null".to_vec());
        (output, serde_json::from_slice(&ranking).unwrap())
    }

    /// The ids in their order, and what the encoder read, by the stages.
    fn ranked(&self) -> (Vec<String>, String) {
        let (output, ranking) = self.run();
        assert!(output.status.success(), "{}", told(&output));
        let notes = ranking["notes"].to_string();
        assert!(!notes.contains("token vectors are not kept"), "{notes}");
        let places = ranking["ranking"].as_array().unwrap().iter();
        let ids = places.map(|place| place["id"].as_str().unwrap().to_owned());
        let stages = ranking["seconds"].as_array().unwrap().iter();
        let stages = stages.map(|stage| stage["stage"].as_str().unwrap());
        let encoded = stages.filter(|stage| stage.starts_with("encode"));
        (ids.collect(), encoded.collect())
    }

    /// The file of the profiles.
    fn store(&self) -> std::path::PathBuf {
        let folders = |path: &Path| {
            let entries = fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().path());
            entries.filter(|path| path.is_dir()).collect::<Vec<_>>()
        };
        let input = folders(&self.data()).remove(0);
        folders(&input).remove(0).join("collection/profiles.redb")
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The files under a folder that hold a text, whatever their cases.
fn holding(folder: &Path, text: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holding(&path, text, found);
        } else {
            let bytes = fs::read(&path).unwrap().to_ascii_lowercase();
            if bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
            {
                found.push(path.display().to_string());
            }
        }
    }
}

#[test]
fn a_second_run_encodes_what_is_new_and_erases_who_is_gone() {
    let desk = Desk::new();
    let (ids, encoded) = desk.ranked();
    assert_eq!((&*ids[0], ids.len()), ("ana", 3));
    assert_eq!(encoded, "encode 3 profiles, find 0 in the collection");
    let (again, encoded) = desk.ranked();
    assert_eq!(again, ids);
    assert_eq!(encoded, "encode 0 profiles, find 3 in the collection");

    fs::remove_file(desk.resumes().join("ana.txt")).unwrap();
    desk.write("ben.txt", "Ben Roe\n\nNurse, and baker of bread.");
    desk.write("dora.txt", "Dora Poe\n\nDriver of lorries.");
    let mut named = Vec::new();
    holding(&desk.data(), "qwertzian", &mut named);
    assert!(!named.is_empty(), "she is still there");
    let (ids, encoded) = desk.ranked();
    assert_eq!(encoded, "encode 2 profiles, find 1 in the collection");
    assert!(
        ids.len() == 3 && !ids.contains(&"ana".to_owned()),
        "{ids:?}"
    );
    named.clear();
    holding(&desk.data(), "qwertzian", &mut named);
    assert!(named.is_empty(), "left in {named:?}");
}

#[test]
fn a_collection_of_the_users_that_is_damaged_is_named_and_left() {
    let desk = Desk::new();
    desk.ranked();
    let store = desk.store();
    fs::write(&store, "no store").unwrap();
    let (output, _) = desk.run();
    assert_eq!(output.status.code(), Some(1));
    let told = told(&output);
    let expected = format!("once you delete {}", store.parent().unwrap().display());
    assert!(told.contains(&expected), "{told}");
    assert_eq!(fs::read(&store).unwrap(), b"no store");

    fs::remove_dir_all(desk.data()).unwrap();
    fs::write(desk.data(), "a file").unwrap();
    let (output, _) = desk.run();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("is a file: name a folder by --data"),
        "{told}"
    );
}

#[test]
fn two_runs_at_once_wait_for_each_other() {
    let desk = Desk::new();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| desk.code())).collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), Some(0));
        }
    });
    assert_eq!(
        desk.ranked().1,
        "encode 0 profiles, find 3 in the collection"
    );
}

impl Desk {
    /// The exit code of a run that writes no file of its own.
    fn code(&self) -> Option<i32> {
        let mut rank = Command::new(env!("CARGO_BIN_EXE_rank"));
        rank.arg("--job").arg(self.0.path().join("job.txt"));
        rank.arg("--profiles")
            .arg(self.resumes())
            .arg("--data")
            .arg(self.data());
        rank.output().unwrap().status.code()
    }
}
