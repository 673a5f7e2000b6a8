//! Archives unpacked and packed again, so that damage reaches the readers behind them.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::{DeflateDecoder, GzDecoder};
use flate2::write::GzEncoder;

/// A part of a ZIP archive: its name and content.
type Part = (Vec<u8>, Vec<u8>);

/// An archive with the content of one part changed; `None` for what is no archive.
pub(crate) fn changed(
    archive: &[u8],
    choice: usize,
    change: impl FnOnce(Vec<u8>) -> Vec<u8>,
) -> Option<Vec<u8>> {
    if archive.starts_with(b"\x1f\x8b") {
        let mut content = Vec::new();
        GzDecoder::new(archive).read_to_end(&mut content).ok()?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&change(content)).ok()?;
        return packed.finish().ok();
    }
    let mut parts = unpacked(archive)?;
    let of_text = |part: &&mut Part| part.0.ends_with(b".xml");
    let count = parts.iter_mut().filter(of_text).count();
    let part = parts
        .iter_mut()
        .filter(of_text)
        .nth(choice.checked_rem(count)?)?;
    part.1 = change(std::mem::take(&mut part.1));
    Some(packed(&parts))
}

/// The parts of a ZIP archive, by its central directory.
fn unpacked(archive: &[u8]) -> Option<Vec<Part>> {
    let end = archive
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x05\x06")?;
    let mut at = number::<4>(archive, end + 16)?;
    let mut parts = Vec::new();
    for _ in 0..number::<2>(archive, end + 10)? {
        let name = number::<2>(archive, at + 28)?;
        let beside = number::<2>(archive, at + 30)? + number::<2>(archive, at + 32)?;
        let local = number::<4>(archive, at + 42)?;
        let start =
            local + 30 + number::<2>(archive, local + 26)? + number::<2>(archive, local + 28)?;
        let packed = archive.get(start..start + number::<4>(archive, at + 20)?)?;
        let content = match number::<2>(archive, at + 10)? {
            0 => packed.to_vec(),
            _ => {
                let mut content = Vec::new();
                DeflateDecoder::new(packed).read_to_end(&mut content).ok()?;
                content
            }
        };
        parts.push((archive.get(at + 46..at + 46 + name)?.to_vec(), content));
        at += 46 + name + beside;
    }
    Some(parts)
}

/// A little-endian number of `N` bytes.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + N)?.iter().rev();
    Some(bytes.fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// A ZIP archive whose parts are stored as they are.
fn packed(parts: &[Part]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let [size, offset] = [content.len(), archive.len()].map(|n| (n as u32).to_le_bytes());
        let mut header = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        header.extend(crc32fast::hash(content).to_le_bytes());
        header.extend([size, size].concat());
        header.extend((name.len() as u16).to_le_bytes());
        header.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&header);
        archive.extend(name);
        archive.extend(content);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&header);
        directory.extend([0; 10]);
        directory.extend(offset);
        directory.extend(name);
    }
    let count = (parts.len() as u16).to_le_bytes();
    let [size, offset] = [directory.len(), archive.len()].map(|n| (n as u32).to_le_bytes());
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count, count].concat());
    archive.extend([size, offset].concat());
    archive.extend([0, 0]);
    archive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_whole_after_a_change() {
        let parts = [
            (b"mimetype".to_vec(), b"x".to_vec()),
            (b"a.xml".to_vec(), b"<a/>".to_vec()),
        ];
        let archive = packed(&parts);
        assert_eq!(unpacked(&archive).unwrap(), parts);
        let again = changed(&archive, 7, |_| b"<b/>".to_vec()).unwrap();
        assert_eq!(unpacked(&again).unwrap()[1].1, b"<b/>");
        assert_eq!(changed(b"plain", 0, |content| content), None);
    }
}
