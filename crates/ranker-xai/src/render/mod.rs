//! Explanations as plain text, for a terminal or a message; [`crate::html`] makes pages.

mod contrast;
pub(crate) mod number;
pub(crate) mod text;

pub use contrast::contrast;
pub use text::text;

/// The character to show for one of a foreign text.
pub(crate) fn shown(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        // Terminals obey the first; the others can make a text read as another.
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}
