//! Whether someone's jobs are of the kind that a job asks experience in.

use std::collections::HashSet;

use ranker_core::{WordKind, words};

use crate::{Section, SectionKind};

/// The longest line, in words, that names a job rather than describes it.
const TITLE: usize = 12;

/// Words of titles that do not say what somebody does.
#[rustfmt::skip]
const EMPTY: [&str; 40] = [
    "senior", "junior", "lead", "head", "chief", "principal", "staff", "assistant", "associate", "intern", "trainee", "of", "and", "for",
    "the", "in", "at", "with", "und", "der", "die", "für", "de", "la", "le", "et", "y", "di", "en", "van", "present", "heute",
    "experience", "employment", "work", "level", "team", "full", "part", "time",
];

/// The words of a profile's headline and of the lines that name its jobs.
pub(super) fn titles(title: &str, text: &str, sections: &[Section]) -> HashSet<String> {
    let mut all = trade(title);
    let names_jobs = |section: &&Section| {
        let kind = section.kind;
        kind == SectionKind::Head || kind == SectionKind::Experience
    };
    for section in sections.iter().filter(names_jobs) {
        for line in text[section.body.clone()].lines().map(str::trim) {
            let bullet = line.starts_with(['-', '*', '•', '–', '·', '▪']);
            if !bullet && !line.ends_with('.') && line.split_whitespace().count() <= TITLE {
                all.extend(trade(line));
            }
        }
    }
    all
}

/// The words of a title that say what somebody does, in lower case.
pub(super) fn trade(title: &str) -> HashSet<String> {
    let words = words(title).filter(|word| word.kind != WordKind::Sign);
    let words = words.map(|word| word.text.to_lowercase());
    words
        .filter(|word| {
            let digits = word.chars().all(|c| c.is_ascii_digit());
            !digits && !EMPTY.contains(&word.as_str())
        })
        .collect()
}

/// Whether a word of the one is a word of the other, whatever their endings: "nursing" and "nurse".
pub(super) fn share_a_word(asked: &HashSet<String>, held: &HashSet<String>) -> bool {
    asked
        .iter()
        .any(|word| held.contains(word) || held.iter().any(|other| same_stem(word, other)))
}

/// Whether two words begin with the same letters, four at least, and differ in an ending of at most four.
fn same_stem(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    let common = common.count();
    let longest = one.chars().count().max(other.chars().count());
    common >= 4 && longest - common <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_do_not_matter_and_trades_do() {
        let shares = |asked: &str, held: &str| share_a_word(&trade(asked), &trade(held));
        assert!(shares("Senior Staff Nurse", "Nursing assistant"));
        assert!(shares("Backend Engineer", "Software Engineer, Acme"));
        assert!(!shares(
            "Senior Search Engineer",
            "Senior Marketing Manager"
        ));
        assert!(!shares("Cook", "Cashier"));
    }
}
