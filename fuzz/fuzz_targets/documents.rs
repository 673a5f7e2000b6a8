//! Any bytes as a document: an error or a text whose sections and facts lie within it. The readers of
//! our own; PDF goes through foreign parsers, which `examples/ingest mutate` tries in worker processes.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::decode::decode;
use ranker_ingest::{DocumentReader, FactFinder, Limits, Month};

static READER: LazyLock<DocumentReader> = LazyLock::new(|| {
    let mut limits = Limits::default();
    limits.unpacked = 1 << 20;
    limits.text = 1 << 18;
    DocumentReader::in_process().with_limits(limits)
});
static FINDER: LazyLock<FactFinder> = LazyLock::new(|| {
    let skills = [("C++".to_owned(), vec!["cpp"]), ("Rust".to_owned(), vec![])];
    FactFinder::new(Month::new(2026, 11).unwrap()).with_skills(skills)
});

fuzz_target!(|data: &[u8]| {
    let _ = decode(data, 1 << 20);
    if data.windows(5).any(|window| window == b"%PDF-") {
        return;
    }
    let Ok(document) = READER.read(data) else {
        return;
    };
    let mut end = 0;
    for section in document.sections() {
        assert!(section.heading.start >= end && section.body.start >= section.heading.end);
        assert!(document.text.get(section.body.clone()).is_some());
        end = section.body.end;
    }
    assert_eq!(end, document.text.len());
    for fact in FINDER.find(&document.text) {
        assert!(document.text.get(fact.place).is_some());
    }
});
