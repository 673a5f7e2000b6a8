//! Glyphs by `hayro`, in pure Rust.

use hayro_interpret::font::{Glyph as Drawn, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::{LoadPdfError, Pdf};
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, interpret_page,
};

use super::{Budget, Glyph, Pages};
use crate::error::Unreadable;
use crate::limits::Limits;

/// Glyph coordinates count a thousandth of the font's size.
const UNITS: f64 = 1000.0;

/// The glyphs of a document.
pub(super) fn pages(bytes: &[u8], limits: &Limits) -> Result<Pages, Unreadable> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(_) => Unreadable::Encrypted,
        LoadPdfError::Invalid => Unreadable::damaged("no PDF document is found in it"),
    })?;
    let cache = InterpreterCache::new();
    let everywhere = Rect::new(-1e6, -1e6, 1e6, 1e6);
    let settings = InterpreterSettings::default();
    let count = pdf.pages().len();
    let mut budget = Budget::new(limits);
    let mut pages = Vec::new();
    for page in pdf.pages().iter().take(limits.pages) {
        let transform = Affine::IDENTITY;
        let xref = pdf.xref();
        let mut context = Context::new(transform, everywhere, &cache, xref, settings.clone());
        let mut collected = Collected::default();
        interpret_page(page, &mut context, &mut collected);
        let text: usize = collected.glyphs.iter().map(|glyph| glyph.text.len()).sum();
        budget.take(text)?;
        pages.push(collected.glyphs);
    }
    Ok(Pages { pages, count })
}

/// A device that draws nothing and keeps the glyphs.
#[derive(Default)]
struct Collected {
    glyphs: Vec<Glyph>,
    spaced: bool,
}

impl Collected {
    fn add(&mut self, drawn: &Drawn<'_>, transform: Affine) {
        let text = match drawn.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            Some(BfString::String(text)) => text,
            None => char::REPLACEMENT_CHARACTER.to_string(),
        };
        if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
            self.spaced = true;
            return;
        }
        let advance = match drawn {
            Drawn::Outline(glyph) => glyph.advance_width(),
            Drawn::Type3(glyph) => glyph.advance_width(),
        };
        let advance = f64::from(advance.unwrap_or(500.0));
        let origin = transform * Point::ZERO;
        let end = transform * Point::new(advance, 0.0);
        let top = transform * Point::new(0.0, UNITS);
        let coordinates = [origin.x, origin.y, end.x, top.x, top.y];
        if coordinates.iter().all(|coordinate| coordinate.abs() < 1e6) {
            self.glyphs.push(Glyph {
                text,
                left: origin.x as f32,
                right: end.x as f32,
                baseline: origin.y as f32,
                size: (top - origin).hypot().max(0.5) as f32,
                spaced: std::mem::take(&mut self.spaced),
            });
        }
    }
}

impl Device<'_> for Collected {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}

    fn push_clip_path(&mut self, _: &ClipPath) {}

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        for glyph in run.glyphs() {
            self.add(glyph, props.transform * glyph.transform());
        }
    }

    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {}

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
