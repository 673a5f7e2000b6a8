//! Words as they are compared: one spelling for the many ways a thing is written.

use std::collections::HashSet;
use std::ops::Range;

use ranker_core::{WordKind, plain, words};

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// What is compared: in lower case, without a plural's ending.
    pub(crate) key: String,
    /// As written, without the plural's `s` of an acronym.
    pub(crate) surface: String,
    /// Whether a phrase cannot reach from the word before into this one.
    pub(crate) breaks: bool,
    /// Whether its line is all in capitals, so that capitals say nothing.
    pub(crate) shouted: bool,
    /// Where it stands in the text, in bytes.
    at: Range<usize>,
}

/// The words of a text, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    text: String,
    list: Vec<Word>,
    head: usize,
    keys: HashSet<String>,
}

/// A short text to look for, folded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(crate) text: Box<str>,
    /// What is compared, word by word.
    pub(crate) keys: Box<[Box<str>]>,
}

impl Phrase {
    /// Folds a text, whatever punctuation it holds.
    pub(crate) fn of(text: &str) -> Self {
        let words = Words::of(text);
        Self {
            text: text.into(),
            keys: words.list.into_iter().map(|word| word.key.into()).collect(),
        }
    }

    /// Whether all words of `phrase` occur here side by side.
    pub(crate) fn contains(&self, phrase: &Self) -> bool {
        let n = phrase.keys.len();
        n > 0 && self.keys.windows(n).any(|here| *here == *phrase.keys)
    }
}

impl Words {
    /// Splits and folds a text.
    ///
    /// The words are those of [`ranker_core::words`]. `&` becomes the word "and" and `/` a word of its own,
    /// so that `Java/Python` still holds Java. A phrase never reaches over a line's end or other
    /// punctuation than hyphens.
    pub(crate) fn of(text: &str) -> Self {
        let plain = plain(text);
        let mut words = Self::default();
        let mut start = 0;
        for line in plain.split_inclusive('\n') {
            words.add_line(line, start);
            words.end_head();
            start += line.len();
        }
        words.text = plain.into_owned();
        words.keys = words.list.iter().map(|word| word.key.clone()).collect();
        words
    }

    /// All words.
    pub(crate) fn list(&self) -> &[Word] {
        &self.list
    }

    /// The text that these words, in order and of one line, stand in.
    pub(crate) fn text_of(&self, words: &[Word]) -> &str {
        match words {
            [first, .., last] => &self.text[first.at.start..last.at.end],
            [word] => &self.text[word.at.clone()],
            [] => "",
        }
    }

    /// How many words the first sentence or line holds, whichever is shorter.
    pub(crate) fn head(&self) -> usize {
        self.head
    }

    /// Whether a word of this key occurs.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Whether all words of `phrase` occur here side by side.
    pub(crate) fn contains(&self, phrase: &Phrase) -> bool {
        let keys = &phrase.keys;
        let same = |here: &[Word]| here.iter().zip(keys).all(|(word, key)| *word.key == **key);
        !keys.is_empty()
            && keys.iter().all(|key| self.has(key))
            && self.list.windows(keys.len()).any(same)
    }

    /// Adds the words of a line that starts at this byte of the text.
    fn add_line(&mut self, line: &str, start: usize) {
        let shouted = is_shouted(line);
        let mut breaks = true;
        let mut at = 0;
        for word in words(line) {
            breaks |= self.passes(line, at..word.at.start);
            at = word.at.end;
            let written = &line[word.at.clone()];
            let (key, surface) = match word.kind {
                WordKind::Plain => folded(&word.text, shouted),
                WordKind::Name => (word.text.to_lowercase(), written.to_owned()),
                WordKind::Pair => (word.text.to_string(), written.to_owned()),
                WordKind::Sign if written == "&" => ("and".to_owned(), written.to_owned()),
                WordKind::Sign => (written.to_owned(), written.to_owned()),
            };
            self.list.push(Word {
                key,
                surface,
                breaks,
                shouted,
                at: start + word.at.start..start + word.at.end,
            });
            breaks = false;
        }
        self.passes(line, at..line.len());
    }

    /// Goes over what stands between two words, and tells whether it parts phrases.
    fn passes(&mut self, line: &str, gap: Range<usize>) -> bool {
        let mut breaks = false;
        for (at, c) in line.get(gap.clone()).unwrap_or_default().char_indices() {
            let next = line[gap.start + at + c.len_utf8()..].chars().next();
            // "v1.2" and "Booking.com" are one thing.
            let joins = |next: char| next.is_alphanumeric() && !next.is_uppercase();
            breaks |= is_break(c) && !(c == '.' && next.is_some_and(joins));
            if self.ends_sentence(c, next) {
                self.end_head();
            }
        }
        breaks
    }

    /// Whether a sentence ends at this character: not after "Sr." or "Asst.".
    fn ends_sentence(&self, c: char, next: Option<char>) -> bool {
        let is_last = next.is_none_or(char::is_whitespace);
        let is_long = self.list.last().is_some_and(|word| word.surface.len() > 4);
        is_last && (matches!(c, '!' | '?' | ':' | ';') || c == '.' && is_long)
    }

    fn end_head(&mut self) {
        if self.head == 0 {
            self.head = self.list.len();
        }
    }
}

