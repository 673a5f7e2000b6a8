//! What is too long is cut.

use std::ops::Range;

use super::{MAX_WORDS, trimmed};

const MAX_CHARS: usize = 400;

/// Cuts a range into pieces of at most [`MAX_WORDS`] words and [`MAX_CHARS`] characters: after the
/// last comma of the latter half, else after a word, else (in a text without spaces) anywhere.
pub(super) fn cut(text: &str, bytes: Range<usize>, emit: &mut impl FnMut(Range<usize>)) {
    let mut start = bytes.start;
    while let Some(rest) = trimmed(text, start..bytes.end) {
        let end = rest.start + first_piece(&text[rest.clone()]);
        if let Some(piece) = trimmed(text, rest.start..end) {
            emit(piece);
        }
        start = end;
    }
}

/// The length of the first piece of a slice that begins with a word.
fn first_piece(slice: &str) -> usize {
    let (mut words, mut chars) = (0, 0);
    let (mut comma, mut word_end) = (None, None);
    let mut in_word = false;
    for (at, c) in slice.char_indices() {
        if c.is_whitespace() {
            if in_word {
                word_end = Some(at);
                if slice[..at].ends_with([',', ';', ':']) && words > MAX_WORDS / 2 {
                    comma = Some(at);
                }
            }
            in_word = false;
        } else {
            words += usize::from(!in_word);
            in_word = true;
        }
        chars += 1;
        if words > MAX_WORDS || chars > MAX_CHARS {
            return comma.or(word_end).unwrap_or(at);
        }
    }
    slice.len()
}
