//! Words that are broken at the ends of lines.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::plain::is_invisible;

/// First parts of compounds that keep their hyphen where the line breaks after it.
const COMPOUNDS: [&str; 25] = [
    "all", "back", "co", "cross", "ex", "fine", "front", "full", "half", "hands", "high", "in",
    "long", "low", "multi", "non", "on", "open", "part", "post", "pre", "real", "self", "short",
    "well",
];

/// The hyphens of a text, and its words to decide by.
pub(super) struct Hyphens<'t> {
    text: &'t str,
    words: OnceCell<HashSet<String>>,
}

impl<'t> Hyphens<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text,
            words: OnceCell::new(),
        }
    }

    /// Where the rest of a word stands that is broken at this character, a hyphen before a line's end
    /// or the line's end after a hyphen that stayed; what lies between is left out. `plain` is what
    /// was read before.
    pub(super) fn rest_of_broken(&self, plain: &str, at: usize, c: char) -> Option<usize> {
        match c {
            '-' | '\u{2010}' | '\u{2011}' | '\u{ad}' if plain.ends_with(char::is_alphabetic) => {
                let end = self.rest_of_word(at + c.len_utf8())?;
                (c == '\u{ad}' || !self.is_compound(plain, end)).then_some(end)
            }
            '\r' | '\n' | ' ' => {
                let before = plain.strip_suffix('-')?;
                before.ends_with(char::is_alphabetic).then_some(())?;
                self.rest_of_word(at)
            }
            _ => None,
        }
    }

    /// Where a word goes on in small letters after one line's end.
    fn rest_of_word(&self, from: usize) -> Option<usize> {
        let is_space = |c: char| matches!(c, ' ' | '\t' | '\u{a0}') || is_invisible(c);
        let after = self.text[from..].trim_start_matches(is_space);
        let after = after.strip_prefix('\r').unwrap_or(after);
        let after = after.strip_prefix('\n')?.trim_start_matches(is_space);
        let goes_on = after.starts_with(char::is_lowercase);
        // "pre-" and "post-" stand for whole words.
        let next = leading_word(after);
        let other = matches!(
            next,
            "and"
                | "or"
                | "to"
                | "und"
                | "oder"
                | "bis"
                | "et"
                | "ou"
                | "y"
                | "o"
                | "e"
                | "en"
                | "of"
        );
        (goes_on && !other).then(|| self.text.len() - after.len())
    }

    /// Whether the hyphen is the word's own: the word has another, is written with it elsewhere, or
    /// begins as compounds do.
    fn is_compound(&self, plain: &str, end: usize) -> bool {
        let before = trailing_word(plain);
        let after = leading_word(&self.text[end..]);
        if plain[..plain.len() - before.len()].ends_with('-') || before.chars().count() < 2 {
            return true;
        }
        let words = self.words.get_or_init(|| vocabulary(self.text));
        let (before, after) = (before.to_lowercase(), after.to_lowercase());
        if words.contains(&format!("{before}-{after}")) {
            return true;
        }
        let whole = words.contains(&format!("{before}{after}"));
        !whole && COMPOUNDS.contains(&before.as_str())
    }
}

/// The words of a text, those with hyphens whole, in lower case.
fn vocabulary(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn trailing_word(text: &str) -> &str {
    let start = text.trim_end_matches(char::is_alphabetic).len();
    &text[start..]
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphabetic());
    &text[..end.unwrap_or(text.len())]
}
