//! The hashes of a record: SHA-256 (FIPS 180-4), in 64 hexadecimal digits.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hash(String);

impl Hash {
    /// Over a label that says what is hashed, and pieces, each after its length: two lists of pieces
    /// have one hash only if they are equal.
    pub(super) fn of<'p>(label: &str, pieces: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut hasher = Sha256::new();
        let mut feed = |piece: &[u8]| {
            hasher.update((piece.len() as u64).to_le_bytes());
            hasher.update(piece);
        };
        feed(label.as_bytes());
        pieces.into_iter().for_each(&mut feed);
        Self(hex(&hasher.finalize()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(digits, "{byte:02x}").expect("a string takes all");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sha_256() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&Sha256::digest(b"abc")), abc);
        // sha256(b"\1\0\0\0\0\0\0\0a\2\0\0\0\0\0\0\0bc"), by Python's hashlib.
        let labelled = "9a8acca1b6c6c0befd3fbc756aed625da998c998f7252e738c4ef061906b9b21";
        assert_eq!(Hash::of("a", [&b"bc"[..]]).as_str(), labelled);
    }

    #[test]
    fn pieces_do_not_run_together() {
        let pieces = |list: &[&'static [u8]]| Hash::of("x", list.iter().copied());
        assert_ne!(pieces(&[b"ab", b"c"]), pieces(&[b"a", b"bc"]));
        assert_ne!(pieces(&[b"ab"]), pieces(&[b"ab", b""]));
    }
}
