//! PDF by PDFium, where `cargo xtask setup` has fetched it.

use std::path::{Path, PathBuf};

use ranker_ingest::worker::Program;
use ranker_ingest::{DocumentReader, Format, PdfEngine, Unreadable};

use crate::files::{gzip, pdf};

/// A reader of PDF; `None`, and then nothing is tested, without the library.
fn reader() -> Option<DocumentReader> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/pdfium"));
    let engine = PdfEngine::in_folder(folder)?;
    // In a process of its own, as tests run side by side and PDFium is loaded once a process.
    let program = Program::new(env!("CARGO_BIN_EXE_ranker-ingest-worker"), [""; 0]);
    Some(DocumentReader::in_workers(program).with_pdf_engine(engine))
}

#[test]
fn pages_become_lines() {
    let Some(reader) = reader() else {
        return;
    };
    let page = pdf("BT /F1 12 Tf 72 700 Td (Rust engineer) Tj 0 -40 Td (2019 - 2021) Tj ET");
    let document = reader.read(&page).unwrap();
    assert_eq!(document.format, Format::Pdf);
    assert_eq!(document.text, "Rust engineer\n\n2019 - 2021");
    assert_eq!(reader.read(&gzip(&page)).unwrap().text, document.text);
}

#[test]
fn what_has_no_text_is_named() {
    let Some(reader) = reader() else {
        return;
    };
    let scan = reader.read(&pdf("0 0 10 10 re f")).unwrap_err();
    assert_eq!(scan, Unreadable::Scanned { pages: 1 });
    let cut = reader.read(b"%PDF-1.4").unwrap_err();
    assert!(matches!(cut, Unreadable::Damaged { .. }), "{cut}");
}

#[test]
fn a_library_that_is_none_is_named() {
    let program = Program::new(env!("CARGO_BIN_EXE_ranker-ingest-worker"), [""; 0]);
    let library = PathBuf::from("/no/such/library.so");
    let engine = PdfEngine::Pdfium { library };
    let reader = DocumentReader::in_workers(program).with_pdf_engine(engine);
    let error = reader.read(&pdf("")).unwrap_err();
    assert!(matches!(error, Unreadable::NoPdfium { .. }), "{error}");
}
