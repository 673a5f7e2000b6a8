//! Words as they are compared: one spelling for the many ways a thing is written.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// What is compared: NFKC, lower case, without a plural's ending.
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
    /// `C++`, `C#`, `.NET` and `Node.js` stay whole. `&` becomes the word "and" and `/` a word of its
    /// own, so that `R&D` matches "R and D", `CI/CD` matches "CI / CD", and `Java/Python` still holds
    /// Java. Hyphens only separate. A phrase never reaches over a line's end or other punctuation.
    pub(crate) fn of(text: &str) -> Self {
        let normal = match is_nfkc_quick(text.chars()) {
            IsNormalized::Yes => Cow::Borrowed(text),
            IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfkc().collect()),
        };
        let mut words = Self::default();
        let mut start = 0;
        for line in normal.split_inclusive('\n') {
            words.add_line(line, start);
            words.end_head();
            start += line.len();
        }
        words.text = normal.into_owned();
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
        let (bytes, chars): (Vec<usize>, Vec<char>) = line.char_indices().unzip();
        let byte = |at: usize| start + bytes.get(at).copied().unwrap_or(line.len());
        let shouted = is_shouted(line);
        let mut breaks = true;
        let mut at = 0;
        while at < chars.len() {
            let len = word_length(&chars[at..], at.checked_sub(1).map(|before| chars[before]));
            if len == 0 {
                breaks |= is_break(chars[at]);
                at += 1;
                if self.ends_sentence(&chars[at - 1..]) {
                    self.end_head();
                }
                continue;
            }
            let (key, surface) = folded(&chars[at..at + len], shouted);
            self.list.push(Word {
                key,
                surface,
                breaks,
                shouted,
                at: byte(at)..byte(at + len),
            });
            breaks = false;
            at += len;
        }
    }

    /// Whether a sentence ends at this character: not after "Sr." or "Asst.".
    fn ends_sentence(&self, chars: &[char]) -> bool {
        let is_last = chars.get(1).is_none_or(|c| c.is_whitespace());
        let is_long = self.list.last().is_some_and(|word| word.surface.len() > 4);
        is_last && (matches!(chars[0], '!' | '?' | ':' | ';') || chars[0] == '.' && is_long)
    }

    fn end_head(&mut self) {
        if self.head == 0 {
            self.head = self.list.len();
        }
    }
}

/// A word's key and surface.
fn folded(written: &[char], shouted: bool) -> (String, String) {
    let written: String = written.iter().collect();
    let bare = || written.chars().filter(|&c| !is_apostrophe(c)).collect();
    let unowned = strip_possessive(&written).map_or_else(bare, str::to_owned);
    let surface = undotted(one_of_several(&unowned));
    let key = match surface.as_str() {
        "&" => "and".to_owned(),
        // CMMS is not several CMM.
        short if short.len() <= 5 && !shouted && !short.chars().any(char::is_lowercase) => {
            short.to_lowercase()
        }
        other => singular(other.to_lowercase()),
    };
    (key, surface)
}

/// How many characters the word that starts here has; 0 where none starts.
fn word_length(chars: &[char], before: Option<char>) -> usize {
    let first = chars[0];
    if first == '&' || first == '/' {
        return 1;
    }
    let dotted = first == '.'
        && chars.get(1).is_some_and(|c| c.is_alphabetic())
        && !before.is_some_and(char::is_alphanumeric);
    if !first.is_alphanumeric() && !dotted {
        return 0;
    }
    let mut len = 1;
    while len < chars.len() && (chars[len].is_alphanumeric() || joins(&chars[len - 1..])) {
        len += 1;
    }
    // C++ and C#, but not the plus of "5+ years" or "Java+Spring".
    let is_sign = |c: &&char| matches!(c, '+' | '#');
    let signs = chars[len..].iter().take_while(is_sign).count();
    let ends = !chars.get(len + signs).is_some_and(|c| c.is_alphanumeric());
    if first.is_alphabetic() && ends {
        len += signs;
    }
    len
}

/// Whether the second of these characters holds the first and the third together in one word.
fn joins(chars: &[char]) -> bool {
    let &[before, mark, after, ..] = chars else {
        return false;
    };
    let between = before.is_alphanumeric() && after.is_alphanumeric();
    // "search.We" is two sentences, "Node.js" and "ASP.NET" are words.
    let starts_sentence = || after.is_uppercase() && chars.get(3).is_some_and(|c| c.is_lowercase());
    between && (is_apostrophe(mark) || (mark == '.' && !starts_sentence()))
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

/// "driver's" is a driver.
fn strip_possessive(word: &str) -> Option<&str> {
    let stem = word.strip_suffix(['s', 'S'])?;
    stem.strip_suffix(is_apostrophe)
}

/// "RNs" are several RN.
fn one_of_several(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 2 && stem.chars().all(char::is_uppercase) => stem,
        _ => word,
    }
}

/// "Ph.D" and "U.S" are written without dots too; "Node.js" is not.
fn undotted(word: &str) -> String {
    let is_initial =
        |part: &str| (1..=2).contains(&part.len()) && part.chars().all(char::is_alphabetic);
    if word.contains('.') && word.split('.').all(is_initial) {
        word.replace('.', "")
    } else {
        word.to_owned()
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
        for name in ["c++", "c#", ".net", "node.js", "asp.net", "k8s", "f#"] {
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
        assert_eq!(text.text_of(&text.list()[2..6]), "CI/CD-based");
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
