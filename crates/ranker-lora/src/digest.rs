//! Fingerprints that are the same on every machine and with every compiler: BLAKE3
//! (<https://github.com/BLAKE3-team/BLAKE3>) over explicit bytes, little-endian.

use std::fmt;

use blake3::Hasher;

/// How many values become bytes at once.
const PIECE: usize = 1024;

/// A hash in the making. Every part is preceded by its length, so that no two lists of parts have the
/// same bytes.
#[derive(Clone, Debug, Default)]
pub struct Digest(Hasher);

/// The hash of all parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Digest {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    pub(crate) fn real(&mut self, value: f64) -> &mut Self {
        self.number(value.to_bits())
    }

    /// A value that may be missing: its presence, then its bits.
    pub(crate) fn optional(&mut self, value: Option<u64>) -> &mut Self {
        self.number(u64::from(value.is_some()));
        self.number(value.unwrap_or_default())
    }

    pub(crate) fn ids(&mut self, ids: &[u32]) -> &mut Self {
        self.fours(ids, |id| id.to_le_bytes())
    }

    pub(crate) fn floats(&mut self, values: &[f32]) -> &mut Self {
        self.fours(values, |value| value.to_le_bytes())
    }

    fn fours<T: Copy>(&mut self, values: &[T], bytes: impl Fn(T) -> [u8; 4]) -> &mut Self {
        self.number(values.len() as u64);
        let mut buffer = [[0; 4]; PIECE];
        for piece in values.chunks(PIECE) {
            let own = &mut buffer[..piece.len()];
            own.iter_mut()
                .zip(piece)
                .for_each(|(to, v)| *to = bytes(*v));
            self.0.update(own.as_flattened());
        }
        self
    }

    pub(crate) fn finish(&self) -> Fingerprint {
        Fingerprint(*self.0.finalize().as_bytes())
    }

    /// The first 64 bits: enough to tell the texts of a batch from each other.
    pub(crate) fn short(&self) -> u64 {
        let Fingerprint([a, b, c, d, e, f, g, h, ..]) = self.finish();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// In hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(parts: impl Fn(&mut Digest)) -> String {
        let mut digest = Digest::default();
        parts(&mut digest);
        digest.finish().to_string()
    }

    #[test]
    fn the_bytes_are_those_that_the_page_says() {
        // BLAKE3 of nothing, from its test vectors.
        let nothing = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(digest(|_| ()), nothing);
        let mut expected = 3_u64.to_le_bytes().to_vec();
        expected.extend([1.5_f32, -0.0, 7.0].map(f32::to_le_bytes).concat());
        let own = digest(|digest| {
            digest.floats(&[1.5, -0.0, 7.0]);
        });
        assert_eq!(own, blake3::hash(&expected).to_hex().as_str());
    }

    #[test]
    fn no_two_lists_are_alike() {
        let all = [
            digest(|d| {
                d.text("a").text("bc");
            }),
            digest(|d| {
                d.text("ab").text("c");
            }),
            digest(|d| {
                d.ids(&[1, 2]).ids(&[]);
            }),
            digest(|d| {
                d.ids(&[1]).ids(&[2]);
            }),
            digest(|d| {
                d.optional(None);
            }),
            digest(|d| {
                d.optional(Some(0));
            }),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
