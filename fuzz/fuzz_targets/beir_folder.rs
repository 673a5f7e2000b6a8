//! A folder in the layout of BEIR, its three files parted by lines of `---`: an error, or a dataset whose parts fit
//! together.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_eval::BeirDataset;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("qrels")).unwrap();
    folder
});

const PART: &[u8] = b"\n---\n";

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    for name in ["qrels/test.tsv", "queries.jsonl", "corpus.jsonl"] {
        let end = rest.windows(PART.len()).position(|window| window == PART);
        let (part, left) = match end {
            Some(end) => (&rest[..end], &rest[end + PART.len()..]),
            None => (rest, &[][..]),
        };
        fs::write(FOLDER.path().join(name), part).unwrap();
        rest = left;
    }
    let Ok(dataset) = BeirDataset::open(FOLDER.path()) else {
        return;
    };
    assert_eq!(
        dataset.documents().unwrap().map(Result::unwrap).count(),
        dataset.document_count()
    );
    assert!(dataset.judged_queries().count() <= dataset.queries().len());
    for warning in dataset.warnings() {
        let _ = warning.to_string();
    }
});
