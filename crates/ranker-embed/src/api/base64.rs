//! Vectors in base64 (RFC 4648), as OpenAI's interface has them: 32-bit floats, least byte first.

use super::ApiError;

/// The vector, whose bytes must be whole floats.
pub(crate) fn floats(text: &str) -> Result<Vec<f32>, ApiError> {
    let bytes = decode(text.as_bytes()).ok_or(ApiError::Base64 {
        reason: "it is no base64",
    })?;
    let (floats, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(ApiError::Base64 {
            reason: "its bytes are no whole 32-bit floats",
        });
    }
    Ok(floats
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect())
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|&&byte| byte == b'=').count();
    if padding > 2 || (padding > 0 && !text.len().is_multiple_of(4)) {
        return None;
    }
    let digits = &text[..text.len() - padding];
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for &digit in group {
            bits = (bits << 6) | u32::from(value(digit)?);
        }
        bits <<= 6 * (4 - group.len());
        // Two digits hold one byte, three hold two; a single digit holds none.
        let whole = match group.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        bytes.extend_from_slice(&bits.to_be_bytes()[1..=whole]);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648.
    #[test]
    fn decodes_the_standards_vectors() {
        let vectors = [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
            ("Zm9vYg", "foob"),
        ];
        for (text, bytes) in vectors {
            assert_eq!(decode(text.as_bytes()).unwrap(), bytes.as_bytes(), "{text}");
        }
        for bad in ["Z", "Zg=", "====", "Zm9v!", "Z=9v", "Zm 9v"] {
            assert_eq!(decode(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn floats_are_whole() {
        // 1.0 and -2.0, by Python's `base64.b64encode(struct.pack("<2f", 1, -2))`.
        assert_eq!(floats("AACAPwAAAMA=").unwrap(), [1.0, -2.0]);
        let error = floats("Zm9vYmFy").unwrap_err();
        assert!(
            error.to_string().contains("no whole 32-bit floats"),
            "{error}"
        );
        assert!(floats("*").unwrap_err().to_string().contains("no base64"));
    }
}
