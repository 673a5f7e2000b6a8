//! DOCX: headers, body, notes and footers, with what Word nests within a paragraph.

use super::Package;
use super::xml::{Element, Visitor, walk};
use crate::document::{Document, Format, Warning};
use crate::error::Unreadable;
use crate::flow::{BULLET, Flow};

/// The part that is the document.
pub(crate) const MAIN: &str = "word/document.xml";

/// Reads a document: headers first, then the body, notes, diagrams and footers. A header or footer
/// that several sections repeat is read once.
pub(crate) fn read(package: &mut Package<'_>) -> Result<Document, Unreadable> {
    let names = package.names();
    let named = |start: &'static str| {
        let matches = move |name: &&String| name.starts_with(start) && name.ends_with(".xml");
        names.iter().filter(matches).cloned()
    };
    let before = named("word/header");
    let after = named("word/footnotes")
        .chain(named("word/endnotes"))
        .chain(named("word/diagrams/data"))
        .chain(named("word/footer"));
    let parts = before.chain([MAIN.to_owned()]).chain(after);
    let mut texts: Vec<String> = Vec::new();
    let mut warnings = Vec::new();
    let mut hidden = 0;
    for name in parts {
        match read_part(package, &name) {
            Ok(part) => {
                hidden += part.hidden;
                if !part.whole {
                    warnings.push(Warning::Truncated);
                }
                let text = part.flow.finish();
                if !text.is_empty() && !texts.contains(&text) {
                    texts.push(text);
                }
            }
            Err(error) if name == MAIN => return Err(error),
            Err(Unreadable::Damaged { .. }) => warnings.push(Warning::Part { name }),
            Err(error) => return Err(error),
        }
    }
    if hidden > 0 {
        warnings.push(Warning::Hidden { characters: hidden });
    }
    let mut document = Document::new(Format::Docx, texts.join("\n"));
    document.warnings = warnings;
    Ok(document)
}

fn read_part(package: &mut Package<'_>, name: &str) -> Result<Part, Unreadable> {
    let xml = package.xml(name)?;
    let limits = package.limits();
    let mut part = Part {
        flow: Flow::new(limits.text),
        ..Part::default()
    };
    part.whole = walk(&xml, limits, &mut part)?;
    Ok(part)
}

/// A part as it is read.
#[derive(Default)]
struct Part {
    flow: Flow,
    whole: bool,
    hidden: usize,
    /// How many elements deep within one whose content is passed over.
    skipping: usize,
    /// How many elements deep within text (`w:t`): only there are characters meant.
    in_text: usize,
    /// Whether the run is hidden.
    vanished: bool,
    /// For each open alternate content: whether a choice was read already.
    alternates: Vec<bool>,
    /// For each open text box: the boxes that end with the paragraph around it.
    boxes: Vec<String>,
    /// The cells of each open row.
    rows: Vec<Vec<String>>,
    /// For each open content control: whether its content is only a prompt.
    controls: Vec<bool>,
    box_depth: usize,
}

impl Visitor for Part {
    fn open(&mut self, element: &Element<'_>) -> Result<(), Unreadable> {
        if self.skipping > 0 {
            self.skipping += 1;
            return Ok(());
        }
        match element.name() {
            // Deleted and moved-away text, field codes, properties of controls and drawings.
            "del" | "moveFrom" | "instrText" | "delText" | "fldData" | "posOffset" | "pos" => {
                self.skipping = 1;
            }
            "AlternateContent" => self.alternates.push(false),
            "Choice" => self.choose(),
            "Fallback" if self.alternates.last() == Some(&true) => self.skipping = 1,
            "sdt" => self.controls.push(false),
            "showingPlcHdr" => {
                if let Some(prompt) = self.controls.last_mut() {
                    *prompt = true;
                }
            }
            "sdtContent" if self.controls.last() == Some(&true) => self.skipping = 1,
            "txbxContent" => {
                self.box_depth += 1;
                self.flow.set_aside();
            }
            "tr" => self.rows.push(Vec::new()),
            "tc" => self.flow.set_aside(),
            "r" => self.vanished = false,
            "vanish" | "webHidden" => {
                let off = element.attribute("val");
                self.vanished = !matches!(off.as_deref(), Some("0" | "false" | "off"));
            }
            "numPr" => self.flow.text(BULLET)?,
            "t" => self.in_text += 1,
            "tab" if element.attribute("pos").is_none() => self.flow.text("\t")?,
            "br" | "cr" => self.flow.text("\n")?,
            "noBreakHyphen" => self.flow.text("-")?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), Unreadable> {
        if self.skipping > 0 {
            self.skipping -= 1;
            return Ok(());
        }
        match name {
            "AlternateContent" => drop(self.alternates.pop()),
            "sdt" => drop(self.controls.pop()),
            "txbxContent" => {
                self.box_depth = self.box_depth.saturating_sub(1);
                let text = self.flow.take();
                self.boxes.push(text);
            }
            "tc" => {
                let mut cell = self.flow.take();
                for text in std::mem::take(&mut self.boxes) {
                    cell.push('\n');
                    cell.push_str(&text);
                }
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            "tr" => {
                let cells = self.rows.pop().unwrap_or_default();
                self.flow.row(&cells)?;
            }
            "t" => self.in_text = self.in_text.saturating_sub(1),
            "r" => self.vanished = false,
            "p" => self.paragraph()?,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Unreadable> {
        if self.skipping > 0 || self.in_text == 0 {
            return Ok(());
        }
        if self.vanished {
            self.hidden += text.chars().count();
            return Ok(());
        }
        self.flow.text(text)
    }
}

impl Part {
    /// Of several ways to show the same, the first is read.
    fn choose(&mut self) {
        match self.alternates.last_mut() {
            Some(chosen @ false) => *chosen = true,
            _ => self.skipping = 1,
        }
    }

    /// Ends a paragraph; the boxes anchored in it follow.
    fn paragraph(&mut self) -> Result<(), Unreadable> {
        self.flow.line()?;
        if self.box_depth == 0 && self.rows.is_empty() {
            for text in std::mem::take(&mut self.boxes) {
                self.flow.text(&text)?;
                self.flow.line()?;
            }
        }
        Ok(())
    }
}
