//! Documents that are ZIP archives of XML: DOCX and ODT.

mod docx;
mod odt;
mod xml;
mod zip;

use ranker_core::decode::decode;

pub(crate) use docx::read as read_docx;
pub(crate) use odt::read as read_odt;

use crate::error::Unreadable;
use crate::limits::Limits;

/// An archive whose parts are unpacked one at a time and within a common bound.
pub(crate) struct Package<'b> {
    archive: zip::Archive<'b>,
    /// What may still be unpacked, over all parts.
    left: usize,
    limits: &'b Limits,
}

impl<'b> Package<'b> {
    pub(crate) fn open(bytes: &'b [u8], limits: &'b Limits) -> Result<Self, Unreadable> {
        let archive = zip::Archive::open(bytes)?;
        Ok(Self {
            archive,
            left: limits.unpacked,
            limits,
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.archive.names().any(|part| part == name)
    }

    /// The parts' names, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.archive.names().map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }

    /// A part's bytes.
    pub(crate) fn part(&mut self, name: &str) -> Result<Vec<u8>, Unreadable> {
        let limit = self.limits.unpacked;
        let bytes = self.archive.part(name, self.left)?;
        self.left = self
            .left
            .checked_sub(bytes.len())
            .ok_or(Unreadable::TooLarge {
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
