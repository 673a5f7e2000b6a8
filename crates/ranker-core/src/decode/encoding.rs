//! Which encoding bytes are in, and their characters.

use std::fmt;

use super::DecodeError;

/// How characters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the lower byte first.
    Utf16Le,
    /// UTF-16, the higher byte first.
    Utf16Be,
    /// Windows-1252, whose printable characters include those of Latin-1.
    Windows1252,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16 (little-endian)",
            Self::Utf16Be => "UTF-16 (big-endian)",
            Self::Windows1252 => "Windows-1252 (Latin-1)",
        })
    }
}

/// How much of a file is looked at to tell its encoding.
const SAMPLE: usize = 4096;

/// The text, its encoding, and how many sequences were no character.
pub(super) fn text(bytes: &[u8]) -> Result<(String, Encoding, usize), DecodeError> {
    if let Some((encoding, mark)) = utf16(bytes) {
        let (text, replaced) = from_utf16(&bytes[mark..], encoding);
        return Ok((text, encoding, replaced));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((text.to_owned(), Encoding::Utf8, 0));
    }
    let (damaged, sound) = utf8_sequences(bytes);
    if sound > damaged {
        let text = String::from_utf8_lossy(bytes).into_owned();
        return Ok((text, Encoding::Utf8, damaged));
    }
    if !is_western(bytes) {
        return Err(DecodeError::Encoding);
    }
    let text = bytes.iter().map(|&byte| windows_1252(byte)).collect();
    Ok((text, Encoding::Windows1252, 0))
}

/// UTF-16, by its byte order mark or by where the zero bytes of its Latin letters and spaces are;
/// and how long the mark is.
pub(super) fn utf16(bytes: &[u8]) -> Option<(Encoding, usize)> {
    match bytes {
        [0xff, 0xfe, ..] => return Some((Encoding::Utf16Le, 2)),
        [0xfe, 0xff, ..] => return Some((Encoding::Utf16Be, 2)),
        _ => {}
    }
    let sample = &bytes[..bytes.len().min(SAMPLE) & !1];
    let pairs = sample.len() / 2;
    if pairs < 2 {
        return None;
    }
    let zeros = |first: usize| {
        let bytes = sample.iter().skip(first).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    if odd * 5 >= pairs * 2 && even * 20 < pairs {
        Some((Encoding::Utf16Le, 0))
    } else if even * 5 >= pairs * 2 && odd * 20 < pairs {
        Some((Encoding::Utf16Be, 0))
    } else {
        None
    }
}

/// Decodes UTF-16 without its mark; a lone half of a pair, or a last odd byte, is replaced.
pub(super) fn from_utf16(bytes: &[u8], encoding: Encoding) -> (String, usize) {
    let unit = |pair: &[u8]| {
        let pair = [pair[0], pair[1]];
        if encoding == Encoding::Utf16Be {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    };
    let units = bytes.chunks_exact(2);
    let mut replaced = units.remainder().len();
    let mut text = String::with_capacity(bytes.len() / 2);
    for decoded in char::decode_utf16(units.map(unit)) {
        text.push(decoded.unwrap_or_else(|_| {
            replaced += 1;
            char::REPLACEMENT_CHARACTER
        }));
    }
    (text, replaced)
}

/// How many sequences are damaged, and how many beyond ASCII are sound.
fn utf8_sequences(bytes: &[u8]) -> (usize, usize) {
    bytes.utf8_chunks().fold((0, 0), |(damaged, sound), chunk| {
        let wide = chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        let broken = usize::from(!chunk.invalid().is_empty());
        (damaged + broken, sound + wide)
    })
}

/// Whether the bytes could be a Western European text: a language with an alphabet of its own would
/// have hardly any ASCII letters.
fn is_western(bytes: &[u8]) -> bool {
    let plain = bytes.iter().filter(|byte| byte.is_ascii_alphabetic());
    let accented = bytes.iter().filter(|byte| **byte >= 0xc0).count();
    let unused = bytes.iter().any(|byte| UNUSED.contains(byte));
    !unused && plain.count() >= accented
}

/// Bytes that are no character of Windows-1252.
const UNUSED: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// The characters of the bytes 0x80 to 0x9f (Unicode Consortium, CP1252.TXT).
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The character of a byte of Windows-1252; a byte that has none is a control character.
#[must_use]
pub fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}
