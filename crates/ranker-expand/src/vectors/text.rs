//! A word and its numbers on each line: word2vec's text, fastText's `.vec`, GloVe's files.

use std::io::BufRead;
use std::path::Path;

use super::WordVectors;
use super::error::{WordVectorsError, cut, malformed, odd_component, open, unreadable};
use super::table::Table;

/// What a first line of two whole numbers tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) words: usize,
    pub(super) dimension: usize,
}

impl Header {
    /// Reads `words dimension`. No vector has one component, so no line of a word and its vector looks so.
    pub(super) fn of(line: &str) -> Option<Self> {
        let (words, dimension) = line.trim_end().split_once(' ')?;
        let (words, dimension) = (words.parse().ok()?, dimension.parse().ok()?);
        (dimension > 0).then_some(Self { words, dimension })
    }
}

/// Reads a file with or without a header.
pub(super) fn read(path: &Path) -> Result<WordVectors, WordVectorsError> {
    let (mut reader, _) = open(path)?;
    let (mut table, mut header, mut words) = (Table::default(), None, 0);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = reader
            .read_until(b'\n', &mut line)
            .map_err(|error| unreadable(path, error))?;
        if read == 0 {
            break;
        }
        let wrong = |reason: String| malformed(path, format!("line {number}"), reason);
        let text = str::from_utf8(&line).map_err(|_| wrong("it is no text in UTF-8".to_owned()))?;
        if number == 1 {
            header = Header::of(text);
            table.dimension =
                header.map_or(text.trim_end().split(' ').count() - 1, |h| h.dimension);
            if header.is_some() {
                continue;
            }
        }
        if !text.trim_end().is_empty() {
            add(&mut table, text).map_err(wrong)?;
            words += 1;
        }
    }
    match header {
        Some(header) if header.words != words => {
            let reason = format!(
                "it tells of {} words, and {words} follow: is the file cut off?",
                header.words
            );
            Err(malformed(path, "line 1", reason))
        }
        _ => table.build().ok_or_else(|| WordVectorsError::Empty {
            path: path.to_owned(),
        }),
    }
}

/// Adds a line. Numbers are counted from its end: some words of GloVe's hold spaces.
fn add(table: &mut Table, line: &str) -> Result<(), String> {
    let expected = table.dimension;
    let mut fields = line.trim_end().rsplitn(expected.saturating_add(1), ' ');
    let mut row = Vec::with_capacity(expected.min(line.len()));
    for field in fields.by_ref().take(expected) {
        match field.parse::<f32>() {
            Ok(number) => row.push(number),
            Err(_) => {
                return Err(format!(
                    "{:?} is no number, of the {expected} expected after the word",
                    cut(field)
                ));
            }
        }
    }
    row.reverse();
    let Some(word) = fields.next().filter(|word| !word.is_empty()) else {
        return Err(format!(
            "a word and {expected} numbers are expected, parted by single spaces"
        ));
    };
    (table.add(word, &row)).map_err(|odd| odd_component(word, odd))
}