/// A word's key and surface.
fn folded(word: &str, shouted: bool) -> (String, String) {
    let surface = one_of_several(word).to_owned();
    let is_acronym = surface.len() <= 5 && !shouted && !surface.chars().any(char::is_lowercase);
    // CMMS is not several CMM.
    let key = match surface.to_lowercase() {
        lower if is_acronym => lower,
        lower => singular(lower),
    };
    (key, surface)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

fn is_break(c: char) -> bool {
    !(c.is_whitespace()
        || is_apostrophe(c)
        || matches!(c, '-' | '_' | '"' | '+' | '#' | '\u{2010}'))
}

/// Whether capitals say nothing on this line: no small letter, and a word too long for an acronym.
fn is_shouted(line: &str) -> bool {
    !line.chars().any(char::is_lowercase)
        && line
            .split(|c: char| !c.is_alphabetic())
            .any(|run| run.chars().nth(5).is_some())
}

/// "RNs" are several RN.
fn one_of_several(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 2 && stem.chars().all(char::is_uppercase) => stem,
        _ => word,
    }
}

/// Takes an English plural's ending off: the S stemmer of D. Harman, "How effective is suffixing?"
/// (JASIS 42, 1991), which leaves words readable and seldom joins two that differ, with the sibilants
/// (`classes`, `coaches`) added. Short words keep their ending, as do `saas` and its like: most are
/// acronyms.
fn singular(mut word: String) -> String {
    let is_short = word.len() < 4 || (word.len() == 4 && word.ends_with("as"));
    if is_short || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return word;
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if ends(&["ies"]) && !ends(&["eies", "aies"]) {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if ends(&["sses", "ches", "shes", "xes"]) {
        word.truncate(word.len() - 2);
    } else if ends(&["s"]) && !ends(&["us", "ss", "is", "aes", "ees", "oes", "news"]) {
        word.truncate(word.len() - 1);
    }
    word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(text: &str) -> Vec<String> {
        Words::of(text).list.into_iter().map(|w| w.key).collect()
    }

    #[test]
    fn names_of_technologies_stay_whole() {
        for name in [
            "c++",
            "c#",
            ".net",
            "node.js",
            "asp.net",
            "kubernetes",
            "f#",
            "ci/cd",
        ] {
            assert_eq!(
                keys(&format!("Uses {}, daily.", name.to_uppercase()))[1],
                name
            );
        }
        assert_eq!(
            keys("5+ years of Java+Spring"),
            ["5", "year", "of", "java", "spring"]
        );
    }

    #[test]
    fn joined_words_match_however_they_are_spaced() {
        for (a, b) in [
            ("R&D", "r and d"),
            ("CI/CD", "ci / cd"),
            ("front-end", "Front End"),
            ("Ph.D.", "PhD"),
            ("RNs", "RN"),
            ("driver\u{2019}s licenses", "drivers license"),
            ("technologies and coaches", "Technology and Coach"),
            ("\u{ff2e}\u{ff2c}\u{ff30}", "nlp"),
        ] {
            assert_eq!(keys(a), keys(b), "{a} and {b}");
        }
        for (a, b) in [
            ("AWS", "AW"),
            ("CMMS", "CMM"),
            ("SaaS", "Saa"),
            ("ADAS", "ADA"),
        ] {
            assert_ne!(keys(a), keys(b), "{a} is no plural");
        }
        assert_eq!(keys("SAAS"), keys("saas"));
    }

    #[test]
    fn phrases_stop_at_punctuation_and_lines() {
        let words = Words::of("sales, engineering\nmanager.We lead");
        let breaks: Vec<bool> = words.list.iter().map(|word| word.breaks).collect();
        assert_eq!(breaks, [true, true, true, true, false]);
        assert_eq!(words.head(), 2);
        assert_eq!(Words::of("Sr. Nurse. We care.").head(), 2);
        assert_eq!(Words::of("\n RN\nWe care").head(), 1);
        assert_eq!(words.text_of(&words.list()[1..2]), "engineering");
    }

    #[test]
    fn a_line_in_capitals_is_shouted_and_acronyms_are_not() {
        assert!(Words::of("SENIOR IT MANAGER").list[1].shouted);
        assert!(!Words::of("CPR, BLS").list[1].shouted);
        assert!(!Words::of("Senior IT manager").list[1].shouted);
    }

    #[test]
    fn a_phrase_is_found_only_whole_and_in_order() {
        let words = Words::of("Registered nurses for our ward");
        assert!(words.contains(&Phrase::of("registered nurse")));
        assert!(!words.contains(&Phrase::of("nurse registered")));
        assert!(!words.contains(&Phrase::of("")));
        assert!(Phrase::of("staff nurses, registered").contains(&Phrase::of("nurse registered")));
        let text = Words::of("\u{e9}t\u{e9}\nour  CI/CD-based work");
        assert_eq!(text.text_of(&text.list()[2..4]), "CI/CD-based");
    }

    proptest! {
        #[test]
        fn any_text_folds_to_words_that_fold_to_themselves(text in "\\PC{0,80}") {
            for word in Words::of(&text).list {
                prop_assert!(!word.key.is_empty());
                prop_assert!(!word.key.chars().any(char::is_whitespace), "{:?}", word.key);
            }
        }
    }
}
