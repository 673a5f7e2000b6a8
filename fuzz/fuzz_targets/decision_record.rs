//! Records of decisions: any bytes, and a sound record with some bytes changed. They are refused, or
//! are a record whose bytes are those that were read.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker::CandidateId;
use ranker::decision::DecisionRecord;

/// Whole, and with one person erased.
static SOUND: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let whole = include_bytes!("../../crates/ranker/tests/golden/decision-1.json");
    let mut record = DecisionRecord::from_bytes(whole).unwrap();
    record.erase(&CandidateId::new("ana").unwrap()).unwrap();
    [whole.to_vec(), record.to_bytes().unwrap()]
});

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else {
        return;
    };
    let bytes = match SOUND.get(usize::from(*mode)) {
        None => data.to_vec(),
        Some(sound) => {
            let mut bytes = sound.clone();
            for edit in data.chunks_exact(3) {
                let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len();
                match bytes[at] == edit[2] {
                    true => bytes.truncate(at.max(1)),
                    false => bytes[at] = edit[2],
                }
            }
            // Edits can undo each other; whatever else they do is refused.
            let read = DecisionRecord::from_bytes(&bytes);
            assert_eq!(read.is_ok(), bytes == *sound);
            bytes
        }
    };
    if let Ok(record) = DecisionRecord::from_bytes(&bytes) {
        assert_eq!(record.to_bytes().unwrap(), bytes);
        record.verify().unwrap();
        let _ = record.job();
        assert!(record.differences(&record).is_empty());
    }
});
