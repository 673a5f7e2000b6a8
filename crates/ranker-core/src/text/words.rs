//! The words of a text: one splitter for keyword search, features, expansion and filters.

use std::borrow::Cow;
use std::ops::Range;

use super::names;
use super::script::{end_of_letter, is_letter, is_unspaced};

/// What a [`Word`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WordKind {
    /// A run of letters and digits.
    Plain,
    /// A name with a spelling of its own, such as `C++` or `Node.js`: not to be stemmed.
    Name,
    /// Two neighbouring letters of a script without spaces between words, or its only one.
    Pair,
    /// A `/` or `&` that stands for a word: "or", "and".
    Sign,
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'t> {
    /// The bytes of the text that it stands in.
    pub at: Range<usize>,
    /// As it is compared, but for case and endings: a name in its one spelling (in lower case), other
    /// words as written, without apostrophes, a possessive ending, and the dots of initials.
    pub text: Cow<'t, str>,
    /// What it is.
    pub kind: WordKind,
}

/// The words of a text, in order.
///
/// - Words are runs of letters and digits of any script; hyphens, slashes and other signs part them.
/// - Some names keep their signs and are nothing else: `.NET`, `ASP.NET`, `C++`, `C#`, `F#`, `Node.js`,
///   `Objective-C`, `CI/CD`, `R&D`. They have one spelling, however they are written (`NodeJS`, `dotnet`,
///   `C++17`, `CI / CD`); so have others that people write in several ways (`postgres`, `k8s`).
/// - `Go`, `R` and `C` are names (`golang`, `r-language`, `c-language`) in a list, before "developer" and its
///   like, and in capitals inside a sentence, but not in "going", "Go-getter", "R&D" or "vitamin C".
/// - Initials lose their dots (`Ph.D.` is `PhD`), numbers keep theirs (`3.5`), possessives lose their
///   ending (`driver's`), and French articles are words of their own (`l'ingénieur`).
/// - Chinese, Japanese, Thai, Lao, Khmer and Burmese are split into overlapping pairs of letters.
///
/// The text should be in plain form ([`crate::PlainText`]). Takes time linear in its length.
///
/// ```
/// let words = ranker_core::words("C++17, .NET and Node.js for the net income");
/// let words: Vec<String> = words.map(|word| word.text.into_owned()).collect();
/// assert_eq!(words, ["c++", "17", ".net", "and", "node.js", "for", "the", "net", "income"]);
/// ```
#[must_use]
pub fn words(text: &str) -> Words<'_> {
    Words {
        text,
        at: 0,
        pair: None,
    }
}

/// A word, and its letters in lower case.
pub(crate) struct Lowered<'t> {
    pub(crate) word: Word<'t>,
    pub(crate) lower: String,
}

/// As [`words`], for those who compare them.
pub(crate) fn lowered(text: &str) -> impl Iterator<Item = Lowered<'_>> {
    words(text).map(|word| Lowered {
        lower: word.text.to_lowercase(),
        word,
    })
}

/// See [`words`].
#[derive(Debug, Clone)]
pub struct Words<'t> {
    text: &'t str,
    at: usize,
    /// The letter of a script without spaces that begins the next pair.
    pair: Option<Range<usize>>,
}

impl<'t> Iterator for Words<'t> {
    type Item = Word<'t>;

    fn next(&mut self) -> Option<Word<'t>> {
        if let Some(pair) = self.next_pair() {
            return Some(pair);
        }
        loop {
            let rest = &self.text[self.at..];
            let c = rest.chars().next()?;
            let start = self.at;
            let fresh = !self.text[..start].ends_with(is_letter);
            if let Some(name) = self.name(c, fresh) {
                return Some(name);
            }
            match c {
                _ if is_unspaced(c) => return self.first_pair(),
                _ if c.is_alphanumeric() => return Some(self.plain()),
                '&' | '/' => {
                    self.at += 1;
                    return Some(self.word(start, WordKind::Sign, Cow::Borrowed(&rest[..1])));
                }
                _ => self.at += c.len_utf8(),
            }
        }
    }
}

impl<'t> Words<'t> {
    /// A word from `start` to where reading has come.
    fn word(&self, start: usize, kind: WordKind, text: Cow<'t, str>) -> Word<'t> {
        let at = start..self.at;
        Word { at, text, kind }
    }

    fn name(&mut self, c: char, fresh: bool) -> Option<Word<'t>> {
        let (before, rest) = self.text.split_at(self.at);
        let may_begin = c.is_ascii_alphanumeric() || (c == '.' && !before.ends_with('.'));
        if !fresh || !may_begin {
            return None;
        }
        let (length, name) = names::begins(rest).or_else(|| {
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
            let name = names::in_context(before, &rest[..length], &rest[length..])?;
            let letter_follows = rest[length..].starts_with(is_letter);
            (!letter_follows).then_some((length, name))
        })?;
        let start = self.at;
        self.at += length;
        Some(self.word(start, WordKind::Name, Cow::Borrowed(name)))
    }

