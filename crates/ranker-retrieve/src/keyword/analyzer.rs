//! From text to the terms that are indexed and searched for.

use std::borrow::Cow;

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, Stemmer, StopWordFilter,
    TextAnalyzer, Token, TokenStream, Tokenizer,
};
use unicode_normalization::UnicodeNormalization;

/// Longer words are left out: they are hardly ever words.
const MAX_BYTES: usize = 100;

/// The terms of English text: words in lower case, without accents, without the 33 stop words of
/// Lucene, stemmed by Snowball. The text must be [`composed`].
pub(crate) fn english() -> TextAnalyzer {
    let stop_words =
        StopWordFilter::new(Language::English).unwrap_or_else(|| StopWordFilter::remove([]));
    TextAnalyzer::builder(Words::default())
        .filter(RemoveLongFilter::limit(MAX_BYTES))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(stop_words)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// The text with letters and their accents in one character each (NFC), as folding expects them.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// A term and its place among the text's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) position: usize,
}

/// The terms of a text, in its order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut analyzer = english();
    let text = composed(text);
    let mut stream = analyzer.token_stream(&text);
    let mut words = Vec::new();
    stream.process(&mut |token| {
        words.push(Word {
            text: token.text.clone(),
            position: token.position,
        });
    });
    words
}

/// Cuts text into runs of letters and digits. Keeps what makes a name of a letter: C++, C#, F#.
#[derive(Debug, Clone, Default)]
struct Words {
    token: Token,
}

#[derive(Debug)]
struct WordStream<'a> {
    text: &'a str,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream {
            text,
            token: &mut self.token,
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let from = self.token.offset_to;
        let Some(start) = self.text[from..].find(char::is_alphanumeric) else {
            return false;
        };
        let start = from + start;
        let end = end_of_word(self.text, start);
        self.token.text.clear();
        self.token.text.push_str(&self.text[start..end]);
        self.token.position = self.token.position.wrapping_add(1);
        (self.token.offset_from, self.token.offset_to) = (start, end);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// Where the word that begins at `start` ends.
fn end_of_word(text: &str, start: usize) -> usize {
    let word = &text[start..];
    let letters = word
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(word.len());
    let after = &word[letters..];
    let suffix = ["++", "#"]
        .into_iter()
        .find(|suffix| letters == 1 && after.starts_with(suffix));
    start + letters + suffix.map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn folds_stops_and_stems() {
        assert_eq!(
            terms("The Engineers of Zürich, re\u{301}sume\u{301}s & wards"),
            ["engin", "zurich", "resum", "ward"]
        );
        assert_eq!(terms("nursing nurses"), ["nurs", "nurs"]);
        assert_eq!(terms("to be or not to be"), [""; 0]);
    }

    #[test]
    fn keeps_the_names_of_languages() {
        assert_eq!(
            terms("C, C++/C#; Node.js 5+ years #1"),
            ["c", "c++", "c#", "node", "js", "5", "year", "1"]
        );
    }

    #[test]
    fn positions_count_stop_words() {
        let positions: Vec<usize> = words("head of sales").iter().map(|w| w.position).collect();
        assert_eq!(positions, [0, 2]);
    }

    #[test]
    fn nothing_is_too_odd() {
        assert_eq!(terms("\u{0}\u{202e}((\"~^ +-&&||!{}[]\\/ ++ # c"), ["c"]);
        assert_eq!(terms(&"x".repeat(1000)), [""; 0]);
        assert_eq!(terms("求人 🦀 ÅÄÖ"), ["求人", "aao"]);
    }
}
