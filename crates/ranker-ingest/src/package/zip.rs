//! ZIP archives, as office programs write them (PKWARE, APPNOTE.TXT 6.3.10): parts that are stored or
//! deflated, found by the directory at the end.

use std::io::Read;

use flate2::read::DeflateDecoder;

use crate::error::Unreadable;

/// An archive may have so many parts; a document with pictures has some dozens.
const MOST_PARTS: usize = 4096;

/// The end of the directory, without the comment that may follow it.
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;

/// An entry of the directory, and what stands before a part's bytes.
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_LENGTH: usize = 30;

/// The longest comment.
const COMMENT: usize = u16::MAX as usize;

/// How a part is compressed.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An archive's directory.
pub(super) struct Archive<'b> {
    bytes: &'b [u8],
    entries: Vec<Entry<'b>>,
}

struct Entry<'b> {
    name: &'b str,
    encrypted: bool,
    method: u16,
    checksum: u32,
    packed: usize,
    offset: usize,
}

impl<'b> Archive<'b> {
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Unreadable> {
        let end = end(bytes).ok_or_else(|| Unreadable::damaged("its directory is missing"))?;
        let count = usize::from(u16_at(end, 10)?);
        if count > MOST_PARTS {
            return Err(Unreadable::damaged("it has too many parts"));
        }
        let mut at = u32_at(end, 16)? as usize;
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            let entry = bytes.get(at..).filter(|entry| entry.starts_with(ENTRY));
            let entry = entry.ok_or_else(broken)?;
            let length = usize::from(u16_at(entry, 28)?);
            let name = entry
                .get(ENTRY_LENGTH..ENTRY_LENGTH + length)
                .ok_or_else(broken)?;
            let beside = usize::from(u16_at(entry, 30)?) + usize::from(u16_at(entry, 32)?);
            at = at.saturating_add(ENTRY_LENGTH + length + beside);
            // A part whose name is no UTF-8 is none that a document needs.
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            entries.push(Entry {
                name,
                encrypted: u16_at(entry, 8)? & 1 == 1,
                method: u16_at(entry, 10)?,
                checksum: u32_at(entry, 16)?,
                packed: u32_at(entry, 20)? as usize,
                offset: u32_at(entry, 42)? as usize,
            });
        }
        Ok(Self { bytes, entries })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'b str> {
        self.entries.iter().map(|entry| entry.name)
    }

    /// A part's bytes, or one more than `limit` of them: the sizes that an archive gives are claims.
    pub(super) fn part(&self, name: &str, limit: usize) -> Result<Vec<u8>, Unreadable> {
        let missing = || Unreadable::damaged(format!("its part {name} is missing"));
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(missing)?;
        if entry.encrypted {
            return Err(Unreadable::Encrypted);
        }
        let packed = self.packed(entry)?;
        let most = limit as u64 + 1;
        let mut bytes = Vec::new();
        let read = match entry.method {
            STORED => packed.take(most).read_to_end(&mut bytes),
            DEFLATED => DeflateDecoder::new(packed)
                .take(most)
                .read_to_end(&mut bytes),
            other => {
                let what = format!("its part {name} is compressed by method {other}");
                return Err(Unreadable::damaged(what));
            }
        };
        read.map_err(Unreadable::damaged)?;
        if bytes.len() <= limit && crc32fast::hash(&bytes) != entry.checksum {
            return Err(Unreadable::damaged(format!(
                "the checksum of its part {name} is wrong"
            )));
        }
        Ok(bytes)
    }

    fn packed(&self, entry: &Entry<'_>) -> Result<&'b [u8], Unreadable> {
        let local = self
            .bytes
            .get(entry.offset..)
            .filter(|local| local.starts_with(LOCAL));
        let local = local.ok_or_else(broken)?;
        let start =
            LOCAL_LENGTH + usize::from(u16_at(local, 26)?) + usize::from(u16_at(local, 28)?);
        local
            .get(start..start.saturating_add(entry.packed))
            .ok_or_else(broken)
    }
}

fn broken() -> Unreadable {
    Unreadable::damaged("its directory points to nowhere")
}

/// The last place that may be the end of the directory.
fn end(bytes: &[u8]) -> Option<&[u8]> {
    let from = bytes.len().saturating_sub(END_LENGTH + COMMENT);
    let tail = &bytes[from..];
    let found = tail.windows(END.len()).rposition(|window| window == END)?;
    let end = &tail[found..];
    (end.len() >= END_LENGTH).then_some(end)
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Unreadable> {
    let pair = bytes.get(at..at + 2).and_then(|pair| pair.try_into().ok());
    pair.map(u16::from_le_bytes).ok_or_else(broken)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Unreadable> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map(u32::from_le_bytes).ok_or_else(broken)
}
