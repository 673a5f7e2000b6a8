//! Which words of a text are written like names.

use std::ops::Range;

use crate::facts::languages;

/// A word with what is attached to it ("C#", "FI/CO", "Security+"), and what ends it.
#[derive(Debug)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    /// Bytes of the text.
    pub(super) at: Range<usize>,
    /// Whether a bracket opens before it.
    pub(super) opens: bool,
    /// The sign that parts it from what follows.
    pub(super) ends: Option<char>,
    pub(super) form: Form,
}

/// What a word's letters, digits and signs tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A name wherever it stands: capitals inside (`GraphQL`, `SAP`), digits or signs (`S3`, `C#`), no vowel (`dbt`).
    Sure,
    /// A capital and small letters: a name, or the first word of a sentence, or a German noun.
    Capital,
    /// A number, which may go on with a name (`ISO 9001`).
    Number,
    Other,
}

impl Token<'_> {
    pub(super) fn lower(&self) -> String {
        self.text.to_lowercase()
    }

    /// Whether it may be part of a name.
    pub(super) fn in_name(&self) -> bool {
        self.form != Form::Other
    }
}

/// The words of a text, parted by white space and by commas and strokes between them.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let white = c.is_whitespace();
        if white || parts(&text[start..at], c, &text[at + c.len_utf8()..]) {
            push(text, start..at, (!white).then_some(c), &mut found);
            start = at + c.len_utf8();
        }
    }
    push(text, start..text.len(), None, &mut found);
    found
}

/// Whether a sign inside a word parts two: "Rust,C++" and "Python/Java", but not "FI/CO" or "S/4HANA".
fn parts(before: &str, sign: char, after: &str) -> bool {
    let next = after.split([' ', ',', '/', '|', '\n', ')']).next();
    let next = next.unwrap_or_default().chars().count();
    match sign {
        ',' | '|' | ';' => true,
        '/' => before.is_empty() || next == 0 || (before.chars().count() > 2 && next > 2),
        _ => false,
    }
}

fn push<'t>(text: &'t str, at: Range<usize>, sign: Option<char>, found: &mut Vec<Token<'t>>) {
    const OPENING: [char; 13] = [
        '(', '[', '"', '\'', '„', '“', '‚', '‘', '«', '*', '•', '·', '▪',
    ];
    const CLOSING: [char; 13] = [
        '.', ',', ';', ':', '!', '?', ')', ']', '"', '\'', '”', '“', '»',
    ];
    let raw = &text[at.clone()];
    let kept = raw.trim_start_matches(OPENING);
    let start = at.end - kept.len();
    let opening = &raw[..raw.len() - kept.len()];
    let word = kept.trim_end_matches(CLOSING);
    let ends = kept[word.len()..].chars().next().or(sign);
    let word = word
        .strip_suffix("'s")
        .or(word.strip_suffix("’s"))
        .unwrap_or(word);
    let is_dash = word.chars().all(|c| matches!(c, '-' | '–' | '—'));
    if is_dash {
        if let Some(last) = found.last_mut() {
            last.ends = last
                .ends
                .or(ends)
                .or(sign)
                .or((!word.is_empty()).then_some('-'));
        }
        return;
    }
    found.push(Token {
        text: word,
        at: start..start + word.len(),
        opens: opening.contains(['(', '[']),
        ends,
        form: form(word),
    });
}

fn form(word: &str) -> Form {
    let lower = word.to_lowercase();
    let Some(first) = word.chars().find(|c| c.is_alphanumeric()) else {
        return Form::Other;
    };
    if NO_NAMES.contains(&lower.as_str()) || is_nation(&lower) {
        return Form::Other;
    }
    if !word.contains(char::is_alphabetic)
        || ["ii", "iii", "iv", "3d", "2d"].contains(&lower.as_str())
    {
        return Form::Number;
    }
    if first.is_ascii_digit() && !word.contains(char::is_uppercase) {
        // "24h", "3rd", "5-year".
        return Form::Other;
    }
    if word.split('-').any(is_sure) {
        return Form::Sure;
    }
    match first.is_uppercase() {
        true => Form::Capital,
        false => Form::Other,
    }
}

/// Whether a piece between hyphens is a name by its signs.
fn is_sure(piece: &str) -> bool {
    let mut letters = piece.chars().filter(|c| c.is_alphabetic());
    let Some(first) = letters.next() else {
        return false;
    };
    let capital_inside = letters.clone().any(char::is_uppercase);
    let sign = piece.contains('#') || piece.ends_with('+') || piece.strip_prefix('.').is_some();
    let digit =
        piece.starts_with(char::is_alphabetic) && piece.contains(|c: char| c.is_ascii_digit());
    // "dbt", "npm": no word of these languages is without vowels.
    let no_vowel = (3..=6).contains(&piece.len())
        && piece
            .chars()
            .all(|c| c.is_ascii_lowercase() && !"aeiouy".contains(c));
    capital_inside
        || digit
        || no_vowel
        || (sign && (first.is_uppercase() || letters.next().is_some()))
}

/// Whether a capital word says of whom or where, not what.
fn is_nation(lower: &str) -> bool {
    languages::is_language(lower) || NATIONS.contains(&lower)
}

