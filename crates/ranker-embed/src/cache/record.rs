//! How a key and a value look in the file.

use ranker_core::{Embedded, Embedding, Role, TokenUsage};

/// A hash of model, role and text.
pub(super) type Key = [u8; 32];

/// Bytes of the checksum that ends a record.
const CHECKSUM: usize = 8;

pub(super) fn key(model: &str, role: Role, text: &str) -> Key {
    let mut hasher = blake3::Hasher::new();
    // The length of the one part that could run into the next.
    hasher.update(&(model.len() as u64).to_le_bytes());
    hasher.update(model.as_bytes());
    hasher.update(match role {
        Role::Query => b"q",
        Role::Document => b"d",
    });
    hasher.update(text.as_bytes());
    *hasher.finalize().as_bytes()
}

/// Tokens, tokens used, the components of each vector (most texts have one) and a checksum, all little-endian.
pub(super) fn encode(key: &Key, embedded: &Embedded) -> Vec<u8> {
    let usage = embedded.usage;
    let mut bytes = Vec::new();
    bytes.extend((usage.tokens as u64).to_le_bytes());
    bytes.extend((usage.used as u64).to_le_bytes());
    for component in embedded.vectors().flat_map(|vector| vector.as_slice()) {
        bytes.extend(component.to_le_bytes());
    }
    let checksum = checksum(key, &bytes);
    bytes.extend(checksum);
    bytes
}

/// The embedding in a record; `None` when the record is not what was written under this key.
pub(super) fn decode(key: &Key, bytes: &[u8], dimension: usize) -> Option<Embedded> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
    if checksum(key, body) != sum {
        return None;
    }
    let (tokens, rest) = body.split_first_chunk::<8>()?;
    let (used, components) = rest.split_first_chunk::<8>()?;
    let width = dimension.checked_mul(4).filter(|&width| width > 0)?;
    if !components.len().is_multiple_of(width) {
        return None;
    }
    let mut vectors = components.chunks_exact(width).map(|vector| {
        let (components, _) = vector.as_chunks::<4>();
        let components = components.iter().map(|&bytes| f32::from_le_bytes(bytes));
        Embedding::unit(components.collect()).ok()
    });
    let usage = TokenUsage::new(
        u64::from_le_bytes(*tokens).try_into().ok()?,
        u64::from_le_bytes(*used).try_into().ok()?,
    );
    let embedded = Embedded::new(vectors.next()??, usage);
    Some(embedded.with_further(vectors.collect::<Option<_>>()?))
}

fn checksum(key: &Key, body: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(body);
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..CHECKSUM]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Embedded {
        Embedded::new(
            Embedding::normalized(vec![0.1, -0.7, 3e-9]).unwrap(),
            TokenUsage::new(900, 256),
        )
    }

    #[test]
    fn comes_back_bit_for_bit() {
        let key = key("model", Role::Query, "text");
        let bytes = encode(&key, &example());
        assert_eq!(decode(&key, &bytes, 3), Some(example()));
        assert_eq!(decode(&key, &bytes, 2), None);
    }

    #[test]
    fn several_vectors_come_back_in_order() {
        let key = key("model", Role::Document, "text");
        let further = [[0.0, 1.0, 0.0], [0.6, 0.0, 0.8]];
        let further = further.map(|vector| Embedding::unit(vector.to_vec()).unwrap());
        let several = example().with_further(further.to_vec());
        let bytes = encode(&key, &several);
        assert_eq!(decode(&key, &bytes, 3), Some(several));
        // Nine components are no four vectors of two, and as one of nine not of unit length.
        assert_eq!(decode(&key, &bytes, 2), None);
        assert_eq!(decode(&key, &bytes, 9), None);
    }

    #[test]
    fn any_change_is_noticed() {
        let own = key("model", Role::Query, "text");
        let bytes = encode(&own, &example());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert_eq!(decode(&own, &damaged, 3), None, "byte {at}");
            assert_eq!(decode(&own, &bytes[..at], 3), None, "cut at {at}");
        }
        let other = key("model", Role::Document, "text");
        assert_eq!(
            decode(&other, &bytes, 3),
            None,
            "a record under another key"
        );
    }

    #[test]
    fn keys_differ_in_every_part() {
        let keys = [
            key("model", Role::Query, "text"),
            key("model", Role::Document, "text"),
            key("mode", Role::Query, "ltext"),
            key("model", Role::Query, "text "),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
