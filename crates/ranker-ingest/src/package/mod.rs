//! Documents that are ZIP archives of XML: DOCX and ODT.

mod docx;
mod odt;
mod xml;

use std::io::{Cursor, Read};

use ranker_core::decode::decode;
use zip::ZipArchive;

pub(crate) use docx::read as read_docx;
pub(crate) use odt::read as read_odt;

use crate::error::Unreadable;
use crate::limits::Limits;

/// An archive may have so many parts; a document with pictures has some dozens.
const MOST_PARTS: usize = 4096;

/// An archive whose parts are unpacked one at a time and within a common bound.
pub(crate) struct Package<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    /// What may still be unpacked, over all parts.
    left: usize,
    limits: &'b Limits,
}

impl<'b> Package<'b> {
    pub(crate) fn open(bytes: &'b [u8], limits: &'b Limits) -> Result<Self, Unreadable> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(Unreadable::damaged)?;
        if archive.len() > MOST_PARTS {
            return Err(Unreadable::damaged("it has too many parts"));
        }
        Ok(Self {
            archive,
            left: limits.unpacked,
            limits,
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().iter().any(|part| part == name)
    }

    /// The parts' names, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.archive.file_names_raw();
        let names = names.filter_map(|name| std::str::from_utf8(name).ok());
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }

    /// A part's bytes.
    pub(crate) fn part(&mut self, name: &str) -> Result<Vec<u8>, Unreadable> {
        let limit = self.limits.unpacked;
        let part = self.archive.by_name(name).map_err(Unreadable::damaged)?;
        if part.encrypted() {
            return Err(Unreadable::Encrypted);
        }
        let mut bytes = Vec::new();
        // The size in the archive's directory is a claim, so that what comes out is counted.
        let mut bounded = part.take(self.left as u64 + 1);
        bounded.read_to_end(&mut bytes).map_err(Unreadable::damaged)?;
        self.left = self.left.checked_sub(bytes.len()).ok_or(Unreadable::TooLarge {
            what: "unpacked content",
            limit,
        })?;
        Ok(bytes)
    }

    /// A part's characters.
    pub(crate) fn xml(&mut self, name: &str) -> Result<String, Unreadable> {
        let bytes = self.part(name)?;
        Ok(decode(&bytes, self.limits.unpacked)?.text)
    }

    pub(crate) fn limits(&self) -> &'b Limits {
        self.limits
    }
}
