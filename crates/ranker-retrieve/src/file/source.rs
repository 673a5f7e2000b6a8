//! Reading a file section by section, from several threads and at any position.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::{Kind, MAX_HEADER, TableEntry, Tag, opening};
use crate::error::FileError;

/// Bytes that lie somewhere.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    File(&'a File),
    Bytes(&'a [u8]),
}

impl Source<'_> {
    fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
        }
    }

    fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<()> {
        match self {
            Self::File(file) => read_at(file, at, out),
            Self::Bytes(bytes) => {
                let from = usize::try_from(at).ok();
                let held = from.and_then(|from| bytes.get(from..)?.get(..out.len()));
                out.copy_from_slice(held.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
}

/// Fills `out` with what lies in the file from `at` on, wherever others read.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, at: u64, out: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, at)
}

#[cfg(windows)]
pub(crate) fn read_at(file: &File, mut at: u64, mut out: &mut [u8]) -> io::Result<()> {
    while !out.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, out, at)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        at += read as u64;
        out = &mut out[read..];
    }
    Ok(())
}

#[cfg(not(any(unix, windows)))]
pub(crate) fn read_at(_: &File, _: u64, _: &mut [u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Where a section lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) start: u64,
    pub(crate) length: u64,
    checksum: u32,
}

/// A file whose header holds. Its sections are checked as they are read.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    name: &'a Path,
    source: Source<'a>,
    places: Vec<(u32, Place)>,
}

impl<'a> Opened<'a> {
    pub(crate) fn new(source: Source<'a>, kind: Kind, name: &'a Path) -> Result<Self, FileError> {
        let unread = |error| unreadable(name, error);
        let length = source.length().map_err(unread)?;
        let mut head = vec![0; length.min(MAX_HEADER as u64) as usize];
        source.read_at(0, &mut head).map_err(unread)?;
        let (table, rest) = opening(&head, kind, name)?;
        let start = (head.len() - rest.rest().len()) as u64;
        let places = places(&table, start, length);
        let places = places.map_err(|what| FileError::corrupt(name, what))?;
        Ok(Self {
            name,
            source,
            places,
        })
    }

    pub(crate) fn corrupt(&self, what: &'static str) -> FileError {
        FileError::corrupt(self.name, what)
    }

    /// Whether there is such a section.
    pub(crate) fn has(&self, tag: Tag) -> bool {
        self.places.iter().any(|(found, _)| *found == tag as u32)
    }

    /// Where a section lies; it has to have this length, where one is known.
    pub(crate) fn place(&self, tag: Tag, length: Option<u64>) -> Result<Place, FileError> {
        let held = self.places.iter().find(|(found, _)| *found == tag as u32);
        let (_, place) = held.ok_or_else(|| self.corrupt("a section is missing"))?;
        match length {
            Some(length) if length != place.length => {
                Err(self.corrupt("a section has another length than its rows need"))
            }
            Some(_) | None => Ok(*place),
        }
    }

    /// What `decode` makes of a section, once its checksum holds.
    pub(crate) fn decode<T>(
        &self,
        place: Place,
        decode: impl FnOnce(&[u8]) -> Result<T, &'static str>,
    ) -> Result<T, FileError> {
        let mut bytes = vec![0; place.length as usize];
        let read = self.read(place, 0..place.length, &mut bytes)?;
        self.hold(place, read)?;
        decode(&bytes).map_err(|what| self.corrupt(what))
    }

    /// Reads a part of a section. What comes back has seen its bytes, and is to be combined with that
    /// of the parts before and after.
    pub(crate) fn read(
        &self,
        place: Place,
        part: Range<u64>,
        out: &mut [u8],
    ) -> Result<crc32fast::Hasher, FileError> {
        debug_assert_eq!(part.end - part.start, out.len() as u64);
        let read = self.source.read_at(place.start + part.start, out);
        read.map_err(|error| unreadable(self.name, error))?;
        let mut seen = crc32fast::Hasher::new();
        seen.update(out);
        Ok(seen)
    }

    /// Whether all of a section was seen as it was written.
    pub(crate) fn hold(&self, place: Place, seen: crc32fast::Hasher) -> Result<(), FileError> {
        match seen.finalize() == place.checksum {
            true => Ok(()),
            false => Err(self.corrupt("a section does not fit its checksum")),
        }
    }
}

/// The sections one after the other, to the end of the file.
fn places(
    table: &[TableEntry],
    mut start: u64,
    end: u64,
) -> Result<Vec<(u32, Place)>, &'static str> {
    let mut places = Vec::new();
    for &(tag, checksum, length) in table {
        let place = Place {
            start,
            length,
            checksum,
        };
        start = start.checked_add(length).ok_or("it ends too early")?;
        places.push((tag, place));
    }
    match start.cmp(&end) {
        std::cmp::Ordering::Greater => Err("it ends too early"),
        std::cmp::Ordering::Less => Err("it goes on after its end"),
        std::cmp::Ordering::Equal => Ok(places),
    }
}

/// The error of a file that could not be read; one that ends too early was cut.
pub(crate) fn unreadable(path: &Path, source: io::Error) -> FileError {
    if source.kind() == io::ErrorKind::UnexpectedEof {
        return FileError::corrupt(path, "it ends too early");
    }
    FileError::Io {
        path: path.to_owned(),
        action: "read",
        source,
    }
}
