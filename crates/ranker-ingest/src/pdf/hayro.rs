//! Glyphs by hayro, a reader of PDF in Rust alone.

use hayro_interpret::font::{Glyph as Shape, GlyphRun, PositionedGlyph};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, TransformExt, interpret_page,
};

use super::{Budget, Glyph, Pages};
use crate::error::Unreadable;
use crate::limits::Limits;

/// Units of a glyph's own coordinates in the size of its font.
const UNITS: f64 = 1000.0;

/// How wide a glyph is taken to be, in units, whose font does not say.
const WIDTH: f32 = 500.0;

/// The glyphs of a document.
pub(super) fn pages(bytes: &[u8], limits: &Limits) -> Result<Pages, Unreadable> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(refused)?;
    let count = pdf.pages().len();
    let mut budget = Budget::new(limits);
    let mut pages = Vec::new();
    let cache = InterpreterCache::new();
    for page in pdf.pages().iter().take(limits.pages) {
        let glyphs = glyphs(page, &cache);
        let mut text = glyphs.iter().map(|glyph| glyph.text.len());
        text.try_for_each(|bytes| budget.take(bytes))?;
        pages.push(glyphs);
    }
    Ok(Pages { pages, count })
}

fn refused(error: LoadPdfError) -> Unreadable {
    match error {
        LoadPdfError::Decryption(
            DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm,
        ) => Unreadable::Encrypted,
        _ => Unreadable::damaged("hayro finds no document in it"),
    }
}

fn glyphs<'a>(page: &Page<'a>, cache: &InterpreterCache<'a>) -> Vec<Glyph> {
    // Upwards, as a page's own coordinates are, but turned as the page is shown.
    let upright = page.initial_transform(false).to_kurbo();
    let (width, height) = page.render_dimensions();
    let shown = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let settings = InterpreterSettings::default();
    let mut context = Context::new(upright, shown, cache, page.xref(), settings);
    let mut drawn = Drawn::default();
    interpret_page(page, &mut context, &mut drawn);
    drawn.glyphs
}

/// What a page draws, of which only glyphs count.
#[derive(Default)]
struct Drawn {
    glyphs: Vec<Glyph>,
    /// Where the last run begins.
    run: usize,
    spaced: bool,
}

impl<'a> Device<'a> for Drawn {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        let before = self.run..self.glyphs.len();
        self.run = before.end;
        for glyph in run.glyphs() {
            self.draw(glyph, props.transform * glyph.transform());
        }
        let (before, run) = (&self.glyphs[before.clone()], &self.glyphs[before.end..]);
        // Bold letters are often made by drawing them twice.
        if before.len() == run.len() && before.iter().zip(run).all(|(a, b)| a.lies_on(b)) {
            self.glyphs.truncate(self.run);
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

impl Glyph {
    fn lies_on(&self, other: &Self) -> bool {
        let near = |one: f32, other: f32| (one - other).abs() < 0.1 * self.size;
        let place = near(self.left, other.left) && near(self.baseline, other.baseline);
        place && self.text == other.text
    }
}

impl Drawn {
    fn draw(&mut self, shape: &PositionedGlyph<'_>, place: Affine) {
        let text = match shape.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            Some(BfString::String(text)) => text,
            None => return,
        };
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        if text.trim().is_empty() {
            self.spaced = true;
            return;
        }
        let width = match &**shape {
            Shape::Outline(outline) => outline.advance_width(),
            Shape::Type3(drawn) => drawn.advance_width(),
        };
        let (from, to) = (
            place * Point::ZERO,
            place * Point::new(f64::from(width.unwrap_or(WIDTH)), 0.0),
        );
        let up = place * Point::new(0.0, UNITS) - from;
        let glyph = Glyph {
            text,
            left: from.x.min(to.x) as f32,
            right: from.x.max(to.x) as f32,
            baseline: from.y as f32,
            size: (up.hypot() as f32).max(0.5),
            spaced: self.spaced,
        };
        self.spaced = false;
        self.glyphs.push(glyph);
    }
}
