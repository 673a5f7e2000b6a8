//! Files of records (JSON, tables, compressed or not, in any encoding): profiles, jobs and texts of any bytes. Each is
//! an error that names the file, or is read; of JSON lines with embeddings, what was read is written and read again.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker::files::{read_job_text, read_jobs, read_profiles};
use ranker_core::Facts;
use ranker_engines::record;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
static FILE: LazyLock<PathBuf> = LazyLock::new(|| FOLDER.path().join("records"));

fuzz_target!(|data: &[u8]| {
    fs::write(&*FILE, data).unwrap();
    match read_profiles(&FILE) {
        Ok(read) => assert!(!read.profiles.is_empty()),
        Err(error) => assert!(error.to_string().contains("records")),
    }
    for named in read_jobs(&FILE).into_iter().flatten() {
        let _ = named.job.filter().matches(&Facts::new());
    }
    let _ = read_job_text(&FILE);
    for (profile, embedding) in record::read(data).flatten() {
        let mut line = Vec::new();
        record::write(&mut line, &profile, &embedding).unwrap();
        let again = record::read(&line[..]).next().unwrap().unwrap();
        assert_eq!(again.0, profile);
    }
});
