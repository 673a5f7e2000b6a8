//! A stream of UTF-8 out of whatever a file holds.

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use super::encoding::{Encoding, from_utf16, utf16};
use super::{DecodeError, GZIP_MAGIC, foreign_kind};

/// How much is read to tell what a stream is.
const SAMPLE: u64 = 4096;

/// Characters are decoded in pieces of this many bytes.
const PIECE: usize = 1 << 16;

/// A file's content with gzip undone, UTF-16 turned into UTF-8, and the byte order mark removed.
///
/// Bytes in other encodings pass as they are: whoever reads a line can name it.
pub struct Reader(Box<dyn BufRead + Send>);

impl Reader {
    /// Looks at the first bytes and chooses how to read the others.
    ///
    /// # Errors
    ///
    /// What the stream reports; [`io::ErrorKind::InvalidData`] around a [`DecodeError`] for a file
    /// that is no text.
    pub fn new(from: impl Read + Send + 'static) -> io::Result<Self> {
        Self::of(Box::new(from))
    }

    fn of(mut from: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut start = Vec::new();
        from.by_ref().take(SAMPLE).read_to_end(&mut start)?;
        if start.starts_with(&GZIP_MAGIC) {
            return unpacked(Box::new(Cursor::new(start).chain(from)));
        }
        if let Some((encoding, mark)) = utf16(&start) {
            let rest = Cursor::new(start.split_off(mark)).chain(from);
            return Ok(Self(Box::new(BufReader::new(Utf16::new(rest, encoding)))));
        }
        if let Some(kind) = foreign_kind(&start) {
            return Err(invalid(DecodeError::Foreign { kind }));
        }
        let mark = if start.starts_with(b"\xEF\xBB\xBF") {
            3
        } else {
            0
        };
        let rest = Cursor::new(start.split_off(mark)).chain(from);
        Ok(Self(Box::new(BufReader::with_capacity(PIECE, rest))))
    }
}

fn invalid(error: DecodeError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(feature = "gzip")]
fn unpacked(packed: Box<dyn Read + Send>) -> io::Result<Reader> {
    let mut content = flate2::read::MultiGzDecoder::new(packed);
    let mut start = Vec::new();
    content.by_ref().take(2).read_to_end(&mut start)?;
    if start == GZIP_MAGIC {
        let kind = "gzip within gzip";
        return Err(invalid(DecodeError::Foreign { kind }));
    }
    Reader::of(Box::new(Cursor::new(start).chain(content)))
}

#[cfg(not(feature = "gzip"))]
fn unpacked(_packed: Box<dyn Read + Send>) -> io::Result<Reader> {
    let kind = "a gzip archive (the feature `gzip` is off)";
    Err(invalid(DecodeError::Foreign { kind }))
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl BufRead for Reader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

/// UTF-16 as UTF-8, piece by piece.
struct Utf16<R> {
    from: R,
    encoding: Encoding,
    /// Bytes of a character whose others are still to come.
    rest: Vec<u8>,
    decoded: Cursor<Vec<u8>>,
}

impl<R: Read> Utf16<R> {
    fn new(from: R, encoding: Encoding) -> Self {
        Self {
            from,
            encoding,
            rest: Vec::new(),
            decoded: Cursor::default(),
        }
    }

    /// Decodes one more piece; `false` at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let mut limited = self.from.by_ref().take(PIECE as u64);
        let read = limited.read_to_end(&mut self.rest)?;
        let whole = match read {
            0 => self.rest.len(),
            _ => whole_characters(&self.rest, self.encoding),
        };
        let (text, _) = from_utf16(&self.rest[..whole], self.encoding);
        self.rest.drain(..whole);
        self.decoded = Cursor::new(text.into_bytes());
        Ok(read > 0 || whole > 0)
    }
}

/// How many of the bytes are whole characters: the first half of a pair at the end is none.
fn whole_characters(bytes: &[u8], encoding: Encoding) -> usize {
    let even = bytes.len() & !1;
    let high = match (encoding, even) {
        (_, 0) => return 0,
        (Encoding::Utf16Be, even) => bytes[even - 2],
        (_, even) => bytes[even - 1],
    };
    if (0xd8..0xdc).contains(&high) {
        even - 2
    } else {
        even
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.decoded.read(into)?;
            if read > 0 || into.is_empty() || !self.refill()? {
                return Ok(read);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: Vec<u8>) -> io::Result<String> {
        let mut text = String::new();
        Reader::new(Cursor::new(bytes))?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn streams_what_whole_files_decode_to() {
        let text = "Zürich \u{1f601} ".repeat(40_000);
        let mark = "\u{feff}";
        let le =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let be =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
        for bytes in [
            text.clone().into_bytes(),
            format!("{mark}{text}").into_bytes(),
            le(&text),
            le(&format!("{mark}{text}")),
            be(&text),
            be(&format!("{mark}{text}")),
        ] {
            assert!(read(bytes).unwrap() == text);
        }
    }

    #[test]
    fn the_end_of_a_cut_file_is_told() {
        let cut: Vec<u8> = "a\u{1f600}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let marked = [&b"\xff\xfe"[..], &cut[..cut.len() - 2]].concat();
        assert_eq!(read(marked).unwrap(), "a\u{fffd}");
        assert_eq!(read(Vec::new()).unwrap(), "");
        let error = read(b"%PDF-1.7\n".to_vec()).unwrap_err();
        assert_eq!(error.to_string(), "it is a PDF document, not a text");
    }
}
