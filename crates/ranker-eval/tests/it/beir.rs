//! BEIR folders.

use std::fs;
use std::path::Path;

use ranker_eval::{BeirDataset, ReadError, Warning};
use tempfile::TempDir;

const CORPUS: &str = r#"{"_id": "d1", "title": "Ada", "text": "Engines"}
{"_id": "d2", "text": "Looms", "metadata": {}}
"#;
const QUERIES: &str = r#"{"_id": "q2", "text": "weaver"}
{"_id": "q1", "text": "engineer"}
"#;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("corpus.jsonl", CORPUS);
    write("queries.jsonl", QUERIES);
    files.iter().for_each(|(name, text)| write(name, text));
    dir
}

fn grade(dataset: Result<BeirDataset, ReadError>) -> Option<i32> {
    dataset.unwrap().qrels().grade("q1", "d1")
}

#[test]
fn a_whole_folder() {
    let dir = folder(&[("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t2\n")]);
    let dataset = BeirDataset::open(dir.path()).unwrap();
    assert_eq!(dataset.document_count(), 2);
    assert_eq!(dataset.queries()[0].id, "q2");
    let judged: Vec<_> = dataset
        .judged_queries()
        .map(|query| query.text.as_str())
        .collect();
    assert_eq!(judged, ["engineer"]);
    let documents: Result<Vec<_>, _> = dataset.documents().unwrap().collect();
    assert_eq!(documents.unwrap()[1].text, "Looms");
    assert_eq!(dataset.warnings(), []);
}

#[test]
fn judgments_that_point_to_nothing_are_kept_and_reported() {
    let dir = folder(&[("qrels.tsv", "q1\td1\t1\nq1\td9\t1\nq9\td1\t1\nq9\td2\t0\n")]);
    let dataset = BeirDataset::open(dir.path()).unwrap();
    assert_eq!(dataset.qrels().grade("q9", "d1"), Some(1));
    let texts: Vec<_> = dataset.warnings().iter().map(Warning::to_string).collect();
    assert_eq!(
        texts,
        [
            "query `q1`: judgment for the unknown document `d9`",
            "judgments for the unknown query `q9`: 2",
        ]
    );
}

#[test]
fn the_file_of_judgments_is_found() {
    let only = folder(&[("qrels/dev.tsv", "q1\td1\t1\n")]);
    assert_eq!(grade(BeirDataset::open(only.path())), Some(1));
    let several = folder(&[
        ("qrels/dev.tsv", "q1\td1\t1\n"),
        ("qrels/test.tsv", "q1\td1\t2\n"),
        ("qrels/notes.txt", ""),
    ]);
    assert_eq!(grade(BeirDataset::open(several.path())), Some(2));
    assert_eq!(
        grade(BeirDataset::open_split(several.path(), "dev")),
        Some(1)
    );
    let unclear = folder(&[("qrels/dev.tsv", ""), ("qrels/train.tsv", "")]);
    let error = BeirDataset::open(unclear.path()).unwrap_err();
    assert!(matches!(error, ReadError::ChooseSplit { splits, .. } if splits == ["dev", "train"]));
    let none = folder(&[]);
    assert!(matches!(
        BeirDataset::open(none.path()),
        Err(ReadError::NoQrels { .. })
    ));
}

#[test]
fn missing_and_broken_files_are_named() {
    let dir = folder(&[
        ("qrels.tsv", "q1\td1\t1\n"),
        ("corpus.jsonl", "{\"_id\": \"d1\"\n"),
    ]);
    let error = BeirDataset::open(dir.path()).unwrap_err();
    assert!(
        matches!(error, ReadError::Json { at, .. } if at.line == 1 && ends(&at.path, "corpus.jsonl"))
    );
    fs::remove_file(dir.path().join("queries.jsonl")).unwrap();
    let error = BeirDataset::open(dir.path()).unwrap_err();
    assert!(matches!(error, ReadError::Open { path, .. } if ends(&path, "queries.jsonl")));
    let absent = dir.path().join("absent");
    assert!(matches!(
        BeirDataset::open(absent),
        Err(ReadError::NoQrels { .. })
    ));
}

fn ends(path: &Path, name: &str) -> bool {
    path.ends_with(name)
}