    /// The word that begins here.
    fn plain(&mut self) -> Word<'t> {
        let start = self.at;
        let mut last = start;
        for (at, c) in self.text[start..].char_indices() {
            let at = start + at;
            if is_unspaced(c) || !(is_letter(c) || self.joins(start, at, c)) {
                break;
            }
            last = at + c.len_utf8();
        }
        self.at = last;
        let mut written = &self.text[start..last];
        if let Some(rest) = self.text[last..].strip_prefix("++")
            && written.ends_with(|c: char| c.is_ascii_alphabetic())
            && !rest.starts_with(is_letter)
        {
            // Notepad++, but not the plus of "5+ years".
            self.at = last + 2;
            let name = self.text[start..self.at].to_lowercase();
            return self.word(start, WordKind::Name, Cow::Owned(name));
        }
        if let Some(article) = article(written) {
            self.at = start + written.len() - article.rest.len();
            written = article.word;
        }
        self.word(start, WordKind::Plain, bare(written))
    }

    /// Whether the sign at `at` holds a word together that begins at `start`.
    fn joins(&self, start: usize, at: usize, c: char) -> bool {
        let (before, after) = (&self.text[start..at], &self.text[at + c.len_utf8()..]);
        let Some(next) = after.chars().next().filter(|&c| c.is_alphanumeric()) else {
            return false;
        };
        match c {
            '\'' | '’' => !is_unspaced(next),
            '.' => {
                let number =
                    before.ends_with(|c: char| c.is_ascii_digit()) && next.is_ascii_digit();
                number || is_initials(before, after) || is_suffix(after)
            }
            _ => false,
        }
    }

    /// The pair that begins where the last one left its second letter.
    fn next_pair(&mut self) -> Option<Word<'t>> {
        let first = self.pair.take()?;
        self.pair_from(first)
    }

    /// The first pair of a run, or its only letter.
    fn first_pair(&mut self) -> Option<Word<'t>> {
        let start = self.at;
        let first = start..start + end_of_letter(&self.text[start..]);
        self.at = first.end;
        let alone = first.clone();
        self.pair_from(first).or_else(|| {
            Some(self.word(
                alone.start,
                WordKind::Pair,
                Cow::Borrowed(&self.text[alone]),
            ))
        })
    }

    fn pair_from(&mut self, first: Range<usize>) -> Option<Word<'t>> {
        let rest = &self.text[first.end..];
        rest.chars().next().filter(|&c| is_unspaced(c))?;
        let second = first.end..first.end + end_of_letter(rest);
        let both = &self.text[first.start..second.end];
        self.at = second.end;
        self.pair = Some(second);
        Some(self.word(first.start, WordKind::Pair, Cow::Borrowed(both)))
    }
}

/// Whether a dot between these parts is that of initials: `U.S`, `Ph.D`, `B.Sc`.
fn is_initials(before: &str, after: &str) -> bool {
    let last = before.rsplit('.').next().unwrap_or_default();
    let next = &after[..after
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(after.len())];
    let letters = |part: &str| part.chars().all(char::is_alphabetic);
    let single = last.chars().count() == 1 || last.eq_ignore_ascii_case("ph");
    single && letters(last) && letters(next) && next.chars().count() <= 2
}

/// Whether what follows a dot is the ending of a library's name.
fn is_suffix(after: &str) -> bool {
    let end = after
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(after.len());
    ["js", "io"]
        .iter()
        .any(|suffix| after[..end].eq_ignore_ascii_case(suffix))
}

/// A word, parted from the article that it begins with.
struct Article<'t> {
    word: &'t str,
    rest: &'t str,
}

/// The article that a French or Italian word begins with.
fn article(word: &str) -> Option<Article<'_>> {
    let (article, rest) = word.split_once(['\'', '’'])?;
    let vowel = rest.starts_with(|c: char| "aeiouyhéèêàâîôûAEIOUYHÉÈÊÀÂÎÔÛ".contains(c));
    let known = [
        "l", "d", "j", "n", "s", "c", "m", "t", "qu", "dell", "all", "nell",
    ];
    let known = known
        .iter()
        .any(|known| article.eq_ignore_ascii_case(known));
    let found = known && vowel && rest.chars().nth(2).is_some();
    found.then_some(Article {
        word: article,
        rest,
    })
}

