//! Pronouns that give away a sex.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::kinds::Kind;
use super::page::{Case, Page};
use super::vocabulary::{PRONOUNS, SMALL_WORDS};

const LANGUAGES: usize = PRONOUNS.len();

static SMALL: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| by_language(&SMALL_WORDS));
static SEXED: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| by_language(&PRONOUNS));

/// The languages, a bit each, that have a word.
fn by_language(lists: &[&'static [&'static str]; LANGUAGES]) -> HashMap<&'static str, u8> {
    let mut words: HashMap<&str, u8> = HashMap::new();
    for (language, list) in lists.iter().enumerate() {
        for word in *list {
            *words.entry(word).or_default() |= 1 << language;
        }
    }
    words
}

/// The pronouns of a text, each in the language of its line, and declarations such as "(she/her)".
pub(super) fn pronouns(page: &Page<'_>) -> Vec<Range<usize>> {
    let counts: Vec<[usize; LANGUAGES]> = page
        .lines
        .iter()
        .map(|line| counts(page, line.tokens.clone()))
        .collect();
    let mut all = [0; LANGUAGES];
    for line in &counts {
        (0..LANGUAGES).for_each(|language| all[language] += line[language]);
    }
    let main = most(&all, 0);
    let mut found = Vec::new();
    for (line, counts) in page.lines.iter().zip(&counts) {
        let language = language(counts, main);
        let words = &page.tokens[line.tokens.clone()];
        let shouted = words.iter().all(|token| token.case != Case::Small);
        let mut at = line.tokens.start;
        while at < line.tokens.end {
            let end = declared(page, at..line.tokens.end);
            // "HIM" among small letters is short for something.
            let written = shouted || page.tokens[at].case != Case::Capitals;
            if end > at + 1 || (written && is_sexed(page, at, language)) {
                found.push(page.tokens[at].at.start..page.tokens[end.max(at + 1) - 1].at.end);
            }
            at = end.max(at + 1);
        }
    }
    found
}

fn counts(page: &Page<'_>, tokens: Range<usize>) -> [usize; LANGUAGES] {
    let mut counts = [0; LANGUAGES];
    for token in &page.tokens[tokens] {
        if let Some(languages) = SMALL.get(token.folded.as_str()) {
            (0..LANGUAGES)
                .for_each(|language| counts[language] += usize::from(languages >> language & 1));
        }
    }
    counts
}

/// The language with the most small words, the first of equals, English above all.
fn most(counts: &[usize; LANGUAGES], least: usize) -> usize {
    let most = counts.iter().copied().max().unwrap_or_default();
    counts
        .iter()
        .position(|count| *count == most && most > least)
        .unwrap_or_default()
}

/// A line's language: that of the whole text, unless the line speaks clearly for another.
fn language(counts: &[usize; LANGUAGES], main: usize) -> usize {
    let mut weighed = counts.map(|count| 2 * count);
    weighed[main] += 3;
    most(&weighed, 0)
}

fn is_sexed(page: &Page<'_>, token: usize, language: usize) -> bool {
    const LONGEST: usize = 16;
    let raw = &page.text[page.tokens[token].at.clone()];
    if raw.len() > LONGEST {
        return false;
    }
    // "She'll" and "he's" go as a whole.
    let base = raw.split(['\'', '’']).next().unwrap_or(raw);
    let languages = SEXED
        .get(base)
        .copied()
        .or_else(|| SEXED.get(base.to_lowercase().as_str()).copied());
    languages.is_some_and(|languages| languages >> language & 1 == 1)
}

/// The token after a declaration of pronouns: at least two of them between slashes.
fn declared(page: &Page<'_>, tokens: Range<usize>) -> usize {
    let mut end = tokens.start;
    while end < tokens.end && page.tokens[end].is(Kind::Declared) {
        end += 1;
        if !matches!(page.gap_after(end - 1).trim(), "/") {
            break;
        }
    }
    end
}
