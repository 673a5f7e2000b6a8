//! Lines of text with their numbers.

use std::fs::File;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use ranker_core::decode::Reader;

use crate::error::{Location, ReadError};

/// The longest line that is read, in bytes: more is no text file, and would fill the memory.
const LIMIT: usize = 1 << 26;

/// Opens a file for reading line by line: as it is, compressed by gzip, or in UTF-16.
pub(super) fn open(path: &Path) -> Result<Reader, ReadError> {
    let opened = File::open(path).and_then(Reader::new);
    opened.map_err(|source| ReadError::Open {
        path: path.to_owned(),
        source,
    })
}

/// One line, without its line break, and where it stands.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) number: usize,
    path: &'a Path,
}

impl Line<'_> {
    pub(super) fn at(&self) -> Location {
        Location {
            path: self.path.to_owned(),
            line: self.number,
        }
    }
}

/// The lines of a reader that are not blank.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    path: PathBuf,
    number: usize,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R, path: &Path) -> Self {
        Self {
            reader,
            path: path.to_owned(),
            number: 0,
            buffer: Vec::new(),
        }
    }

    /// The next line that is not blank.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, ReadError> {
        loop {
            if !self.fill()? {
                return Ok(None);
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        let bytes = match self.number {
            1 => self
                .buffer
                .strip_prefix(b"\xEF\xBB\xBF")
                .unwrap_or(&self.buffer),
            _ => &self.buffer,
        };
        let text = std::str::from_utf8(bytes).map_err(|source| ReadError::Utf8 {
            at: self.at(),
            source,
        })?;
        Ok(Some(Line {
            text: text.trim_end_matches(['\r', '\n']),
            number: self.number,
            path: &self.path,
        }))
    }

    /// Reads one line into the buffer; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool, ReadError> {
        self.buffer.clear();
        self.number += 1;
        let mut limited = self.reader.by_ref().take(LIMIT as u64 + 1);
        match limited.read_until(b'\n', &mut self.buffer) {
            Ok(length) if length > LIMIT => Err(ReadError::LineTooLong {
                at: self.at(),
                limit: LIMIT,
            }),
            Ok(length) => Ok(length > 0),
            Err(source) => Err(ReadError::Io {
                at: self.at(),
                source,
            }),
        }
    }

    fn at(&self) -> Location {
        Location {
            path: self.path.clone(),
            line: self.number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<(usize, String)>, ReadError> {
        let mut lines = Lines::new(bytes, Path::new("file"));
        let mut found = Vec::new();
        while let Some(line) = lines.next()? {
            found.push((line.number, line.text.to_owned()));
        }
        Ok(found)
    }

    #[test]
    fn numbers_count_blank_lines() {
        let found = all(b"\xEF\xBB\xBFa\r\n\n \t\nb c \nlast").unwrap();
        let expected = [(1, "a".into()), (4, "b c ".into()), (5, "last".into())];
        assert_eq!(found, expected);
    }

    #[test]
    fn other_encodings_are_named_by_line() {
        let error = all(b"fine\nM\xFCller\n").unwrap_err();
        let expected = "file:2: the line is not UTF-8 (Latin-1 or Windows-1252, perhaps); save the file as UTF-8";
        assert_eq!(error.to_string(), expected);
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn endless_lines_do_not_fill_the_memory() {
        let endless = std::io::BufReader::new(std::io::repeat(b'x'));
        let mut lines = Lines::new(endless, Path::new("file"));
        assert!(matches!(lines.next(), Err(ReadError::LineTooLong { .. })));
    }
}
