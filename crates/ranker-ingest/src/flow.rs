//! Text that grows by paragraphs, with boxes and table cells set aside while they are read.

use crate::error::Unreadable;

/// The start of a list item.
pub(crate) const BULLET: &str = "• ";

/// The text of a document as its reader comes across it.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// The body, and above it the boxes and cells that are open.
    open: Vec<String>,
    /// What has been written into all of them.
    written: usize,
    limit: usize,
}

impl Flow {
    /// An empty body that takes up to `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            open: vec![String::new()],
            written: 0,
            limit,
        }
    }

    /// Adds text to the paragraph.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Unreadable> {
        self.written += text.len();
        if self.written > self.limit {
            return Err(Unreadable::TooLarge {
                what: "text",
                limit: self.limit,
            });
        }
        if let Some(top) = self.open.last_mut() {
            top.push_str(text);
        }
        Ok(())
    }

    /// Ends the paragraph, if it has begun.
    pub(crate) fn line(&mut self) -> Result<(), Unreadable> {
        match self.open.last() {
            Some(top) if !top.is_empty() && !top.ends_with('\n') => self.text("\n"),
            _ => Ok(()),
        }
    }

    /// Whether the line has not begun.
    pub(crate) fn at_start(&self) -> bool {
        let top = self.open.last();
        top.is_none_or(|top| top.is_empty() || top.ends_with(['\n', '\t']) || self.line_is(BULLET))
    }

    /// Whether the line is this and no more.
    pub(crate) fn line_is(&self, line: &str) -> bool {
        let before = self.open.last().and_then(|top| top.strip_suffix(line));
        before.is_some_and(|before| before.is_empty() || before.ends_with('\n'))
    }

    /// Sets the paragraph aside and begins a box or cell.
    pub(crate) fn set_aside(&mut self) {
        self.open.push(String::new());
    }

    /// Ends a box or cell: its text.
    pub(crate) fn take(&mut self) -> String {
        match self.open.len() {
            0 | 1 => String::new(),
            _ => self.open.pop().unwrap_or_default(),
        }
    }

    /// Adds a row: on one line if every cell is, else cell after cell.
    pub(crate) fn row(&mut self, cells: &[String]) -> Result<(), Unreadable> {
        let cells = cells.iter().map(|cell| cell.trim());
        let cells: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
        let one_line = cells.iter().all(|cell| !cell.contains('\n'));
        let row = cells.join(if one_line { "\t" } else { "\n" });
        self.line()?;
        self.text(&row)?;
        self.line()
    }

    /// The whole text, tidied; boxes that were never closed come last.
    pub(crate) fn finish(self) -> String {
        tidy(&self.open.join("\n"))
    }
}

/// Ligatures spelled out, control characters and spaces at the ends of lines removed, at most one
/// blank line in a row.
pub(crate) fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines() {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if line.is_empty() || line == BULLET.trim_end() {
            blank += 1;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        blank = 0;
        line.chars().for_each(|c| spell(c, &mut tidied));
    }
    tidied
}

fn spell(c: char, into: &mut String) {
    match c {
        '\u{fb00}' => into.push_str("ff"),
        '\u{fb01}' => into.push_str("fi"),
        '\u{fb02}' => into.push_str("fl"),
        '\u{fb03}' => into.push_str("ffi"),
        '\u{fb04}' => into.push_str("ffl"),
        '\u{fb05}' | '\u{fb06}' => into.push_str("st"),
        '\t' => into.push('\t'),
        '\u{a0}' => into.push(' '),
        c if c.is_control() => {}
        c => into.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_on_a_line_where_they_can() {
        let mut flow = Flow::new(1000);
        flow.text("Work").unwrap();
        flow.row(&["2019 – 2021".into(), "Engineer\n".into()])
            .unwrap();
        flow.row(&["A\nB".into(), "C".into()]).unwrap();
        assert_eq!(flow.finish(), "Work\n2019 – 2021\tEngineer\nA\nB\nC");
    }

    #[test]
    fn the_limit_holds_over_all_boxes() {
        let mut flow = Flow::new(5);
        flow.text("abc").unwrap();
        flow.set_aside();
        assert!(matches!(flow.text("def"), Err(Unreadable::TooLarge { .. })));
    }

    #[test]
    fn tidies_what_pages_carry() {
        assert_eq!(
            tidy("\u{feff} o\u{fb03}ce \n\n\n\nx\u{7}y\u{a0}z\n• \n"),
            "office\n\nxy z"
        );
    }
}