/// A word without apostrophes, a possessive ending and the dots of initials.
fn bare(written: &str) -> Cow<'_, str> {
    let possessive = written
        .strip_suffix(['s', 'S'])
        .and_then(|stem| stem.strip_suffix(['\'', '’']));
    let stem = possessive.unwrap_or(written);
    let initials = stem.contains('.')
        && stem
            .split('.')
            .all(|part| part.chars().all(char::is_alphabetic) && part.chars().count() <= 2);
    let goes = |c: char| matches!(c, '\'' | '’') || (initials && c == '.');
    if stem.contains(goes) {
        Cow::Owned(stem.replace(goes, ""))
    } else {
        Cow::Borrowed(stem)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<String> {
        let kept = words(text).filter(|word| word.kind != WordKind::Sign);
        kept.map(|word| word.text.to_lowercase()).collect()
    }

    fn has(text: &str, name: &str) -> bool {
        split(text).iter().any(|word| word == name)
    }

    #[test]
    fn names_keep_their_signs_however_they_are_written() {
        for (text, name) in [
            ("Uses .NET, daily.", ".net"),
            ("dotnet; DotNet", ".net"),
            (".NET6 and .Net Core", ".net"),
            ("ASP.NET MVC", "asp.net"),
            ("C++17 on Linux", "c++"),
            ("C/C++", "c++"),
            ("C#, F#", "f#"),
            ("C Sharp", "c#"),
            ("NodeJS/Node.js", "node.js"),
            ("Objective C", "objective-c"),
            ("CI / CD pipelines", "ci/cd"),
            ("ci-cd", "ci/cd"),
            ("R and D budgets", "r&d"),
            ("Postgres", "postgresql"),
            ("k8s", "kubernetes"),
            ("Notepad++", "notepad++"),
            ("front-end", "frontend"),
            ("highcharts.js", "highcharts.js"),
        ] {
            assert!(has(text, name), "{text}: {:?}", split(text));
        }
    }

    #[test]
    fn nothing_else_is_a_name() {
        for (text, name) in [
            ("net income, sets the net", ".net"),
            ("ASP.NET", ".net"),
            ("C, C#", "c++"),
            ("JSON", "javascript"),
            (
                "going, goes, a Go-getter who likes to go above and beyond, go to market",
                "golang",
            ),
            ("Go above and beyond. Go live! Ready to go", "golang"),
            ("GO AHEAD", "golang"),
            ("Head of R&D, R and D reports, John R. Smith", "r-language"),
            (
                "Vitamin C, C-level, Series C funding, Objective-C, C++ and C#",
                "c-language",
            ),
        ] {
            assert!(!has(text, name), "{text}: {:?}", split(text));
        }
    }

    #[test]
    fn letters_and_words_are_names_where_they_stand_as_names() {
        for (text, name) in [
            ("go", "golang"),
            ("Services in Go and Rust", "golang"),
            ("python, go, rust", "golang"),
            ("Go Developer", "golang"),
            ("senior go engineer", "golang"),
            ("Rust or Go.", "golang"),
            ("Skills: Go", "golang"),
            ("statistics in R and SQL", "r-language"),
            ("Python, R, Stata", "r-language"),
            ("r", "r-language"),
            ("R; SQL", "r-language"),
            ("C/C++ and C#", "c-language"),
            ("embedded C for devices", "c-language"),
            ("C Programmer", "c-language"),
        ] {
            assert!(has(text, name), "{text}: {:?}", split(text));
        }
    }

    #[test]
    fn words_are_split_alike_everywhere() {
        for (text, expected) in [
            ("5+ years of Java+Spring", "5|years|of|java|spring"),
            ("search.We care, end.Next", "search|we|care|end|next"),
            ("Ph.D. in the U.S., B.Sc.", "phd|in|the|us|bsc"),
            ("version 3.5 e.g. v1.2", "version|3.5|eg|v1.2"),
            (
                "driver's licence, drivers’ don't",
                "driver|licence|drivers|dont",
            ),
            ("l'ingénieur d’expérience", "l|ingénieur|d|expérience"),
            ("Zürich_Bern ÅÄÖ", "zürich|bern|åäö"),
            ("food & beverage", "food|beverage"),
            (" \n--- ! +", ""),
            ("हिन्दी भाषा", "हिन्दी|भाषा"),
        ] {
            assert_eq!(split(text).join("|"), expected, "{text}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_pairs() {
        assert_eq!(
            split("求人情報 Java開発"),
            ["求人", "人情", "情報", "java", "開発"]
        );
        assert_eq!(split("東京都、京"), ["東京", "京都", "京"]);
        assert_eq!(split("エンジニア"), ["エン", "ンジ", "ジニ", "ニア"]);
        assert_eq!(split("ที่ปรึกษา").len(), 5);
        assert_eq!(split("한국어 개발자"), ["한국어", "개발자"]);
    }

    proptest! {
        #[test]
        fn words_lie_in_the_text_in_order(text in "\\PC{0,60}") {
            let mut before = 0;
            for word in words(&text) {
                prop_assert!(!word.text.is_empty());
                prop_assert!(text.get(word.at.clone()).is_some_and(|slice| !slice.is_empty()));
                prop_assert!(word.at.start >= before);
                before = if word.kind == WordKind::Pair { word.at.start } else { word.at.end };
            }
        }
    }
}
