//! The language that a text is written in.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// How much of a text is read, in characters: some three hundred words.
const READ: usize = 2_000;
/// The longest function word, in bytes.
const LONGEST: usize = 8;
/// The fewest words that tell a language, and how many of them must be its function words.
const FEWEST_WORDS: usize = 20;
const FEWEST_TELLING: usize = 4;
/// The least share of the words that are function words of the language: lists of skills have few.
const LEAST_SHARE: f64 = 0.05;
/// How many times as many as of the next language there must be: many are words of several.
const AHEAD: f64 = 1.3;

/// A language, or a script that several languages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Italian.
    Italian,
    /// Dutch.
    Dutch,
    /// Greek.
    Greek,
    /// Hebrew.
    Hebrew,
    /// Japanese.
    Japanese,
    /// Chinese.
    Chinese,
    /// Korean.
    Korean,
    /// A language of the Cyrillic script.
    Cyrillic,
    /// A language of the Arabic script.
    Arabic,
    /// A language of the Devanagari script.
    Devanagari,
    /// A language of the Thai script.
    Thai,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::English => "English",
            Self::German => "German",
            Self::French => "French",
            Self::Spanish => "Spanish",
            Self::Italian => "Italian",
            Self::Dutch => "Dutch",
            Self::Greek => "Greek",
            Self::Hebrew => "Hebrew",
            Self::Japanese => "Japanese",
            Self::Chinese => "Chinese",
            Self::Korean => "Korean",
            Self::Cyrillic => "Cyrillic script",
            Self::Arabic => "Arabic script",
            Self::Devanagari => "Devanagari",
            Self::Thai => "Thai script",
        })
    }
}

/// The most frequent function words of the languages in Latin script that can be told apart.
#[rustfmt::skip]
const FUNCTION_WORDS: [(Language, &[&str]); 6] = [
    (Language::English, &[
        "the", "and", "of", "to", "in", "for", "with", "on", "at", "by", "from", "is", "are", "was", "as", "an", "or", "that", "this",
        "we", "you", "your", "our", "will", "have", "has", "who", "all", "within", "using",
    ]),
    (Language::German, &[
        "der", "die", "das", "und", "ist", "mit", "von", "für", "auf", "im", "in", "den", "dem", "des", "ein", "eine", "einer", "zu", "zur",
        "zum", "bei", "als", "sie", "wir", "ihre", "oder", "nicht", "sowie", "nach", "aus", "durch", "am",
    ]),
    (Language::French, &[
        "le", "la", "les", "des", "du", "de", "et", "en", "un", "une", "pour", "dans", "avec", "sur", "est", "vous", "nous", "votre", "notre",
        "au", "aux", "par", "que", "qui", "ou", "chez", "à", "l", "d",
    ]),
    (Language::Spanish, &[
        "el", "la", "los", "las", "de", "del", "y", "en", "un", "una", "para", "con", "por", "que", "es", "su", "como", "se", "al", "nuestro",
        "o", "más", "desde", "a",
    ]),
    (Language::Italian, &[
        "il", "lo", "la", "gli", "le", "di", "del", "della", "dei", "delle", "e", "in", "un", "una", "per", "con", "che", "è", "da", "al",
        "alla", "nel", "nella", "sono", "come", "ai", "l",
    ]),
    (Language::Dutch, &[
        "de", "het", "een", "en", "van", "in", "voor", "met", "op", "is", "te", "aan", "bij", "je", "wij", "ons", "als", "naar", "zijn",
        "of", "om", "ook", "onze", "wordt", "door", "uit",
    ]),
];

/// By word, the bits of the languages that it is a function word of, in their order.
static BY_WORD: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
    let mut by_word = HashMap::new();
    for (at, (_, words)) in FUNCTION_WORDS.iter().enumerate() {
        for word in *words {
            *by_word.entry(*word).or_default() |= 1 << at;
        }
    }
    by_word
});

/// The language that most of a text's first 2,000 characters are in: by its letters where the script tells it, else by its function words. `None`
/// for a short text, and where no language is clearly ahead, as in lists of names.
///
/// ```
/// use ranker_core::{Language, language};
///
/// let text = "Pflege von Patienten auf der Intensivstation und Anleitung der Auszubildenden, seit 2015 in einem Krankenhaus mit \
///             400 Betten in Hamburg, davor im ambulanten Dienst für die Stadt.";
/// assert_eq!(language(text), Some(Language::German));
/// assert_eq!(language("Rust, Go, SQL"), None);
/// ```
#[must_use]
pub fn language(text: &str) -> Option<Language> {
    let end = text
        .char_indices()
        .nth(READ)
        .map_or(text.len(), |(at, _)| at);
    let text = &text[..end];
    by_script(text).or_else(|| by_words(text))
}

