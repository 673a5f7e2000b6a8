//! Whether someone's jobs are of the kind that a job asks experience in.

use std::collections::HashSet;

use ranker_core::{Trade, WordKind, trade_of, words};

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

/// A title as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Title {
    trade: Option<Trade>,
    /// The words that say what somebody does, in lower case.
    words: HashSet<String>,
}

/// A profile's headline and the lines that name its jobs.
pub(super) fn titles(title: &str, text: &str, sections: &[Section]) -> Vec<Title> {
    let mut all = vec![Title::of(title)];
    let names_jobs = |section: &&Section| {
        let kind = section.kind;
        kind == SectionKind::Head || kind == SectionKind::Experience
    };
    for section in sections.iter().filter(names_jobs) {
        for line in text[section.body.clone()].lines().map(str::trim) {
            let bullet = line.starts_with(['-', '*', '•', '–', '·', '▪']);
            if !bullet && !line.ends_with('.') && line.split_whitespace().count() <= TITLE {
                all.push(Title::of(line));
            }
        }
    }
    all
}

impl Title {
    pub(super) fn of(title: &str) -> Self {
        let words = words(title).filter(|word| word.kind != WordKind::Sign);
        let words = words.map(|word| word.text.to_lowercase());
        let words = words.filter(|word| {
            let digits = word.chars().all(|c| c.is_ascii_digit());
            !digits && !EMPTY.contains(&word.as_str())
        });
        Self {
            trade: trade_of(title),
            words: words.collect(),
        }
    }

    /// Whether someone of one of these titles has done what this one asks: the trade is the same, where both name one;
    /// else most of its words, two thirds of them, are words of that title, whatever their endings ("nursing" and "nurse"):
    /// one word, such as "specialist", is shared by many trades. Any title will do where this one says nothing.
    pub(super) fn is_like(&self, held: &[Self]) -> bool {
        self.words.is_empty() || held.iter().any(|held| self.is_related(held))
    }

    fn is_related(&self, held: &Self) -> bool {
        if let (Some(asked), Some(held)) = (self.trade, held.trade) {
            return asked == held;
        }
        let has = |word: &&String| {
            let mut others = held.words.iter();
            held.words.contains(*word) || others.any(|other| same_stem(word, other))
        };
        self.words.iter().filter(has).count() * 3 >= self.words.len() * 2
    }
}

/// Whether two words begin with the same letters, four at least, and differ in an ending of at most four; but a thing is
/// not who works on it ("engine" and "engineer", "account" and "accountant").
fn same_stem(one: &str, other: &str) -> bool {
    const WHO: [&str; 6] = ["er", "r", "or", "ant", "ist", "ian"];
    let works_on = |who: &str, thing: &str| {
        who.strip_prefix(thing)
            .is_some_and(|end| WHO.contains(&end))
    };
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    let common = common.count();
    let longest = one.chars().count().max(other.chars().count());
    common >= 4 && longest - common <= 4 && !works_on(one, other) && !works_on(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn related(asked: &str, held: &[&str]) -> bool {
        let held: Vec<Title> = held.iter().map(|held| Title::of(held)).collect();
        Title::of(asked).is_like(&held)
    }

    #[test]
    fn endings_do_not_matter_and_trades_do() {
        assert!(related("Senior Staff Nurse", &["Nursing assistant"]));
        assert!(related("Search Engineer", &["Engineer for search, Acme"]));
        assert!(related("Accountant", &["Accounting clerk"]));
        assert!(!related("Backend Engineer", &["Civil Engineer, Acme"]));
        assert!(!related(
            "Senior Search Engineer",
            &["Senior Marketing Manager"]
        ));
        assert!(!related("Cook", &["Cashier"]));
    }

    #[test]
    fn a_trade_has_many_titles_and_a_title_one_trade() {
        let developer = "Senior Backend Developer, Lucene Platforms";
        assert!(related("Senior Search Engineer", &["Nurse", developer]));
        assert!(!related(
            "Senior Search Engineer",
            &["Search Engine Optimization Consultant"]
        ));
        assert!(!related(
            "Senior Search Engineer",
            &["Paid Search Strategist"]
        ));
        assert!(!related("Account Executive", &["Accountant"]));
        // Words of two jobs are not one title.
        assert!(!related(
            "Search Engineer",
            &["Search consultant", "Civil Engineer"]
        ));
        assert!(related("Senior", &["Cook"]), "nothing is asked");
    }
}
