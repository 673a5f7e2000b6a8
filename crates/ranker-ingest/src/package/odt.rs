//! ODT: page headers, the body, page footers.

use super::Package;
use super::xml::{Element, Visitor, walk};
use crate::document::{Document, Format, Warning};
use crate::error::Unreadable;
use crate::flow::{BULLET, Flow};

/// The most spaces that one element stands for.
const MOST_SPACES: usize = 100;

/// Reads a document.
pub(crate) fn read(package: &mut Package<'_>) -> Result<Document, Unreadable> {
    if package.has("META-INF/manifest.xml") {
        let manifest = package.xml("META-INF/manifest.xml")?;
        if manifest.contains("encryption-data") {
            return Err(Unreadable::Encrypted);
        }
    }
    let (body, whole) = read_part(package, "content.xml", Shown::Everything)?;
    let mut texts = vec![body];
    let mut warnings = Vec::new();
    if !whole {
        warnings.push(Warning::Truncated);
    }
    if package.has("styles.xml") {
        for (at, shown) in [(0, Shown::Headers), (usize::MAX, Shown::Footers)] {
            match read_part(package, "styles.xml", shown) {
                Ok((text, _)) => texts.insert(at.min(texts.len()), text),
                Err(Unreadable::Damaged { .. }) => {
                    let name = "styles.xml".to_owned();
                    warnings.push(Warning::Part { name });
                }
                Err(error) => return Err(error),
            }
        }
    }
    texts.retain(|text| !text.is_empty());
    let mut document = Document::new(Format::Odt, texts.join("\n"));
    document.warnings = warnings;
    Ok(document)
}

fn read_part(
    package: &mut Package<'_>,
    name: &str,
    shown: Shown,
) -> Result<(String, bool), Unreadable> {
    let xml = package.xml(name)?;
    let limits = package.limits();
    let mut part = Part {
        flow: Flow::new(limits.text),
        shown,
        ..Part::default()
    };
    let whole = walk(&xml, limits, &mut part)?;
    Ok((part.flow.finish(), whole))
}

/// Which elements of a part are read.
#[derive(Default, Clone, Copy, PartialEq)]
enum Shown {
    #[default]
    Everything,
    Headers,
    Footers,
}

#[derive(Default)]
struct Part {
    flow: Flow,
    shown: Shown,
    /// How many elements deep within a header or footer that is read.
    within: usize,
    skipping: usize,
    /// How many paragraphs are open: one within a box stands within another.
    paragraphs: usize,
    /// Whether the next paragraph begins a list item.
    item: bool,
    rows: Vec<Vec<String>>,
    boxes: Vec<String>,
    box_depth: usize,
}

impl Part {
    fn reads(&self) -> bool {
        self.shown == Shown::Everything || self.within > 0
    }

    fn begin(&mut self, element: &Element<'_>) -> Result<(), Unreadable> {
        match element.name() {
            "tracked-changes" | "annotation" | "title" | "desc" | "binary-data" => {
                self.skipping = 1;
            }
            "list-item" => self.item = true,
            "p" | "h" => {
                self.paragraphs += 1;
                if std::mem::take(&mut self.item) {
                    self.flow.text(BULLET)?;
                }
            }
            "text-box" => {
                self.box_depth += 1;
                self.flow.set_aside();
            }
            "table-row" => self.rows.push(Vec::new()),
            "table-cell" | "covered-table-cell" => self.flow.set_aside(),
            "s" => {
                let count = element.attribute("c").and_then(|count| count.parse().ok());
                self.flow
                    .text(&" ".repeat(count.unwrap_or(1).min(MOST_SPACES)))?;
            }
            "tab" => self.flow.text("\t")?,
            "line-break" => self.flow.text("\n")?,
            _ => {}
        }
        Ok(())
    }

    fn paragraph(&mut self) -> Result<(), Unreadable> {
        self.paragraphs = self.paragraphs.saturating_sub(1);
        self.flow.line()?;
        if self.box_depth == 0 {
            for text in std::mem::take(&mut self.boxes) {
                self.flow.text(&text)?;
                self.flow.line()?;
            }
        }
        Ok(())
    }
}

impl Visitor for Part {
    fn open(&mut self, element: &Element<'_>) -> Result<(), Unreadable> {
        if self.skipping > 0 {
            self.skipping += 1;
            return Ok(());
        }
        let shown = match self.shown {
            Shown::Everything => return self.begin(element),
            Shown::Headers => "header",
            Shown::Footers => "footer",
        };
        if self.within > 0 || element.name() == shown {
            self.within += 1;
            return self.begin(element);
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), Unreadable> {
        if self.skipping > 0 {
            self.skipping -= 1;
            if self.skipping == 0 {
                self.within = self.within.saturating_sub(1);
            }
            return Ok(());
        }
        if !self.reads() {
            return Ok(());
        }
        self.within = self.within.saturating_sub(1);
        match name {
            "p" | "h" => self.paragraph()?,
            "list-item" => self.item = false,
            "text-box" => {
                self.box_depth = self.box_depth.saturating_sub(1);
                let text = self.flow.take();
                self.boxes.push(text);
            }
            "table-cell" | "covered-table-cell" => {
                let cell = self.flow.take();
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            "table-row" => {
                let cells = self.rows.pop().unwrap_or_default();
                self.flow.row(&cells)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Unreadable> {
        if self.skipping > 0 || self.paragraphs == 0 || !self.reads() {
            return Ok(());
        }
        // White space in the file is folded; what counts has elements of its own.
        let folded = text.replace(['\n', '\r', '\t'], " ");
        self.flow.text(&folded)
    }
}
