//! Index files: one layout for every kind of index.
//!
//! ```text
//! magic     8 bytes   "RANKRIDX"
//! version   u32       the layout's version, which depends on the kind, and on whether candidates have several
//!                     vectors
//! checksum  u32       CRC-32 of the rest of the header
//! kind      u32       which index
//! sections  u32       how many
//! table     16 bytes a section: tag u32, CRC-32 of its bytes u32, length u64
//! bytes     the sections, one after the other, to the end of the file
//! ```
//!
//! Numbers are little-endian. A checksum finds accidents; whatever it lets through (a file made to
//! harm) is checked again by whoever reads a section, before anything is allocated for it or
//! trusted.

mod atomic;
mod cursor;
mod rows;
mod source;
mod stream;

use std::path::Path;

use crate::error::FileError;

#[cfg(feature = "collection")]
pub(crate) use atomic::sync_directory;
pub(crate) use atomic::{read, write, write_by};
pub(crate) use cursor::Cursor;
pub(crate) use rows::{
    decode_further, decode_id, decode_rows, encode_further, encode_id, encode_rows,
};
pub(crate) use source::{Opened, Place, Source, read_at, unreadable};
pub(crate) use stream::{Section, Stream};

const MAGIC: &[u8; 8] = b"RANKRIDX";
/// More sections than any index has.
const MAX_SECTIONS: u32 = 16;
/// The longest that a file can be before its first section.
const MAX_HEADER: usize = 24 + 16 * MAX_SECTIONS as usize;

/// Which index a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Flat = 1,
    #[cfg(feature = "hnsw")]
    Hnsw = 2,
    Quantized = 3,
    /// The rows of a collection's index.
    #[cfg(feature = "collection")]
    Roster = 4,
    /// Sparse vectors.
    Sparse = 5,
}

impl Kind {
    /// The layout's version where every candidate has one vector: the oldest that is read, too.
    fn version(self) -> u32 {
        match self {
            Self::Flat | Self::Sparse => 1,
            #[cfg(feature = "hnsw")]
            Self::Hnsw => 1,
            // 1 had no codes, 2 no slack.
            Self::Quantized => 3,
            #[cfg(feature = "collection")]
            Self::Roster => 1,
        }
    }

    /// The newest version. Flat and quantized indexes of candidates with several vectors have another than those
    /// of one, which are written as ever.
    fn newest(self) -> u32 {
        match self {
            Self::Flat | Self::Quantized => self.version() + 1,
            #[cfg(feature = "hnsw")]
            Self::Hnsw => self.version(),
            Self::Sparse => self.version(),
            #[cfg(feature = "collection")]
            Self::Roster => self.version(),
        }
    }

    /// The version of a file with these sections.
    fn version_of(self, table: &[TableEntry]) -> u32 {
        let several = |(tag, ..): &TableEntry| *tag == Tag::Several as u32;
        match table.iter().any(several) {
            true => self.newest(),
            false => self.version(),
        }
    }

    fn name(code: u32) -> &'static str {
        match code {
            1 => "flat",
            2 => "hnsw",
            3 => "quantized",
            4 => "roster",
            5 => "sparse",
            _ => "unknown",
        }
    }
}

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Ids and vectors of a flat index, or of an HNSW index beside its graph.
    Rows = 1,
    /// The options of an HNSW index, or of a quantized index and what it measured.
    Options = 2,
    /// The ids of a graph's points, and which of them were removed.
    #[cfg(feature = "hnsw")]
    Points = 3,
    /// A graph with its vectors.
    #[cfg(feature = "hnsw")]
    Graph = 4,
    /// The vectors of a quantized index, which a search reads where they lie.
    Vectors = 5,
    /// A checksum for each of them.
    Sums = 6,
    /// Their ids.
    Ids = 7,
    /// Their int8 codes.
    Lines = 8,
    /// What a step of those codes is worth.
    Scales = 9,
    /// Their 1-bit codes.
    Words = 10,
    /// What the signs leave out.
    Factors = 11,
    /// The numbers of a collection's rows, and the hashes of their texts.
    #[cfg(feature = "collection")]
    Roster = 12,
    /// Of a flat index, the further vectors of those who have several; of a quantized index, whose rows they
    /// are among the others, how many candidates there are.
    Several = 13,
    /// Sparse vectors with ids and the hashes of their texts.
    Sparse = 14,
}

/// The bytes of a file with these sections.
pub(crate) fn encode(kind: Kind, sections: &[(Tag, Vec<u8>)]) -> Vec<u8> {
    let entry = |(tag, bytes): &(Tag, Vec<u8>)| {
        let length = bytes.len() as u64;
        (*tag as u32, crc32fast::hash(bytes), length)
    };
    let table: Vec<TableEntry> = sections.iter().map(entry).collect();
    let mut file = encode_header(kind, &table);
    for (_, bytes) in sections {
        file.extend_from_slice(bytes);
    }
    file
}

/// What comes before the sections.
fn encode_header(kind: Kind, table: &[TableEntry]) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend((kind as u32).to_le_bytes());
    header.extend((table.len() as u32).to_le_bytes());
    for (tag, checksum, length) in table {
        header.extend(tag.to_le_bytes());
        header.extend(checksum.to_le_bytes());
        header.extend(length.to_le_bytes());
    }
    let mut file = MAGIC.to_vec();
    file.extend(kind.version_of(table).to_le_bytes());
    file.extend(crc32fast::hash(&header).to_le_bytes());
    file.extend(header);
    file
}

/// The sections of a file whose checksums hold.
#[derive(Debug)]
pub(crate) struct Sections<'a> {
    name: &'a Path,
    sections: Vec<(u32, &'a [u8])>,
}

