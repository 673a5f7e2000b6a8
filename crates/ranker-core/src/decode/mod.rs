//! Bytes of unknown origin as text: encodings told apart, a byte order mark taken off, gzip undone.
//!
//! Every reader of files goes through here, so that a file reads alike wherever it is given:
//! [`decode`] takes a whole file, [`Reader`] streams one that need not fit into memory. What is no
//! text is refused by the name of what it is.
//!
//! ```
//! use ranker_core::decode::{Encoding, decode};
//!
//! let latin1 = decode(b"Ing\xe9nieure \xe0 Gen\xe8ve", 1 << 20)?;
//! assert_eq!(latin1.text, "Ingénieure à Genève");
//! assert_eq!(latin1.encoding, Encoding::Windows1252);
//! assert!(decode(b"%PDF-1.7", 1 << 20).unwrap_err().to_string().contains("a PDF document"));
//! # Ok::<(), ranker_core::decode::DecodeError>(())
//! ```

mod encoding;
mod foreign;
#[cfg(feature = "gzip")]
mod gzip;
mod reader;

pub use encoding::{Encoding, windows_1252};
pub use foreign::foreign_kind;
#[cfg(feature = "gzip")]
pub use gzip::gunzip;
pub use reader::Reader;

/// The first bytes of a gzip file.
pub const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Text, and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// The encoding that was found.
    pub encoding: Encoding,
    /// Whether the bytes were compressed by gzip.
    pub compressed: bool,
    /// How many byte sequences were no character, and were replaced by U+FFFD.
    pub replaced: usize,
}

/// Bytes that are no text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are a file of another kind.
    #[error("it is {kind}, not a text")]
    Foreign {
        /// What it is, with its article.
        kind: &'static str,
    },
    /// The bytes are text in none of the encodings that are told apart.
    #[error("its encoding is none of UTF-8, UTF-16 and Windows-1252 (Latin-1): save it as UTF-8")]
    Encoding,
    /// A gzip stream that is damaged or cut short.
    #[error("its gzip compression is damaged or cut short")]
    Gzip {
        /// What the decompressor reported.
        source: std::io::Error,
    },
    /// The text would be longer than the caller allows.
    #[error("it is longer than the {limit} bytes that are read")]
    TooLong {
        /// The most bytes, after decompression.
        limit: usize,
    },
}

/// Decodes a whole file: gzip undone, the encoding told from the bytes, the byte order mark removed.
///
/// UTF-8 with few damaged sequences stays UTF-8 ([`Decoded::replaced`] counts them). What is no
/// UTF-8 at all is read as Windows-1252, of which Latin-1 is a part as far as texts go, unless its
/// letters could not be a language written in it.
///
/// # Errors
///
/// [`DecodeError`]; [`DecodeError::TooLong`] beyond `limit` bytes after decompression.
pub fn decode(bytes: &[u8], limit: usize) -> Result<Decoded, DecodeError> {
    let unpacked = unpacked(bytes, limit)?;
    let compressed = unpacked.is_some();
    let bytes = unpacked.as_deref().unwrap_or(bytes);
    if bytes.len() > limit {
        return Err(DecodeError::TooLong { limit });
    }
    if let Some(kind) = foreign_kind(bytes) {
        return Err(DecodeError::Foreign { kind });
    }
    let (text, encoding, replaced) = encoding::text(bytes)?;
    Ok(Decoded {
        text,
        encoding,
        compressed,
        replaced,
    })
}

#[cfg(feature = "gzip")]
fn unpacked(bytes: &[u8], limit: usize) -> Result<Option<Vec<u8>>, DecodeError> {
    let gzip = bytes.starts_with(&GZIP_MAGIC);
    gzip.then(|| gunzip(bytes, limit)).transpose()
}

#[cfg(not(feature = "gzip"))]
fn unpacked(bytes: &[u8], _limit: usize) -> Result<Option<Vec<u8>>, DecodeError> {
    if bytes.starts_with(&GZIP_MAGIC) {
        let kind = "a gzip archive (the feature `gzip` is off)";
        return Err(DecodeError::Foreign { kind });
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    fn read(bytes: &[u8]) -> (String, Encoding) {
        let decoded = decode(bytes, LIMIT).unwrap();
        (decoded.text, decoded.encoding)
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_reads_alike() {
        let text = "Müller, São Paulo – “Lucene”";
        let with_mark = format!("\u{feff}{text}");
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            (with_mark.as_bytes().to_vec(), Encoding::Utf8),
            (utf16(text, u16::to_le_bytes), Encoding::Utf16Le),
            (utf16(&with_mark, u16::to_le_bytes), Encoding::Utf16Le),
            (utf16(text, u16::to_be_bytes), Encoding::Utf16Be),
            (utf16(&with_mark, u16::to_be_bytes), Encoding::Utf16Be),
            (
                b"M\xfcller, S\xe3o Paulo \x96 \x93Lucene\x94".to_vec(),
                Encoding::Windows1252,
            ),
        ] {
            assert_eq!(read(&bytes), (text.to_owned(), encoding));
        }
    }

    #[test]
    fn damage_is_counted_and_does_not_change_the_encoding() {
        let decoded = decode("Größe, Zürich, Łódź \u{1f600}x".as_bytes(), LIMIT).unwrap();
        assert_eq!(decoded.replaced, 0);
        let mut bytes = "Größe, Zürich, Łódź ".as_bytes().to_vec();
        bytes.push(0xff);
        let decoded = decode(&bytes, LIMIT).unwrap();
        assert_eq!((decoded.encoding, decoded.replaced), (Encoding::Utf8, 1));
        assert!(decoded.text.ends_with("Łódź \u{fffd}"));
    }

    #[test]
    fn what_is_no_text_is_named() {
        let name = |bytes: &[u8]| decode(bytes, LIMIT).unwrap_err().to_string();
        assert_eq!(name(b"%PDF-1.4"), "it is a PDF document, not a text");
        assert!(name(b"PK\x03\x04\x14").contains("ZIP"));
        assert!(name(b"\x00\x01\x02\x03\x00\x00\x07").contains("binary"));
        // Cyrillic in Windows-1251 would read as accents only.
        let cyrillic =
            b"\xcf\xf0\xee\xe3\xf0\xe0\xec\xec\xe8\xf1\xf2 \xec\xe0\xf8\xe8\xed\xe8\xf1\xf2";
        assert!(matches!(
            decode(cyrillic, LIMIT),
            Err(DecodeError::Encoding)
        ));
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        assert!(matches!(
            decode(b"abcdef", 5),
            Err(DecodeError::TooLong { limit: 5 })
        ));
        assert_eq!(read(b"").0, "");
    }
}
