//! From text to the terms that are indexed and searched for.

use ranker_core::{WordKind, plain};
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, Stemmer, StopWordFilter,
    TextAnalyzer, Token, TokenStream, Tokenizer,
};

/// Longer words are left out: they are hardly ever words.
const MAX_BYTES: usize = 100;

/// The name under which tantivy knows our analyzer. It ends in a version, which changes whenever a
/// text gets other terms: an index on disk of another version is built anew.
pub(crate) const ANALYZER: &str = "ranker-english-3";

/// The terms of English text: words as [`ranker_core::words`] splits them, in lower case, without
/// accents, without the 33 stop words of Lucene, stemmed by Snowball. The text must be plain.
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

/// A term and its place among the text's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) position: usize,
}

/// The terms of a text, in its order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut analyzer = english();
    let text = plain(text);
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

/// The words of a text as tantivy takes them.
#[derive(Debug, Clone, Default)]
struct Words {
    token: Token,
}

#[derive(Debug)]
struct WordStream<'a> {
    words: ranker_core::Words<'a>,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream {
            words: ranker_core::words(text),
            token: &mut self.token,
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let is_said =
            |word: &ranker_core::Word<'_>| word.kind != WordKind::Sign || word.text == "&";
        let Some(word) = self.words.find(is_said) else {
            return false;
        };
        // "food & beverage" is as long a phrase as "food and beverage".
        let text = match word.kind {
            WordKind::Sign => "and",
            WordKind::Plain | WordKind::Name | WordKind::Pair => &*word.text,
        };
        self.token.text.clear();
        self.token.text.push_str(text);
        self.token.position = self.token.position.wrapping_add(1);
        (self.token.offset_from, self.token.offset_to) = (word.at.start, word.at.end);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
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
            terms("C++/C#; NodeJS, .NET: 5+ years #1, net income"),
            [
                "c++", "c#", "node.j", ".net", "5", "year", "1", "net", "incom"
            ]
        );
    }

    #[test]
    fn positions_count_stop_words() {
        let positions: Vec<usize> = words("head of sales").iter().map(|w| w.position).collect();
        assert_eq!(positions, [0, 2]);
        let positions: Vec<usize> = words("food & drink").iter().map(|w| w.position).collect();
        assert_eq!(positions, [0, 2]);
    }

    #[test]
    fn nothing_is_too_odd() {
        assert_eq!(terms("\u{0}\u{202e}((\"~^ +-&&||!{}[]\\/ ++ # x"), ["x"]);
        assert_eq!(terms(&"x".repeat(1000)), [""; 0]);
        assert_eq!(terms("求人情 🦀 ÅÄÖ"), ["求人", "人情", "aao"]);
    }
}
