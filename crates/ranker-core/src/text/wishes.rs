//! What a job asks for as a wish: "Nice to have", "5 years preferred".

use super::years_words::{OTHER_HEADINGS, PREFERRED, PREFERRED_PAIRS};

/// The longest line, in words, that may be a heading.
const HEADING: usize = 5;

/// Tells what a job asks for as a wish from what it requires; reads its lines one after the other, in
/// English, German, French, Spanish, Italian and Dutch.
///
/// ```
/// let mut wishes = ranker_core::Wishes::default();
/// assert!(!wishes.has("Rust"));
/// assert!(wishes.has("Rust would be a plus"));
/// wishes.read("Nice to have:");
/// assert!(wishes.has("Rust"));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes(bool);

impl Wishes {
    /// Reads a line: a heading ("Nice to have:", "Requirements") decides on the lines after it.
    pub fn read(&mut self, line: &str) {
        let line = line.trim_matches([' ', '#', '*', '\r', '\n']);
        let words = lower_words(line);
        if words.is_empty() || words.len() > HEADING || line.ends_with(['.', ',']) {
            return;
        }
        let other = |word: &String| OTHER_HEADINGS.contains(&word.as_str());
        let wishes = is_wish(&words);
        if wishes || line.ends_with(':') || words.iter().any(other) {
            self.0 = wishes;
        }
    }

    /// Whether the heading above says that what follows is a wish.
    pub(super) fn are_wishes(self) -> bool {
        self.0
    }

    /// Whether a part of a line here is a wish, by the heading above or by its own words.
    #[must_use]
    pub fn has(self, part: &str) -> bool {
        self.0 || is_wish(&lower_words(part))
    }
}

/// Whether one of the words, in lower case, says that something is a wish.
pub(super) fn is_wish(words: &[String]) -> bool {
    let pair = |pair: &[String]| {
        PREFERRED_PAIRS
            .iter()
            .any(|known| *known == [&pair[0], &pair[1]])
    };
    words.iter().any(|word| PREFERRED.contains(&word.as_str())) || words.windows(2).any(pair)
}

/// Runs of letters, in lower case.
pub(super) fn lower_words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphabetic());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}
