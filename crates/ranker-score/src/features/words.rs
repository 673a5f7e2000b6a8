//! Words of a text in one form, so that what a job asks for and what a profile says compare.

use std::collections::HashSet;

use ranker_core::{WordKind, plain, words};

/// The words of a text ([`ranker_core::words`]): in lower case, lightly stemmed, with one space between
/// them. Names keep their spelling. Takes time linear in the text.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: String,
    /// Where each word begins and ends in `text`.
    spans: Vec<(usize, usize)>,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut split = Self::default();
        for word in words(&plain(text)) {
            match (word.kind, &*word.text) {
                (WordKind::Sign, "&") => split.push("and"),
                (WordKind::Sign, _) => {}
                (WordKind::Plain, text) => {
                    split.push(text);
                    split.stem_last();
                }
                (WordKind::Name | WordKind::Pair, text) => split.push(text),
            }
        }
        split
    }

    fn push(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let start = self.text.len();
        self.text.extend(word.chars().flat_map(char::to_lowercase));
        self.spans.push((start, self.text.len()));
    }

    fn stem_last(&mut self) {
        if let Some(last) = self.spans.last_mut() {
            stem(&mut self.text, last.0);
            last.1 = self.text.len();
        }
    }

    /// All words as one phrase.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.spans
            .iter()
            .map(|&(start, end)| &self.text[start..end])
    }

    /// The phrases of 1 to `longest` words that begin with word `at`.
    pub(super) fn phrases_at(&self, at: usize, longest: usize) -> impl Iterator<Item = &str> {
        let from = self.spans.get(at).map_or(0, |span| span.0);
        let rest = self.spans.get(at..).unwrap_or_default();
        rest.iter()
            .take(longest)
            .map(move |&(_, end)| &self.text[from..end])
    }

    /// Every phrase of 1 to `longest` words.
    pub(super) fn phrases(&self, longest: usize) -> HashSet<&str> {
        (0..self.len())
            .flat_map(|at| self.phrases_at(at, longest))
            .collect()
    }
}

/// Takes the ending from the English word that begins at `start`: plurals by the three rules of the
/// S stemmer (Harman, How effective is suffixing?, 1991, table 1), then `-ing` and a final `e`, so
/// that nurse, nurses and nursing are one word. Short words and words with signs stay.
fn stem(text: &mut String, start: usize) {
    let word = &text[start..];
    if word.len() < 4 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return;
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if ends(&["ies"]) && !ends(&["eies", "aies"]) {
        text.truncate(text.len() - 3);
        text.push('y');
    } else if ends(&["s"]) && !ends(&["us", "ss", "aes", "ees", "oes"]) {
        text.pop();
    }
    if text[start..].len() >= 7 && text.ends_with("ing") {
        text.truncate(text.len() - 3);
        undouble(text);
    }
    if text[start..].len() >= 4 && text.ends_with('e') {
        text.pop();
    }
}

/// programming, programm-, program.
fn undouble(text: &mut String) {
    if let [.., a, b] = text.as_bytes()
        && a == b
        && !b"aeioulsz".contains(b)
    {
        text.pop();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> String {
        Words::of(text).as_str().replace(' ', "|")
    }

    #[test]
    fn keeps_the_signs_of_names() {
        assert_eq!(
            words("C++, C#/.NET and Node.js."),
            "c++|c#|.net|and|node.js"
        );
        assert_eq!(words("java+python 5+ C++11"), "java|python|5|c++|11");
        assert_eq!(
            words("a Bachelor's degree ... and #1"),
            "a|bachelor|degre|and|1"
        );
        assert_eq!(words(" \n--- !"), "");
        assert_eq!(words("end.Next"), "end|next");
    }

    #[test]
    fn forms_of_a_word_are_one_word() {
        for forms in [
            "nurse nurses nursing Nurse’s",
            "engineer engineers engineering",
            "technology technologies",
            "program programs programming",
            "résumé re\u{301}sume\u{301} RÉSUMÉ",
            "ﬁle file files",
        ] {
            let words = Words::of(forms);
            assert!(
                words.iter().all(|word| Some(word) == words.iter().next()),
                "{words:?}"
            );
        }
        assert_eq!(
            words("iOS AWS SAS business string"),
            "ios|aws|sas|business|string"
        );
    }

    #[test]
    fn phrases_are_bounded_by_words() {
        let words = Words::of("Machine learning in Rust");
        let phrases = words.phrases(2);
        assert!(phrases.contains("machin learn") && phrases.contains("rust"));
        assert!(!phrases.contains("learn in rust") && !phrases.contains("mach"));
        assert_eq!(phrases.len(), 7);
        assert_eq!(words.phrases_at(9, 3).count(), 0);
    }

    proptest! {
        #[test]
        fn any_text_splits_into_its_words(text in "\\PC{0,60}") {
            let words = Words::of(&text);
            let listed: Vec<&str> = words.iter().collect();
            prop_assert_eq!(listed.join(" "), words.as_str());
            prop_assert!(listed.iter().all(|word| !word.is_empty()));
        }
    }
}
