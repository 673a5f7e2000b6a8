//! RTF, after the Rich Text Format Specification, version 1.9.1 (Microsoft, 2008).

use crate::document::{Document, Format, Warning};
use crate::error::Unreadable;
use crate::flow::{BULLET, Flow};
use crate::limits::Limits;

/// Destinations whose text a page does not show.
const UNSHOWN: [&str; 26] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "fldinst",
    "filetbl",
    "listtable",
    "listoverridetable",
    "revtbl",
    "rsidtbl",
    "generator",
    "themedata",
    "colorschememapping",
    "datastore",
    "latentstyles",
    "xmlnstbl",
    "sp",
    "datafield",
    "annotation",
    "atnid",
    "atnauthor",
    "nonshppict",
    "bkmkstart",
    "bkmkend",
];

/// Destinations that are marked as ignorable and hold text all the same: shapes hold text boxes.
const SHAPES: [&str; 3] = ["shpinst", "shptxt", "upr"];

/// Reads a document.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Unreadable> {
    let mut reader = Reader {
        bytes,
        at: 0,
        flow: Flow::new(limits.text),
        group: Group {
            unicode_skip: 1,
            ..Group::default()
        },
        open: Vec::new(),
        limits,
        ignorable: false,
        skip: 0,
        surrogate: None,
        hidden: 0,
        replaced: 0,
    };
    reader.run()?;
    let whole = reader.open.is_empty();
    let (hidden, replaced) = (reader.hidden, reader.replaced);
    let mut document = Document::new(Format::Rtf, reader.flow.finish());
    if !whole {
        document = document.with_warning(Warning::Truncated);
    }
    if hidden > 0 {
        document = document.with_warning(Warning::Hidden { characters: hidden });
    }
    if replaced > 0 {
        document = document.with_warning(Warning::Replaced { count: replaced });
    }
    Ok(document)
}

/// What holds until a group ends.
#[derive(Clone, Copy, Default)]
struct Group {
    unshown: bool,
    hidden: bool,
    /// How many characters follow a `\u` for readers without Unicode.
    unicode_skip: usize,
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    flow: Flow,
    group: Group,
    open: Vec<Group>,
    limits: &'b Limits,
    /// Whether `\*` was just read: a destination that is not known is passed over.
    ignorable: bool,
    /// Characters still to be passed over after a `\u`.
    skip: usize,
    /// The first half of a pair of `\u`.
    surrogate: Option<u16>,
    hidden: usize,
    replaced: usize,
}