/// The language of a script of its own that most letters are of.
fn by_script(text: &str) -> Option<Language> {
    if text.is_ascii() {
        return None;
    }
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let mut counts: HashMap<Language, usize> = HashMap::new();
    for language in letters.clone().filter_map(of_script) {
        *counts.entry(language).or_default() += 1;
    }
    // Japanese is written with Chinese characters as well.
    if counts.contains_key(&Language::Japanese) {
        let shared = counts.remove(&Language::Chinese).unwrap_or(0);
        *counts.entry(Language::Japanese).or_default() += shared;
    }
    let all = letters.count();
    let most = counts.into_iter().find(|(_, count)| count * 2 > all);
    most.map(|(language, _)| language)
}

/// The language, or the script, that a letter tells by itself.
fn of_script(letter: char) -> Option<Language> {
    Some(match letter {
        '\u{370}'..='\u{3ff}' => Language::Greek,
        '\u{400}'..='\u{52f}' => Language::Cyrillic,
        '\u{590}'..='\u{5ff}' => Language::Hebrew,
        '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => Language::Arabic,
        '\u{900}'..='\u{97f}' => Language::Devanagari,
        '\u{e00}'..='\u{e7f}' => Language::Thai,
        '\u{3040}'..='\u{30ff}' => Language::Japanese,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => Language::Chinese,
        '\u{ac00}'..='\u{d7af}' => Language::Korean,
        _ => return None,
    })
}

fn by_words(text: &str) -> Option<Language> {
    let mut counts = [0_usize; FUNCTION_WORDS.len()];
    let mut all = 0_usize;
    let words = text.split(|c: char| !c.is_alphabetic());
    for word in words.filter(|word| !word.is_empty()) {
        all += 1;
        let known = (word.len() <= LONGEST).then(|| BY_WORD.get(&*word.to_lowercase()));
        let languages = known.flatten().copied().unwrap_or(0);
        for (at, count) in counts.iter_mut().enumerate() {
            *count += usize::from(languages >> at & 1);
        }
    }
    let best = (0..counts.len()).max_by_key(|&at| counts[at])?;
    let next = (0..counts.len())
        .filter(|&at| at != best)
        .map(|at| counts[at])
        .max();
    let (found, next) = (counts[best], next.unwrap_or(0));
    let is_clear = found as f64 >= AHEAD * next as f64 && found as f64 >= LEAST_SHARE * all as f64;
    (all >= FEWEST_WORDS && found >= FEWEST_TELLING && is_clear).then_some(FUNCTION_WORDS[best].0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn languages_are_told_by_script_and_function_words() {
        for (text, expected) in [
            (
                "Built search services in Rust for a team of eight, and was on call for the index that all of our customers use.",
                Language::English,
            ),
            (
                "Infirmière en soins intensifs dans un hôpital de Lyon, avec une expérience des urgences et de la formation pour les équipes.",
                Language::French,
            ),
            (
                "Desarrollador de servicios de búsqueda en una empresa de Madrid, con más de diez años de experiencia en los equipos de datos.",
                Language::Spanish,
            ),
            (
                "Infermiera nel reparto di terapia intensiva di un ospedale di Roma, con esperienza nella formazione dei colleghi e delle équipe.",
                Language::Italian,
            ),
            (
                "Verpleegkundige op de intensive care van een ziekenhuis in Utrecht, met ervaring in het opleiden van collega's en met nachtdienst.",
                Language::Dutch,
            ),
            ("Медсестра отделения реанимации", Language::Cyrillic),
            ("東京の病院で働く看護師", Language::Japanese),
            ("上海医院的护士", Language::Chinese),
            ("서울 병원의 간호사", Language::Korean),
        ] {
            assert_eq!(language(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_does_not_tell_has_none() {
        let skills = "Rust Go SQL Lucene Kafka Docker Linux Git Terraform Ansible Redis Python Java Scala Spark Flink Hadoop Hive Presto Trino Airflow";
        for text in ["", "the and of", skills, "1234 5678"] {
            assert_eq!(language(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,200}") {
            let _ = language(&text);
        }
    }
}
