//! Glyphs by PDFium, the PDF library of Chromium.

use std::path::Path;
use std::sync::OnceLock;

use pdfium_render::prelude::{
    PdfDocument, PdfPageIndex, PdfPageTextChar, Pdfium, PdfiumError, PdfiumInternalError,
};

use super::{Budget, Glyph, Pages, SOFT_HYPHEN, no_engine};
use crate::error::Unreadable;
use crate::limits::Limits;

/// The glyphs of a document.
pub(super) fn pages(library: &Path, bytes: &[u8], limits: &Limits) -> Result<Pages, Unreadable> {
    // The library is loaded once a process, whichever path comes first.
    static PDFIUM: OnceLock<Result<Pdfium, String>> = OnceLock::new();
    let loaded = PDFIUM.get_or_init(|| match Pdfium::bind_to_library(library) {
        Ok(bindings) => Ok(Pdfium::new(bindings)),
        Err(error) => Err(format!("{} cannot be loaded: {error:?}", library.display())),
    });
    let pdfium = loaded.as_ref().map_err(|why| no_engine(why))?;
    match pdfium.load_pdf_from_byte_slice(bytes, None) {
        Ok(document) => read(&document, limits),
        Err(error) => Err(refused(&error)),
    }
}

fn refused(error: &PdfiumError) -> Unreadable {
    use PdfiumInternalError::{PasswordError, SecurityError};
    match error {
        PdfiumError::PdfiumLibraryInternalError(PasswordError | SecurityError) => {
            Unreadable::Encrypted
        }
        _ => Unreadable::damaged("PDFium finds no document in it"),
    }
}

fn read(document: &PdfDocument<'_>, limits: &Limits) -> Result<Pages, Unreadable> {
    let mut budget = Budget::new(limits);
    let count = document.pages().len() as usize;
    let mut pages = Vec::new();
    for index in 0..count.min(limits.pages) {
        let mut glyphs = Vec::new();
        // A page that is damaged is an empty one; the others may be whole.
        if let Ok(index) = PdfPageIndex::try_from(index)
            && let Ok(page) = document.pages().get(index)
            && let Ok(text) = page.text()
        {
            let mut spaced = false;
            for character in text.chars().iter() {
                match glyph(&character) {
                    Some(glyph) => {
                        budget.take(glyph.text.len())?;
                        glyphs.push(Glyph { spaced, ..glyph });
                        spaced = false;
                    }
                    None => spaced = true,
                }
            }
        }
        pages.push(glyphs);
    }
    Ok(Pages { pages, count })
}

/// A character that shows; `None` for white space, also for what PDFium adds where it sees a gap.
fn glyph(character: &PdfPageTextChar<'_>) -> Option<Glyph> {
    let text = match character.unicode_value() {
        0xad => SOFT_HYPHEN.to_string(),
        // How PDFium marks a hyphen at the end of a line, whether the word has it or not.
        0x02 | 0xfffe => "-".to_owned(),
        value => {
            let value = char::from_u32(value)?;
            if value.is_whitespace() || value.is_control() {
                return None;
            }
            value.to_string()
        }
    };
    let bounds = character.loose_bounds().ok()?;
    let baseline = character
        .origin_y()
        .map_or(bounds.bottom().value, |y| y.value);
    let size = match character.scaled_font_size().value.abs() {
        size if size > 0.5 => size,
        _ => bounds.height().value.abs().max(0.5),
    };
    Some(Glyph {
        text,
        left: bounds.left().value,
        right: bounds.right().value,
        baseline,
        size,
        spaced: false,
    })
}
