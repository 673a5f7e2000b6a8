//! The program on a folder as it lies on a disk: run as its user runs it.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const SEARCH: &str = "Search Engineer\n\nBuilt full-text search on Lucene and Elasticsearch, measured relevance \
                      with judged queries.\n\nExperience\nSearch Engineer, Norwood, 03/2014 - 02/2022\n";

fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn ranked(folder: &Path) -> (Option<i32>, Value) {
    let out = tempfile::tempdir().unwrap();
    let (json, job, data) = (
        out.path().join("ranking.json"),
        out.path().join("job.txt"),
        out.path().join("data"),
    );
    fs::write(
        &job,
        "Search Engineer\n\nLucene, relevance. At least 6 years of experience.",
    )
    .unwrap();
    let mut rank = Command::new(env!("CARGO_BIN_EXE_rank"));
    rank.arg("--job").arg(&job).arg("--profiles").arg(folder);
    rank.arg("--json").arg(&json).arg("--data").arg(&data);
    let code = rank.output().unwrap().status.code();
    (
        code,
        serde_json::from_slice(&fs::read(&json).unwrap()).unwrap(),
    )
}

#[test]
fn a_folder_is_ranked_and_nothing_is_lost_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "ana.TXT", SEARCH.as_bytes());
    let shouted = SEARCH.to_uppercase();
    let utf16 = shouted.encode_utf16().flat_map(u16::to_le_bytes);
    let utf16: Vec<u8> = utf16.collect();
    write(folder, "deep/down/ana again.md", &utf16);
    write(
        folder,
        "nurse.txt",
        b"Infirmi\xe8re\n\nTen years on a cardiac ward in Gen\xe8ve.",
    );
    write(
        folder,
        "cook.html",
        b"<!doctype html><h1>Cook</h1><ul><li>Bread<li>Desserts</ul>",
    );
    write(folder, "broken.docx", b"PK\x03\x04 and no more");
    write(folder, "scan.png", b"\x89PNG\r\n\x1a\n");

    let (code, ranking) = ranked(folder);
    assert_eq!(code, Some(3), "some files were left out");
    let left_out = ranking["left_out"].as_array().unwrap();
    assert_eq!(left_out.len(), 2);
    let named = |name: &str| {
        left_out
            .iter()
            .any(|line| line.as_str().unwrap().contains(name))
    };
    assert!(named("broken.docx: it is damaged") && named("scan.png: it is a PNG image"));

    let places = ranking["ranking"].as_array().unwrap();
    let ids: Vec<&str> = places
        .iter()
        .map(|place| place["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 4);
    assert!(
        ids[..2].contains(&"ana") && ids[..2].contains(&"deep/down/ana again"),
        "{ids:?}"
    );
    let first = &places[0];
    assert_eq!(first["remarks"][0], "asks 6 years, has 8");
    assert_eq!(first["same_person"].as_array().unwrap().len(), 1);
    let notes = ranking["notes"].to_string();
    assert!(
        notes.contains("nurse: it was read as Windows-1252"),
        "{notes}"
    );
    assert!(notes.contains("are one person's"), "{notes}");
}
