//! Documents, read in worker processes of this program.

use std::io::{stdin, stdout};
use std::process::ExitCode;

use ranker::ingest::worker::{Program, serve};
use ranker::ingest::{DocumentReader, PdfEngine};

use crate::{Outcome, bundled, say};

/// The argument on which a program is a worker that reads documents.
const WORKER: &str = "ingest-worker";

/// The environment variable that names PDFium's library.
const PDFIUM: &str = "PDFIUM_DYLIB_PATH";

/// Runs this process as a worker, if it was started as one: the first thing that a program does which calls
/// [`document_reader`].
#[must_use]
pub fn document_worker() -> Option<ExitCode> {
    let first = std::env::args_os().nth(1)?;
    (first == WORKER).then(|| match serve(stdin(), stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// Reads documents in workers, which are this program started anew; says so where PDF files cannot be read.
///
/// # Errors
///
/// Where the program does not know its own file.
pub fn document_reader() -> Outcome<DocumentReader> {
    let reader = DocumentReader::in_workers(Program::current([WORKER])?);
    Ok(match pdfium() {
        Some(engine) => reader.with_pdf_engine(engine),
        None => {
            say("no PDFium: PDF files are read by hayro; `cargo xtask setup` fetches PDFium");
            reader
        }
    })
}

/// PDFium: as the environment names its library, else where `cargo xtask setup` puts it.
fn pdfium() -> Option<PdfEngine> {
    match std::env::var_os(PDFIUM) {
        Some(path) => Some(PdfEngine::Pdfium {
            library: path.into(),
        }),
        None => PdfEngine::in_folder(&bundled::target("pdfium")),
    }
}