impl<'a> Sections<'a> {
    pub(crate) fn parse(bytes: &'a [u8], kind: Kind, name: &'a Path) -> Result<Self, FileError> {
        let (table, body) = opening(bytes, kind, name)?;
        let corrupt = |what| FileError::corrupt(name, what);
        let sections = split(body, &table).map_err(corrupt)?;
        Ok(Self { name, sections })
    }

    /// Whether there is such a section.
    pub(crate) fn has(&self, tag: Tag) -> bool {
        self.sections.iter().any(|(found, _)| *found == tag as u32)
    }

    /// What `decode` makes of a section.
    pub(crate) fn decode<T>(
        &self,
        tag: Tag,
        decode: impl FnOnce(&'a [u8]) -> Result<T, &'static str>,
    ) -> Result<T, FileError> {
        let section = self.sections.iter().find(|(found, _)| *found == tag as u32);
        let bytes = section
            .map(|(_, bytes)| *bytes)
            .ok_or("a section is missing");
        bytes
            .and_then(decode)
            .map_err(|what| FileError::corrupt(self.name, what))
    }
}

/// A section's tag, checksum and length.
type TableEntry = (u32, u32, u64);

/// The table of a file of this kind, and what comes after it.
fn opening<'a>(
    bytes: &'a [u8],
    kind: Kind,
    name: &Path,
) -> Result<(Vec<TableEntry>, Cursor<'a>), FileError> {
    let path = || name.to_owned();
    let body = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| FileError::Foreign { path: path() })?;
    let mut body = Cursor::new(body);
    let corrupt = |what| FileError::corrupt(name, what);
    let version = body.u32().map_err(corrupt)?;
    let other = |supported| FileError::Version {
        path: path(),
        found: version,
        supported,
    };
    // A later header may be laid out otherwise: it is not read at all.
    if version > Kind::Quantized.newest() {
        return Err(other(kind.newest()));
    }
    let (found, table) = header(&mut body).map_err(corrupt)?;
    if found != kind as u32 {
        return Err(FileError::Kind {
            path: path(),
            expected: Kind::name(kind as u32),
            found: Kind::name(found),
        });
    }
    if !(kind.version()..=kind.newest()).contains(&version) {
        return Err(other(kind.newest()));
    }
    if version != kind.version_of(&table) {
        return Err(corrupt("its version does not fit its sections"));
    }
    Ok((table, body))
}

/// Reads what follows the version up to the first section: the kind, and the table.
fn header(body: &mut Cursor<'_>) -> Result<(u32, Vec<TableEntry>), &'static str> {
    let checksum = body.u32()?;
    let start = body.rest();
    let (kind, count) = (body.u32()?, body.u32()?);
    if count > MAX_SECTIONS {
        return Err("the header does not fit its checksum");
    }
    let table = (0..count)
        .map(|_| Ok((body.u32()?, body.u32()?, body.u64()?)))
        .collect::<Result<Vec<_>, &'static str>>()?;
    let read = start.len() - body.rest().len();
    if crc32fast::hash(&start[..read]) != checksum {
        return Err("the header does not fit its checksum");
    }
    Ok((kind, table))
}

/// Cuts the sections apart and checks their sums.
fn split<'a>(
    mut body: Cursor<'a>,
    table: &[TableEntry],
) -> Result<Vec<(u32, &'a [u8])>, &'static str> {
    let mut sections = Vec::new();
    for &(tag, checksum, length) in table {
        let bytes = body.take(length)?;
        if crc32fast::hash(bytes) != checksum {
            return Err("a section does not fit its checksum");
        }
        sections.push((tag, bytes));
    }
    body.end().map(|()| sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Result<Vec<u8>, FileError> {
        let sections = Sections::parse(bytes, Kind::Flat, Path::new("some.index"))?;
        sections.decode(Tag::Rows, |bytes| Ok(bytes.to_vec()))
    }

    #[test]
    fn reads_what_was_written() {
        let bytes = encode(Kind::Flat, &[(Tag::Rows, b"some rows".to_vec())]);
        assert_eq!(parse(&bytes).unwrap(), b"some rows");
        let bytes = encode(Kind::Flat, &[]);
        assert!(matches!(parse(&bytes), Err(FileError::Corrupt { .. })));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let good = encode(Kind::Flat, &[(Tag::Rows, b"some rows".to_vec())]);
        let mut newer = good.clone();
        newer[8] = 9;
        let mut kind = good.clone();
        kind[16] ^= 2;
        for (bytes, expected) in [
            (&b"PK\x03\x04"[..], "some.index is no index file of ranker"),
            (
                &newer,
                "some.index has format 9, this version reads 2: upgrade or rebuild it",
            ),
            (
                &kind,
                "some.index is damaged (the header does not fit its checksum)",
            ),
            (
                &good[..good.len() - 1],
                "some.index is damaged (it ends too early)",
            ),
            (
                &[&good[..], b"x"].concat(),
                "some.index is damaged (it goes on after its end)",
            ),
        ] {
            let refused = parse(bytes).unwrap_err().to_string();
            assert!(refused.starts_with(expected), "{refused}");
        }
    }

    #[test]
    fn another_kind_is_named() {
        let mut header = Vec::new();
        header.extend(2_u32.to_le_bytes());
        header.extend(0_u32.to_le_bytes());
        let mut bytes = MAGIC.to_vec();
        bytes.extend(Kind::Flat.version().to_le_bytes());
        bytes.extend(crc32fast::hash(&header).to_le_bytes());
        bytes.extend(header);
        let refused = parse(&bytes).unwrap_err().to_string();
        assert_eq!(refused, "some.index holds an index of kind hnsw, not flat");
    }
}