/// Whether a word with a capital is an ordinary one: a heading has capitals too ("Problem Solving").
pub(super) fn is_ordinary(lower: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "tion",
        "tions",
        "sion",
        "ment",
        "ments",
        "ness",
        "ship",
        "ing",
        "ity",
        "ities",
        "ance",
        "ence",
        "skills",
        "work",
        "ics",
        "tive",
        "sive",
        "ical",
        "ional",
        "ial",
        "ed",
        "ung",
        "ungen",
        "heit",
        "keit",
        "keiten",
        "schaft",
        "tät",
        "arbeit",
        "recht",
        "wesen",
        "kenntnisse",
        "erfahrung",
        "ismus",
    ];
    let long = lower.chars().count() >= 7;
    ORDINARY.contains(&lower) || (long && ENDINGS.iter().any(|ending| lower.ends_with(ending)))
}

/// Whether a German word with a capital may be a common noun: most are told by an ending or an umlaut.
pub(super) fn is_german_noun(lower: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "en", "ern", "eln", "e", "ng", "nis", "tum", "technik", "bau", "ik", "ie", "ur", "kraft",
        "leitung", "hilfe",
    ];
    is_ordinary(lower)
        || lower.contains(['ä', 'ö', 'ü', 'ß'])
        || ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// Written like names, and no skill: degrees, places, kinds of employment, units.
#[rustfmt::skip]
const NO_NAMES: &[&str] = &[
    "a1", "a2", "b1", "b2", "c1", "c2", "bsc", "msc", "ba", "ma", "bs", "ms", "phd", "mba", "beng", "meng", "gcse", "ged", "gpa", "llb",
    "llm.", "ceo", "cto", "cfo", "coo", "hr", "it", "pc", "pcs", "tv", "cv", "vp", "ft", "pt", "fte", "am", "pm", "ok", "eur", "usd", "gbp",
    "chf", "usp", "faq", "faqs", "kpi", "kpis", "roi", "gmbh", "ag", "kg", "llc", "ltd", "inc", "plc", "m/w/d", "w/m/d", "m/f/d", "f/m/d", "m/f",
    "m/f/x", "asap", "etc", "i.e", "e.g", "eg", "z.b", "bzw", "ggf", "vgl", "mrs", "hrs", "yrs", "kwh", "rpm", "tbd", "nr", "st", "r&d", "q&a",
    "b2b", "b2c", "i", "a", "edv", "lkw", "pkw", "öpnv", "ihk", "and/or", "und/oder", "pto", "eoe", "diy", "24/7", "dr",
];

#[rustfmt::skip]
const NATIONS: &[&str] = &[
    "us", "usa", "u.s", "uk", "eu", "emea", "apac", "dach", "american", "british", "european", "swiss", "austrian", "indian", "african",
    "asian", "australian", "canadian", "mexican", "america", "europe", "asia", "africa", "germany", "france", "spain", "italy", "england",
    "london", "paris", "berlin", "vienna", "deutschland", "österreich", "schweiz", "europa", "deutsche", "deutscher", "deutschen",
    "europäische", "européen", "européenne", "europeo", "europees",
];

#[rustfmt::skip]
const ORDINARY: &[&str] = &[
    "team", "teams", "player", "time", "customer", "customers", "client", "clients", "service", "services", "sales", "detail", "ethic",
    "people", "business", "office", "data", "project", "projects", "product", "products", "quality", "safety", "health", "food", "care",
    "problem", "problems", "self", "starter", "skill", "good", "great", "strong", "solid", "excellent", "proven", "prior", "deep", "sound",
    "basic", "working", "hands-on", "strategy", "budget", "budgets", "finance", "research", "public", "software", "hardware", "system",
    "systems", "tool", "tools", "platform", "platforms", "framework", "frameworks", "library", "libraries", "design", "retail", "support",
    "certificate", "certified", "degree", "experience", "knowledge", "english", "computer", "technology", "technologies", "stress", "culture",
    "driver", "database", "databases", "email", "internet", "license", "licence", "patience", "we", "you", "our", "your", "the", "this", "ability", "able", "other", "cash",
    "kunden", "menschen", "kollegen", "vertrieb", "einkauf", "verkauf", "handel", "holz", "metall", "personal", "umgang", "sie",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_their_letters_and_signs() {
        for name in [
            "SAP",
            "C#",
            ".NET",
            "GraphQL",
            "iOS",
            "S3",
            "dbt",
            "S/4HANA",
            "FI/CO",
            "Security+",
            "T-SQL",
            "HACCP",
            "LLMs",
        ] {
            assert_eq!(form(name), Form::Sure, "{name}");
        }
        for word in ["Terraform", "Communication", "Front-End", "A-level"] {
            assert_ne!(form(word), Form::Sure, "{word}");
        }
        for word in [
            "teamwork", "24h", "5+", "B2", "PhD", "EU", "German", "m/f/d", "the", "-",
        ] {
            assert!(matches!(form(word), Form::Other | Form::Number), "{word}");
        }
    }

    #[test]
    fn commas_and_strokes_part_words() {
        let read = |text: &'static str| -> Vec<&str> {
            tokens(text).into_iter().map(|token| token.text).collect()
        };
        assert_eq!(
            read("* Rust,C++/Python (AWS/GCP), SAP FI/CO."),
            ["Rust", "C++", "Python", "AWS", "GCP", "SAP", "FI/CO"]
        );
        assert_eq!(read(""), [""; 0]);
        assert_eq!(read("/ , – ("), [""; 0]);
    }
}
