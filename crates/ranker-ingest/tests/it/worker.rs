//! Worker processes: what they read, and what becomes of those that end or hang.

use std::time::{Duration, Instant};

use ranker_ingest::worker::Program;
use ranker_ingest::{DocumentReader, Format, Limits, Unreadable};

use crate::files::gzip;

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_ranker-ingest-worker"), [""; 0])
}

#[test]
fn workers_read_what_this_process_reads() {
    let workers = DocumentReader::in_workers(program());
    let files = [
        &b"Gen\xe8ve"[..],
        br"{\rtf1 a\v b}",
        b"%PDF-1.4",
        b"",
        b"\x89PNG\r\n",
        b"PK",
    ];
    for bytes in files {
        assert_eq!(
            workers.read(bytes),
            DocumentReader::in_process().read(bytes)
        );
    }
}

#[test]
fn many_threads_read_at_once() {
    let workers = DocumentReader::in_workers(program());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let workers = workers.clone();
            scope.spawn(move || {
                for at in 0..20 {
                    let text = format!("thread {thread} text {at}");
                    assert_eq!(workers.read(text.as_bytes()).unwrap().text, text);
                }
            });
        }
    });
}

#[test]
fn a_program_that_is_no_worker_is_named() {
    let reader = DocumentReader::in_workers(Program::new("/no/such/program", [""; 0]));
    let error = reader.read(b"text").unwrap_err();
    assert!(matches!(error, Unreadable::NoWorker { .. }), "{error}");
    if cfg!(unix) {
        let reader = DocumentReader::in_workers(Program::new("true", [""; 0]));
        let error = reader.read(b"text").unwrap_err();
        assert!(
            matches!(
                error,
                Unreadable::Crashed { .. } | Unreadable::NoWorker { .. }
            ),
            "{error}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_worker_that_hangs_is_stopped() {
    let mut limits = Limits::default();
    limits.time = Duration::from_millis(300);
    let reader = DocumentReader::in_workers(Program::new("sleep", ["60"])).with_limits(limits);
    let started = Instant::now();
    let error = reader.read(b"text").unwrap_err();
    assert!(matches!(error, Unreadable::TooSlow { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_without_memory_costs_its_document_only() {
    let mut limits = Limits::default();
    limits.memory = 256 << 20;
    limits.unpacked = 1 << 30;
    limits.text = 1 << 30;
    let reader = DocumentReader::in_workers(program()).with_limits(limits);
    let bomb = gzip(&vec![b'a'; 400 << 20]);
    let error = reader.read(&bomb).unwrap_err();
    let named = matches!(
        error,
        Unreadable::Crashed { .. } | Unreadable::TooLarge { .. }
    );
    assert!(named, "{error}");
    let next = reader.read(b"<!doctype html><p>next").unwrap();
    assert_eq!((next.format, next.text.as_str()), (Format::Html, "next"));
}
