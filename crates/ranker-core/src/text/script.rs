//! Scripts that are written without spaces between words.

use unicode_normalization::char::is_combining_mark;

/// Whether words of this character's script are not parted by spaces: Chinese, Japanese, Thai, Lao,
/// Khmer, Burmese.
pub(super) fn is_unspaced(c: char) -> bool {
    // Most letters are before all of these.
    c >= '\u{e00}'
        && matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
        && is_letter(c)
}

/// Whether a character is part of a word.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && is_combining_mark(c))
}

/// Where the letter that a text begins with ends, with the marks that stand on it.
pub(super) fn end_of_letter(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    let next = chars.find(|&(_, c)| !is_combining_mark(c));
    next.map_or(text.len(), |(at, _)| at)
}
