//! Cutting a long text into slices whose tokens are the text's tokens.

/// Texts up to this length are tokenised whole.
const SLICE_BYTES: usize = 64 * 1024;

/// Cuts a text into slices of about [`SLICE_BYTES`], in order, that together are the text.
///
/// A slice ends where a single space stands between two words, and the next begins with that
/// space. WordPiece drops it, byte-level BPE and SentencePiece join it to the word that follows, so
/// the tokens of the slices are those of the text. A text without such a space stays whole.
pub(super) fn slices(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (slice, others) = rest.split_at(cut(rest).unwrap_or(rest.len()));
        rest = others;
        Some(slice)
    })
}

/// Where the first slice of `text` ends, if it is to end before the text does.
fn cut(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (SLICE_BYTES..bytes.len()).find(|&at| {
        bytes[at] == b' '
            && text[..at].ends_with(char::is_alphanumeric)
            && text[at + 1..].starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_the_slices_are_the_text() {
        for text in [
            "",
            "short",
            &"word ".repeat(40_000),
            &"語".repeat(100_000),
            &"слово ".repeat(30_000),
        ] {
            assert_eq!(slices(text).collect::<String>(), text);
        }
        let long = "two words, ".repeat(20_000);
        let parts: Vec<&str> = slices(&long).collect();
        assert!(parts.len() >= 3, "{} slices", parts.len());
        assert!(parts.iter().all(|part| part.len() <= SLICE_BYTES + 16));
        assert!(parts[1..].iter().all(|part| part.starts_with(" words")));
    }

    #[test]
    fn cuts_at_no_other_space() {
        for text in ["a  b", "a \n", "a , "] {
            assert_eq!(slices(&text.repeat(30_000)).count(), 1, "{text:?}");
        }
    }
}
