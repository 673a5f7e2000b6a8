//! PDF: glyphs with their places, by PDFium, put into lines by a layout of our own.

mod layout;
#[cfg(feature = "pdfium")]
mod pdfium;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};

use ranker_core::plain;
use serde::{Deserialize, Serialize};

use crate::document::{Document, Format, Warning};
use crate::error::Unreadable;
use crate::flow::tidy;
use crate::limits::Limits;

/// What reads PDF files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub enum PdfEngine {
    /// PDFium, from a shared library at this path.
    Pdfium {
        /// The library.
        library: PathBuf,
    },
    /// Nothing: PDF files are named and left out.
    #[default]
    None,
}

impl PdfEngine {
    /// PDFium, if its library lies in this folder under the name that its system gives libraries.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Option<Self> {
        let library = folder.join(format!("{DLL_PREFIX}pdfium{DLL_SUFFIX}"));
        library.is_file().then_some(Self::Pdfium { library })
    }
}

/// A character, or a ligature, on a page. Coordinates are in points, upwards and to the right.
#[derive(Debug, Clone, PartialEq)]
struct Glyph {
    text: String,
    left: f32,
    right: f32,
    baseline: f32,
    size: f32,
    /// Whether a space precedes it.
    spaced: bool,
}

/// Where a line was broken within a word.
const LINE_END_HYPHEN: char = '\u{ad}';

/// The glyphs of each page, in the order in which the file draws them.
struct Pages {
    pages: Vec<Vec<Glyph>>,
    /// How many the document has.
    count: usize,
}

/// Reads a document page by page.
pub(crate) fn read(
    bytes: &[u8],
    limits: &Limits,
    engine: &PdfEngine,
) -> Result<Document, Unreadable> {
    let pages = glyphs(bytes, limits, engine)?;
    let empty = pages.pages.iter().filter(|page| page.is_empty()).count();
    if empty == pages.pages.len() {
        let pages = pages.count;
        return Err(if pages == 0 {
            Unreadable::damaged("it has no pages")
        } else {
            Unreadable::Scanned { pages }
        });
    }
    let texts: Vec<String> = pages.pages.iter().map(|page| layout::text(page)).collect();
    // A page has no text of its own: what is read of it is in plain form, with divided words whole.
    let mut document = Document::new(Format::Pdf, tidy(&plain(&texts.join("\n"))));
    if pages.pages.len() < pages.count {
        document = document.with_warning(Warning::Pages {
            read: pages.pages.len(),
            of: pages.count,
        });
    }
    if empty > 0 {
        document = document.with_warning(Warning::EmptyPages { count: empty });
    }
    Ok(document)
}

#[cfg(feature = "pdfium")]
fn glyphs(bytes: &[u8], limits: &Limits, engine: &PdfEngine) -> Result<Pages, Unreadable> {
    match engine {
        PdfEngine::Pdfium { library } => pdfium::pages(library, bytes, limits),
        PdfEngine::None => Err(no_engine("no library was named")),
    }
}

#[cfg(not(feature = "pdfium"))]
fn glyphs(_bytes: &[u8], _limits: &Limits, _engine: &PdfEngine) -> Result<Pages, Unreadable> {
    Err(no_engine("the feature `pdfium` is off"))
}

fn no_engine(why: &str) -> Unreadable {
    Unreadable::NoPdfium {
        why: why.to_owned(),
    }
}
