//! word2vec's binary file: `words dimension`, then each word, a space, and its numbers.

use std::io::{BufRead, Read};
use std::path::Path;

use super::WordVectors;
use super::error::{WordVectorsError, malformed, odd_component, open, unreadable};
use super::table::Table;
use super::text::Header;

/// The longest first line, in bytes: two numbers of 64 bits.
const MAX_HEADER: u64 = 42;
/// The longest word, in bytes: word2vec cuts words at 100 and phrases at 500.
const MAX_WORD: u64 = 4096;

/// Reads a file whose numbers are little-endian 32-bit floats.
pub(super) fn read(path: &Path) -> Result<WordVectors, WordVectorsError> {
    let (mut reader, size) = open(path)?;
    let mut line = Vec::new();
    let read = reader
        .by_ref()
        .take(MAX_HEADER)
        .read_until(b'\n', &mut line);
    read.map_err(|error| unreadable(path, error))?;
    let header = str::from_utf8(&line).ok().and_then(Header::of);
    let Some(Header { words, dimension }) = header.filter(|_| line.ends_with(b"\n")) else {
        return Err(malformed(
            path,
            "line 1",
            "the numbers of words and of dimensions are expected",
        ));
    };
    if words == 0 {
        return Err(WordVectorsError::Empty {
            path: path.to_owned(),
        });
    }
    // Beside its floats a word takes a space and a byte at least.
    let floats = (dimension as u64)
        .checked_mul(4)
        .and_then(|row| row.checked_add(2)?.checked_mul(words as u64));
    if floats.is_none_or(|bytes| bytes > size) {
        let reason = format!(
            "it tells of {words} x {dimension} floats, which a file of {size} bytes does not hold"
        );
        return Err(malformed(path, "line 1", reason));
    }
    let mut table = Table::new(dimension);
    let mut entry = Entry {
        word: Vec::new(),
        bytes: vec![0; dimension * 4],
    };
    for number in 1..=words {
        entry
            .read(&mut reader)
            .map_err(|error| unreadable(path, error))?
            .and_then(|()| entry.add_to(&mut table))
            .map_err(|reason| malformed(path, format!("word {number}"), reason))?;
    }
    table.build().ok_or_else(|| WordVectorsError::Empty {
        path: path.to_owned(),
    })
}

/// The bytes of a word and of its numbers.
struct Entry {
    word: Vec<u8>,
    bytes: Vec<u8>,
}

impl Entry {
    /// Reads the next one; the error inside is the file's fault.
    fn read(&mut self, reader: &mut impl BufRead) -> std::io::Result<Result<(), String>> {
        self.word.clear();
        reader
            .by_ref()
            .take(MAX_WORD)
            .read_until(b' ', &mut self.word)?;
        if self.word.pop() != Some(b' ') {
            let reason = "the file is cut off, or the word longer than 4096 bytes";
            return Ok(Err(reason.to_owned()));
        }
        Ok(match reader.read_exact(&mut self.bytes) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err("the file is cut off".to_owned())
            }
            Err(error) => return Err(error),
        })
    }

    fn add_to(&self, table: &mut Table) -> Result<(), String> {
        // word2vec ends each vector with a line's end, other writers do not.
        let word = str::from_utf8(&self.word)
            .map_err(|_| "it is no text in UTF-8")?
            .trim_start_matches('\n');
        if word.is_empty() {
            return Err("a word is expected before its numbers".to_owned());
        }
        let floats = self.bytes.as_chunks().0.iter();
        let row: Vec<f32> = floats.map(|&bytes| f32::from_le_bytes(bytes)).collect();
        (table.add(word, &row)).map_err(|odd| odd_component(word, odd))
    }
}
