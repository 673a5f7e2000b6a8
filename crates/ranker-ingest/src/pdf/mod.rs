//! PDF: glyphs with their places, by PDFium or hayro, put into lines by a layout of our own.

#[cfg(feature = "hayro")]
mod hayro;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PdfEngine {
    /// PDFium, from a shared library at this path.
    Pdfium {
        /// The library.
        library: PathBuf,
    },
    /// hayro, in Rust alone (feature `hayro`): where there is no library of PDFium.
    Hayro,
    /// Nothing: PDF files are named and left out.
    None,
}

impl Default for PdfEngine {
    /// What needs no library, if it is compiled in.
    fn default() -> Self {
        if cfg!(feature = "hayro") {
            Self::Hayro
        } else {
            Self::None
        }
    }
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
const SOFT_HYPHEN: char = '\u{ad}';

/// The glyphs of each page, in the order in which the file draws them.
struct Pages {
    pages: Vec<Vec<Glyph>>,
    /// How many the document has.
    count: usize,
}

/// Counts the characters of a document, and refuses more than fit.
#[cfg(any(feature = "pdfium", feature = "hayro"))]
struct Budget {
    left: usize,
    limit: usize,
}

#[cfg(any(feature = "pdfium", feature = "hayro"))]
impl Budget {
    fn new(limits: &Limits) -> Self {
        Self {
            left: limits.text,
            limit: limits.text,
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Unreadable> {
        let limit = self.limit;
        self.left = self.left.checked_sub(bytes).ok_or(Unreadable::TooLarge {
            what: "text",
            limit,
        })?;
        Ok(())
    }
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
    let mut texts: Vec<String> = pages.pages.iter().map(|page| layout::text(page)).collect();
    read_once(&mut texts);
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

/// Takes off the first and last line of a page where the page before has the same: a header or footer, but for the
/// page's number.
fn read_once(pages: &mut [String]) {
    let first: Vec<_> = pages
        .iter()
        .map(|page| page.lines().next().map(unnumbered))
        .collect();
    let last: Vec<_> = pages
        .iter()
        .map(|page| page.lines().last().map(unnumbered))
        .collect();
    for at in 1..pages.len() {
        if pages[at].lines().nth(2).is_none() {
            continue;
        }
        if last[at] == last[at - 1] {
            let end = pages[at].trim_end().rfind('\n').unwrap_or_default();
            pages[at].truncate(end);
        }
        if first[at] == first[at - 1] {
            let end = pages[at].find('\n').unwrap_or_default();
            pages[at].replace_range(..end, "");
        }
    }
}

/// A line without its digits.
fn unnumbered(line: &str) -> String {
    line.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The glyphs of a document.
#[cfg_attr(
    not(any(feature = "pdfium", feature = "hayro")),
    expect(unused_variables, reason = "there is nothing that reads them")
)]
fn glyphs(bytes: &[u8], limits: &Limits, engine: &PdfEngine) -> Result<Pages, Unreadable> {
    match engine {
        #[cfg(feature = "pdfium")]
        PdfEngine::Pdfium { library } => pdfium::pages(library, bytes, limits),
        #[cfg(not(feature = "pdfium"))]
        PdfEngine::Pdfium { .. } => Err(no_engine("the feature `pdfium` is off")),
        #[cfg(feature = "hayro")]
        PdfEngine::Hayro => hayro::pages(bytes, limits),
        #[cfg(not(feature = "hayro"))]
        PdfEngine::Hayro => Err(no_engine("the feature `hayro` is off")),
        PdfEngine::None => Err(no_engine("no engine was named")),
    }
}

fn no_engine(why: &str) -> Unreadable {
    Unreadable::NoPdfEngine {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_footers_are_read_once() {
        let page = |n: u32, text: &str| format!("Ana Doe\n{text}\nPage {n} of 2");
        let mut pages = [page(1, "2011 Rust\nBern"), page(2, "2015 SQL\nLyon")];
        read_once(&mut pages);
        assert_eq!(
            pages,
            ["Ana Doe\n2011 Rust\nBern\nPage 1 of 2", "\n2015 SQL\nLyon"]
        );
        let mut other = ["A\nb\nc".to_owned(), "D\ne\nf".to_owned(), String::new()];
        let before = other.clone();
        read_once(&mut other);
        assert_eq!(other, before);
    }
}
