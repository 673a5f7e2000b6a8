//! spaCy's map from keys to rows: one MessagePack map of unsigned integers.

use std::fs;
use std::path::Path;

use super::error::{WordVectorsError, malformed, unreadable};

/// A key and its row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: u64,
    pub(super) row: u64,
}

/// The entries in the order of the file.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, WordVectorsError> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, error))?;
    let mut reader = Reader {
        bytes: &bytes,
        at: 0,
    };
    reader
        .entries()
        .map_err(|reason| malformed(path, format!("byte {}", reader.at), reason))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Read<T> = Result<T, &'static str>;

impl Reader<'_> {
    fn entries(&mut self) -> Read<Vec<Entry>> {
        let count = match self.byte()? {
            short @ 0x80..=0x8f => u64::from(short & 0x0f),
            0xde => self.big_endian::<2>()?,
            0xdf => self.big_endian::<4>()?,
            _ => return self.refuse("a map is expected"),
        };
        // An entry takes two bytes or more, whatever the count says.
        let most = self.bytes.len() / 2;
        let mut entries = Vec::with_capacity(most.min(usize::try_from(count).unwrap_or(most)));
        for _ in 0..count {
            let (key, row) = (self.unsigned()?, self.unsigned()?);
            entries.push(Entry { key, row });
        }
        if self.at < self.bytes.len() {
            return Err("nothing is expected after the map");
        }
        Ok(entries)
    }

    fn unsigned(&mut self) -> Read<u64> {
        match self.byte()? {
            small @ 0..=0x7f => Ok(small.into()),
            0xcc => self.big_endian::<1>(),
            0xcd => self.big_endian::<2>(),
            0xce => self.big_endian::<4>(),
            0xcf => self.big_endian::<8>(),
            _ => self.refuse("an unsigned integer is expected"),
        }
    }

    fn byte(&mut self) -> Read<u8> {
        let byte = self
            .bytes
            .get(self.at)
            .copied()
            .ok_or("the file is cut off")?;
        self.at += 1;
        Ok(byte)
    }

    fn big_endian<const N: usize>(&mut self) -> Read<u64> {
        let bytes = self.bytes[self.at..]
            .first_chunk::<N>()
            .ok_or("the file is cut off")?;
        self.at += N;
        Ok(bytes
            .iter()
            .fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    /// Refuses the byte that was read last.
    fn refuse<T>(&mut self, reason: &'static str) -> Read<T> {
        self.at -= 1;
        Err(reason)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries(bytes: &[u8]) -> Result<Vec<Entry>, (usize, &'static str)> {
        let mut reader = Reader { bytes, at: 0 };
        reader.entries().map_err(|reason| (reader.at, reason))
    }

    #[test]
    fn integers_of_every_width_are_read() {
        let bytes = [
            &[0x83, 0x05, 0xcc, 0xff][..],
            &[0xcd, 1, 0, 0xce, 0, 1, 0, 0],
            &[0xcf, 0xff, 0, 0, 0, 0, 0, 0, 1, 0x7f],
        ];
        let pairs = [(5, 255), (256, 65_536), (0xff00_0000_0000_0001, 127)];
        let expected: Vec<Entry> = pairs.map(|(key, row)| Entry { key, row }).into();
        assert_eq!(entries(&bytes.concat()), Ok(expected));
        assert_eq!(entries(&[0xde, 0, 1, 1, 2]).unwrap().len(), 1);
        assert_eq!(entries(&[0xdf, 0, 0, 0, 1, 1, 2]).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_such_map_is_refused_with_its_place() {
        for (bytes, fault) in [
            (&[][..], (0, "the file is cut off")),
            (&[0x93], (0, "a map is expected")),
            (&[0x81, 0xff, 1], (1, "an unsigned integer is expected")),
            (&[0x81, 1, 0xcd, 1], (3, "the file is cut off")),
            (
                &[0xdf, 0xff, 0xff, 0xff, 0xff, 1],
                (6, "the file is cut off"),
            ),
            (&[0x81, 1, 2, 3], (3, "nothing is expected after the map")),
        ] {
            assert_eq!(entries(bytes), Err(fault), "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = entries(&bytes);
        }
    }
}
