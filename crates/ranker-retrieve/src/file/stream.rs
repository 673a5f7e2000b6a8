//! Writing a file section by section: no section need fit into memory.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::atomic::unwritten;
use super::{Kind, TableEntry, Tag, encode_header};
use crate::error::FileError;

/// Bytes that are collected before they are written.
const BUFFER: usize = 1 << 20;

/// A file of `sections` sections that is being written.
#[derive(Debug)]
pub(crate) struct Stream<'f> {
    path: &'f Path,
    kind: Kind,
    sections: usize,
    table: Vec<TableEntry>,
    out: BufWriter<&'f File>,
}

/// The section that is being written.
#[derive(Debug)]
pub(crate) struct Section<'s, 'f> {
    path: &'f Path,
    out: &'s mut BufWriter<&'f File>,
    checksum: crc32fast::Hasher,
    length: u64,
}

impl<'f> Stream<'f> {
    /// Begins an empty file; `path` names it in errors.
    pub(crate) fn begin(
        file: &'f File,
        path: &'f Path,
        kind: Kind,
        sections: usize,
    ) -> Result<Self, FileError> {
        let mut out = BufWriter::with_capacity(BUFFER, file);
        // Room for what is known only at the end.
        let header = encode_header(kind, &vec![(0, 0, 0); sections]);
        out.write_all(&vec![0; header.len()])
            .map_err(unwritten(path))?;
        Ok(Self {
            path,
            kind,
            sections,
            table: Vec::new(),
            out,
        })
    }

    /// Where the next section begins.
    pub(crate) fn position(&self) -> u64 {
        let header = encode_header(self.kind, &vec![(0, 0, 0); self.sections]);
        let lengths: u64 = self.table.iter().map(|(_, _, length)| length).sum();
        header.len() as u64 + lengths
    }

    /// Writes the next section.
    pub(crate) fn section<T, E>(
        &mut self,
        tag: Tag,
        write: impl FnOnce(&mut Section<'_, 'f>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut section = Section {
            path: self.path,
            out: &mut self.out,
            checksum: crc32fast::Hasher::new(),
            length: 0,
        };
        let written = write(&mut section)?;
        let (checksum, length) = (section.checksum.finalize(), section.length);
        self.table.push((tag as u32, checksum, length));
        Ok(written)
    }

    /// Hands to the system what was collected, so that it can be read back.
    pub(crate) fn flush(&mut self) -> Result<(), FileError> {
        self.out.flush().map_err(unwritten(self.path))
    }

    /// Writes the header, which makes the file one.
    pub(crate) fn finish(mut self) -> Result<(), FileError> {
        debug_assert_eq!(self.table.len(), self.sections);
        let header = encode_header(self.kind, &self.table);
        let end = |out: &mut BufWriter<&File>| {
            out.seek(SeekFrom::Start(0))?;
            out.write_all(&header)?;
            out.flush()
        };
        end(&mut self.out).map_err(unwritten(self.path))
    }
}

impl Section<'_, '_> {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.checksum.update(bytes);
        self.length += bytes.len() as u64;
        self.out.write_all(bytes).map_err(unwritten(self.path))
    }
}