impl Reader<'_> {
    fn run(&mut self) -> Result<(), Unreadable> {
        while let Some(byte) = self.next() {
            match byte {
                b'{' => self.begin()?,
                b'}' => {
                    self.skip = 0;
                    match self.open.pop() {
                        Some(group) => self.group = group,
                        None => return Ok(()),
                    }
                    if self.open.is_empty() {
                        return Ok(());
                    }
                }
                b'\\' => self.control()?,
                b'\r' | b'\n' | 0 => {}
                byte => self.byte(byte)?,
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn begin(&mut self) -> Result<(), Unreadable> {
        if self.open.len() >= self.limits.depth {
            let limit = self.limits.depth;
            return Err(Unreadable::TooDeep { limit });
        }
        self.skip = 0;
        self.open.push(self.group);
        Ok(())
    }

    fn control(&mut self) -> Result<(), Unreadable> {
        let Some(first) = self.next() else {
            return Ok(());
        };
        if !first.is_ascii_alphabetic() {
            return self.symbol(first);
        }
        let start = self.at - 1;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        let number_at = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let number = std::str::from_utf8(&self.bytes[number_at..self.at]).ok();
        let number = number.and_then(|number| number.parse::<i64>().ok());
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        let word = std::str::from_utf8(word).unwrap_or_default();
        let ignorable = std::mem::take(&mut self.ignorable);
        self.word(word, number, ignorable)
    }

    fn symbol(&mut self, symbol: u8) -> Result<(), Unreadable> {
        match symbol {
            b'\'' => {
                let digits = self.bytes.get(self.at..self.at + 2).unwrap_or_default();
                let hex = std::str::from_utf8(digits).ok();
                let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                if let Some(byte) = byte {
                    self.at += 2;
                    self.byte(byte)?;
                }
                Ok(())
            }
            b'*' => {
                self.ignorable = true;
                Ok(())
            }
            b'~' => self.put(" "),
            b'_' => self.put("-"),
            b'-' => Ok(()),
            b'\r' | b'\n' => self.put("\n"),
            b'\\' | b'{' | b'}' => self.byte(symbol),
            _ => Ok(()),
        }
    }

    fn word(&mut self, word: &str, number: Option<i64>, ignorable: bool) -> Result<(), Unreadable> {
        if UNSHOWN.contains(&word) || (ignorable && !SHAPES.contains(&word)) {
            self.group.unshown = true;
            return Ok(());
        }
        match word {
            "par" | "sect" | "page" | "line" | "row" | "nestrow" => self.put("\n"),
            "tab" | "cell" | "nestcell" => self.put("\t"),
            // The bullet itself is written in a font of symbols.
            "listtext" | "pntext" => {
                self.put(BULLET)?;
                self.group.unshown = true;
                Ok(())
            }
            "bullet" => self.put("•"),
            "emdash" => self.put("—"),
            "endash" => self.put("–"),
            "lquote" => self.put("‘"),
            "rquote" => self.put("’"),
            "ldblquote" => self.put("“"),
            "rdblquote" => self.put("”"),
            "emspace" | "enspace" | "qmspace" => self.put(" "),
            "shptxt" | "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl"
            | "footerr" | "footerf" | "footnote" => self.flow.line(),
            "v" | "deleted" => {
                self.group.hidden = number != Some(0);
                Ok(())
            }
            "plain" => {
                self.group.hidden = false;
                Ok(())
            }
            "uc" => {
                self.group.unicode_skip = number.and_then(|n| n.try_into().ok()).unwrap_or(1);
                Ok(())
            }
            "u" => self.unicode(number.unwrap_or_default()),
            "bin" => {
                let length = number.and_then(|n| n.try_into().ok()).unwrap_or(0);
                self.at = self.at.saturating_add(length);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn unicode(&mut self, number: i64) -> Result<(), Unreadable> {
        self.skip = self.group.unicode_skip.min(16);
        // Numbers above 32767 are written as negative ones.
        let unit = (number & 0xffff) as u16;
        let pair = self.surrogate.take();
        if (0xd800..0xdc00).contains(&unit) {
            self.surrogate = Some(unit);
            return Ok(());
        }
        let units = pair.into_iter().chain([unit]);
        for decoded in char::decode_utf16(units) {
            let character = decoded.unwrap_or_else(|_| {
                self.replaced += 1;
                char::REPLACEMENT_CHARACTER
            });
            self.put(character.encode_utf8(&mut [0; 4]))?;
        }
        Ok(())
    }

    /// A character of the document's code page, which is taken to be Windows-1252: writers give
    /// others by `\u` as well.
    fn byte(&mut self, byte: u8) -> Result<(), Unreadable> {
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        let character = ranker_core::decode::windows_1252(byte);
        self.put(character.encode_utf8(&mut [0; 4]))
    }

    fn put(&mut self, text: &str) -> Result<(), Unreadable> {
        if self.group.unshown {
            return Ok(());
        }
        if self.group.hidden {
            self.hidden += text.chars().count();
            return Ok(());
        }
        self.flow.text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(rtf: &str) -> Document {
        read(rtf.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn reads_text_boxes_lists_and_characters() {
        let rtf = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator Word;}
M\'fcller \u350?\u-10179?\u-8704? \ldblquote R\rdblquote\par
{\listtext\'b7\tab}Rust \b\{services\}\b0\par
{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt Box text\par}}}
2019\cell Lyon\cell\row {\v secret}end}";
        let read = document(rtf);
        assert_eq!(
            read.text,
            "Müller Ş\u{1f600} “R”\n• Rust {services}\nBox text\n2019\tLyon\nend"
        );
        assert_eq!(read.warnings, [Warning::Hidden { characters: 6 }]);
    }

    #[test]
    fn hostile_files_end() {
        let deep = "{".repeat(100_000);
        let deep = read(deep.as_bytes(), &Limits::default());
        assert!(matches!(deep, Err(Unreadable::TooDeep { .. })));
        assert_eq!(document(r"{\rtf1 a\bin99999999999 b").text, "a");
        assert_eq!(document(r"{\rtf1 a\'").warnings, [Warning::Truncated]);
    }
}
