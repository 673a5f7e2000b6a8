//! Gzip, with a bound on what comes out.

use std::io::{ErrorKind, Read};

use flate2::read::MultiGzDecoder;

use super::DecodeError;

/// Unpacks a gzip file of one member or several, as long as its content fits.
///
/// # Errors
///
/// [`DecodeError::Gzip`], and [`DecodeError::TooLong`] beyond `limit` bytes.
pub fn gunzip(bytes: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut decoder = MultiGzDecoder::new(bytes).take(most);
    let read = decoder.read_to_end(&mut unpacked);
    read.map_err(|source| match source.kind() {
        ErrorKind::OutOfMemory => DecodeError::TooLong { limit },
        _ => DecodeError::Gzip { source },
    })?;
    if unpacked.len() > limit {
        return Err(DecodeError::TooLong { limit });
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::{DecodeError, decode};

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_undone_within_the_bound() {
        let decoded = decode(&packed(b"\xEF\xBB\xBFLucene"), 100).unwrap();
        assert_eq!(decoded.text, "Lucene");
        assert!(decoded.compressed);
        let bomb = packed(&vec![b' '; 10 << 20]);
        assert!(bomb.len() < 20_000);
        assert!(matches!(
            decode(&bomb, 1 << 20),
            Err(DecodeError::TooLong { .. })
        ));
        let cut = packed(b"a text that is long enough to be cut");
        let cut = decode(&cut[..cut.len() - 9], 100);
        assert!(matches!(cut, Err(DecodeError::Gzip { .. })));
    }
}
