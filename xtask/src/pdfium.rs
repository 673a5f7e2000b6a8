//! PDFium's library, which reads PDF files.

use std::path::PathBuf;

use crate::say;
use crate::wheel::Library;

/// In the release the project is tested with.
pub(crate) const PDFIUM: Library = Library {
    name: "PDFium",
    folder: "pdfium",
    requirements: &["pypdfium2==5.15.2"],
    is_library: |name| matches!(name, "libpdfium.so" | "libpdfium.dylib" | "pdfium.dll"),
};

/// The library's path; `None`, with the reason reported, where it cannot be had.
pub(crate) fn run() -> Option<PathBuf> {
    let library = PDFIUM.path();
    let library = library.map_err(|error| {
        say(&format!(
            "no PDFium ({error}): PDF files in folders of profiles are read by hayro"
        ));
    });
    library.ok()
}
