//! PDF by each engine.

use std::path::{Path, PathBuf};

use ranker_ingest::worker::Program;
use ranker_ingest::{DocumentReader, Format, PdfEngine, Unreadable};

use crate::files::{gzip, pdf};

/// A worker with this engine: a process of its own, as tests run side by side and PDFium is loaded once a process.
fn reader(engine: PdfEngine) -> DocumentReader {
    let program = Program::new(env!("CARGO_BIN_EXE_ranker-ingest-worker"), [""; 0]);
    DocumentReader::in_workers(program).with_pdf_engine(engine)
}

/// hayro, and PDFium where `cargo xtask setup` has fetched it.
fn readers() -> Vec<DocumentReader> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/pdfium"));
    let engines = PdfEngine::in_folder(folder)
        .into_iter()
        .chain([PdfEngine::Hayro]);
    engines.map(reader).collect()
}

#[test]
fn pages_become_lines() {
    for reader in readers() {
        let page = pdf("BT /F1 12 Tf 72 700 Td (Rust engineer) Tj 0 -40 Td (2019 - 2021) Tj ET");
        let document = reader.read(&page).unwrap();
        assert_eq!(document.format, Format::Pdf);
        assert_eq!(document.text, "Rust engineer\n\n2019 - 2021");
        assert_eq!(reader.read(&gzip(&page)).unwrap().text, document.text);
    }
}

#[test]
fn bold_letters_that_are_drawn_twice_are_read_once() {
    let twice = "BT /F1 12 Tf 72 700 Td (Rust) Tj ET BT /F1 12 Tf 72.3 700 Td (Rust) Tj ET";
    for reader in readers() {
        assert_eq!(reader.read(&pdf(twice)).unwrap().text, "Rust");
        let filled_and_stroked = pdf("BT 2 Tr /F1 12 Tf 72 700 Td (Rust) Tj ET");
        assert_eq!(reader.read(&filled_and_stroked).unwrap().text, "Rust");
    }
}

#[test]
fn what_has_no_text_is_named() {
    for reader in readers() {
        let scan = reader.read(&pdf("0 0 10 10 re f")).unwrap_err();
        assert_eq!(scan, Unreadable::Scanned { pages: 1 });
        let cut = reader.read(b"%PDF-1.4").unwrap_err();
        assert!(matches!(cut, Unreadable::Damaged { .. }), "{cut}");
    }
}

#[test]
fn without_an_engine_it_is_said() {
    let error = reader(PdfEngine::None).read(&pdf("")).unwrap_err();
    assert!(matches!(error, Unreadable::NoPdfEngine { .. }), "{error}");
}

#[test]
fn a_library_that_is_none_is_named() {
    let library = PathBuf::from("/no/such/library.so");
    let error = reader(PdfEngine::Pdfium { library })
        .read(&pdf(""))
        .unwrap_err();
    assert!(matches!(error, Unreadable::NoPdfEngine { .. }), "{error}");
}
