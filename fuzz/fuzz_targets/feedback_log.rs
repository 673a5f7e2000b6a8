//! Feedback logs of any bytes: as a database, as a sound log with some bytes changed, and as lines
//! to import. Each gives an error or works; what was exported is imported again.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::{CandidateId, FeatureExtractor};
use ranker_score::Features;
use ranker_rlhf::{Event, EventId, EventKind, FeedbackLog, Impression, JobId, TrainingData, Outcome, Preference, RankingId, Shown, Timestamp};
use tempfile::TempDir;

fn events() -> Vec<Event> {
    let who = |id: &str| CandidateId::new(id).unwrap();
    let job = JobId::new("job").unwrap();
    let names: Vec<String> = Features::new()
        .schema()
        .names()
        .map(str::to_owned)
        .collect();
    let rows = vec![vec![0.5; names.len()], vec![0.25; names.len()]];
    let shown = vec![Shown::new(who("a"), 1), Shown::new(who("b"), 2)];
    let impression = Impression::new(RankingId::new("r").unwrap(), job.clone(), "m", shown);
    let impression = impression.unwrap().with_features(names, rows).unwrap();
    let preference = Preference::new(job, who("a"), who("b"), Outcome::Preferred).unwrap();
    let kinds = [
        EventKind::Impression(impression),
        EventKind::Preference(preference),
    ];
    let kinds = kinds.into_iter().cycle().take(40).enumerate();
    let event = |(n, kind)| {
        let id = EventId::new(format!("e{n}")).unwrap();
        Event::new(id, Timestamp::from_millis(0), kind)
    };
    kinds.map(event).collect()
}

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// A sound log's file.
static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let path = FOLDER.path().join("sound.db");
    FeedbackLog::open(&path).unwrap().append(&events()).unwrap();
    fs::read(&path).unwrap()
});

fn clear(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let _ = fs::remove_file(name);
    }
}

/// Everything that can be done with a log.
fn exercise(path: &Path) {
    let Ok(log) = FeedbackLog::open(path) else {
        return;
    };
    let features = Features::new();
    let _ = log.comparisons(features.schema());
    let _ = log.judged_lists(features.schema());
    let _ = TrainingData::read(&log, features.schema());
    let _ = log.export_csv(std::io::sink());
    let mut lines = Vec::new();
    let _ = log.export_jsonl(&mut lines);
    let _ = log.append(&events());
    let _ = log.import_jsonl(&lines[..]);
    let _ = log.erase(&CandidateId::new("a").unwrap());
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else {
        return;
    };
    let path = FOLDER.path().join("log.db");
    clear(&path);
    match mode % 3 {
        0 => {
            fs::write(&path, data).unwrap();
            exercise(&path);
        }
        1 => {
            let mut changed = SOUND.clone();
            for change in data.chunks_exact(4) {
                let at = usize::from(u16::from_le_bytes([change[0], change[1]]));
                let at = (at + (usize::from(change[2]) << 16)) % changed.len();
                changed[at] = change[3];
            }
            fs::write(&path, changed).unwrap();
            exercise(&path);
        }
        _ => {
            let log = FeedbackLog::open(&path).unwrap();
            if let Ok(appended) = log.import_jsonl(data) {
                let mut lines = Vec::new();
                assert_eq!(log.export_jsonl(&mut lines).unwrap(), appended.stored);
                assert_eq!(log.import_jsonl(&lines[..]).unwrap().stored, 0);
            }
        }
    }
});
