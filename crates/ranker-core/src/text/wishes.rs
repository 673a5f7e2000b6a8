//! What a job asks for as a wish: "Nice to have", "5 years preferred".

use super::years_words::{OTHER_HEADINGS, PREFERRED, PREFERRED_PAIRS};

/// The longest line, in words, that may be a heading.
const HEADING: usize = 5;

/// Whether a part of a job, a heading too, says that what it asks for is a wish, in English, German, French,
/// Spanish, Italian or Dutch.
///
/// ```
/// use ranker_core::is_wish;
///
/// assert!(is_wish("Nice to have:") && is_wish("Rust would be a plus") && !is_wish("Rust"));
/// ```
#[must_use]
pub fn is_wish(text: &str) -> bool {
    wish_in(&lower_words(text))
}

/// Whether one of the words, in lower case, says that something is a wish.
pub(super) fn wish_in(words: &[String]) -> bool {
    let pair = |pair: &[String]| {
        PREFERRED_PAIRS
            .iter()
            .any(|known| *known == [&pair[0], &pair[1]])
    };
    words.iter().any(|word| PREFERRED.contains(&word.as_str())) || words.windows(2).any(pair)
}

/// Whether what follows a heading ("Nice to have:") is a wish, if the line is such a heading or another one.
pub(super) fn are_wishes_after(line: &str) -> Option<bool> {
    let line = line.trim_matches([' ', '#', '*', '\r', '\n']);
    let words = lower_words(line);
    if words.is_empty() || words.len() > HEADING || line.ends_with(['.', ',']) {
        return None;
    }
    let other = |word: &String| OTHER_HEADINGS.contains(&word.as_str());
    let wishes = wish_in(&words);
    (wishes || line.ends_with(':') || words.iter().any(other)).then_some(wishes)
}

/// Runs of letters, in lower case.
pub(super) fn lower_words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphabetic());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}
