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

/// Whether most words of the title that asks, two thirds of them, are words of someone's titles, whatever their
/// endings ("nursing" and "nurse"): one word, such as "engineer", is shared by many trades.
pub(super) fn are_related(asked: &HashSet<String>, held: &HashSet<String>) -> bool {
    let is_held =
        |word: &&String| held.contains(*word) || held.iter().any(|other| same_stem(word, other));
    asked.iter().filter(is_held).count() * 3 >= asked.len() * 2
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
        let related = |asked: &str, held: &str| are_related(&trade(asked), &trade(held));
        assert!(related("Senior Staff Nurse", "Nursing assistant"));
        assert!(related("Search Engineer", "Engineer for search, Acme"));
        assert!(!related("Backend Engineer", "Civil Engineer, Acme"));
        assert!(!related(
            "Senior Search Engineer",
            "Senior Marketing Manager"
        ));
        assert!(!related("Cook", "Cashier"));
    }
}
