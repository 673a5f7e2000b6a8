//! Languages that are spoken.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::LazyLock;

use ranker_core::Fact;

use super::language_names::{LANGUAGES, LEVELS};
use super::tokens::{Token, tokens};
use super::{FoundFact, fact_names};
use crate::sections::{Section, SectionKind};

/// How near to a language its level stands, in tokens.
const NEAR: usize = 3;

/// Languages under a heading of their own, else those with a level beside them.
pub(super) fn find(text: &str, sections: &[Section]) -> Option<FoundFact> {
    let headed = |section: &&Section| section.kind == SectionKind::Languages;
    let listed: Vec<&Section> = sections.iter().filter(headed).collect();
    if listed.is_empty() {
        return collect(text, sections.iter(), false, 0.8);
    }
    collect(text, listed.into_iter(), true, 0.95)
}

fn collect<'s>(
    text: &str,
    sections: impl Iterator<Item = &'s Section>,
    listed: bool,
    confidence: f32,
) -> Option<FoundFact> {
    let mut spoken = BTreeSet::new();
    let mut place = None;
    for section in sections {
        let tokens = tokens(&text[section.body.clone()]);
        // "Fluent in English, Hebrew and French": what is listed after a language has its level.
        let mut last = None;
        for (at, token) in tokens.iter().enumerate() {
            let Some(language) = token.word().and_then(language) else {
                continue;
            };
            let follows = last.is_some_and(|last| goes_on(&tokens[last + 1..at]));
            if listed || has_level(&tokens, at) || follows {
                last = Some(at);
                let start = section.body.start;
                place.get_or_insert(start + token.place.start..start + token.place.end);
                spoken.insert(language);
            }
        }
    }
    Some(FoundFact {
        name: fact_names::LANGUAGES,
        fact: Fact::keywords(spoken),
        place: place?,
        confidence,
    })
}

/// Whether a list goes on over these tokens.
fn goes_on(between: &[Token]) -> bool {
    let and = ["and", "und", "et", "y", "e", "en"];
    let joins = |token: &Token| {
        let word = token.word().is_some_and(|word| and.contains(&word));
        !token.new_line && (word || token.is_mark(&[',', '/', '&', '+']))
    };
    between.len() <= 2 && between.iter().all(joins)
}

/// The languages that a part of a job's text asks for, in order, each with its place: those with a level or
/// a word of speaking in the same part.
pub(crate) fn asked(text: &str) -> Vec<(&'static str, Range<usize>)> {
    let tokens = tokens(text);
    let speaks = |token: &Token| {
        let word = token.word();
        word.is_some_and(|word| LEVELS.contains(&word) || SPOKEN.contains(&word))
    };
    let graded = (0..tokens.len()).any(|at| has_level(&tokens, at));
    if !graded && !tokens.iter().any(speaks) {
        return Vec::new();
    }
    let named = |(at, token): (usize, &Token)| {
        let language = language(token.word()?)?;
        (!is_excepted(&tokens[..at])).then(|| (language, token.place.clone()))
    };
    tokens.iter().enumerate().filter_map(named).collect()
}

/// Whether these tokens end with words after which the language is the one that is not meant: "a language other than".
fn is_excepted(before: &[Token]) -> bool {
    const BESIDE: [&[&str]; 11] = [
        &["other", "than"],
        &["besides"],
        &["apart", "from"],
        &["addition", "to"],
        &["außer"],
        &["neben"],
        &["autre", "que"],
        &["outre", "l"],
        &["además", "del"],
        &["oltre", "all"],
        &["naast"],
    ];
    let words: Vec<&str> = before.iter().filter_map(Token::word).collect();
    BESIDE.iter().any(|beside| words.ends_with(beside))
}

/// Words of a job that speaks of languages.
#[rustfmt::skip]
const SPOKEN: [&str; 28] = [
    "language", "languages", "speak", "speaking", "speaker", "written", "verbal", "oral", "communicate", "communication",
    "sprache", "sprachen", "sprachkenntnisse", "kenntnisse", "wort", "schrift", "langue", "langues", "parlé", "écrit", "maîtrise",
    "idioma", "idiomas", "hablado", "lingua", "lingue", "taal", "talen",
];

/// The English name of each language by every name of it, the first where two have the same.
static BY_NAME: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let mut by_name = HashMap::new();
    for (language, names) in LANGUAGES {
        for name in [language].iter().chain(names) {
            by_name.entry(*name).or_insert(language);
        }
    }
    by_name
});

/// Whether a word, in lower case, is a language's name.
pub(crate) fn is_language(word: &str) -> bool {
    language(word).is_some()
}

fn language(word: &str) -> Option<&'static str> {
    BY_NAME.get(word).copied()
}

fn has_level(tokens: &[Token], at: usize) -> bool {
    let around = &tokens[at.saturating_sub(NEAR)..(at + NEAR + 1).min(tokens.len())];
    let grade = |pair: &[Token]| {
        // A2, C1: the levels of the Common European Framework.
        let letter = matches!(pair[0].word(), Some("a" | "b" | "c"));
        letter && pair[0].place.end == pair[1].place.start && pair[1].word().is_none()
    };
    let level = |token: &Token| token.word().is_some_and(|word| LEVELS.contains(&word));
    around.iter().any(level) || around.windows(2).any(grade)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::sections;

    fn spoken(text: &str) -> Option<String> {
        find(text, &sections(text)).map(|found| found.fact.to_string())
    }

    #[test]
    fn languages_need_a_heading_or_a_level() {
        let some = |list: &str| Some(list.to_owned());
        assert_eq!(
            spoken("Languages\nFrench (C2), English"),
            some("english, french")
        );
        assert_eq!(
            spoken("Sprachen\nDeutsch, Englisch"),
            some("english, german")
        );
        assert_eq!(
            spoken("Speaks fluent Dutch. Sold French cheese to many shops in Kent"),
            some("dutch")
        );
        assert_eq!(
            spoken("Bilingual: fluent in Spanish, Hebrew and Dutch; French cheese"),
            some("dutch, hebrew, spanish")
        );
        assert_eq!(
            spoken("Languages\nTamil, Filipino and Kiswahili"),
            some("swahili, tagalog, tamil")
        );
        assert_eq!(spoken("Taught English literature"), None);
    }
}
