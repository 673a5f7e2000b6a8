//! Skills of a given list that a text has and does not deny.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use ranker_core::Fact;

use super::{FoundFact, fact_names};
use crate::sections::{Section, SectionKind};

/// The longest label, in words.
const LONGEST: usize = 6;

/// Labels of so few characters are words of their own elsewhere ("Go", "R"): they count only as they
/// are written, and only in a list of skills.
const SHORT: usize = 2;

/// Words before a skill that deny it, in the languages that headings are known in.
const DENIALS: [&str; 14] = [
    "no", "not", "never", "without", "kein", "keine", "ohne", "nie", "sans", "pas", "sin", "senza", "geen",
    "zonder",
];

/// How far before a skill its denial stands, in words.
const BEFORE: usize = 4;

/// Skills by their labels.
#[derive(Debug, Clone, Default)]
pub(super) struct Skills {
    labels: HashMap<Vec<String>, Label>,
}

#[derive(Debug, Clone)]
struct Label {
    skill: String,
    /// How a short label is written.
    exact: Option<String>,
}

impl Skills {
    pub(super) fn add(&mut self, name: &str, labels: &[impl AsRef<str>]) {
        let labels = labels.iter().map(AsRef::as_ref);
        for label in std::iter::once(name).chain(labels) {
            let words: Vec<String> = words(label).map(|word| word.folded).collect();
            if words.is_empty() || words.len() > LONGEST {
                continue;
            }
            let short = label.chars().count() <= SHORT;
            let exact = short.then(|| label.to_owned());
            self.labels.entry(words).or_insert_with(|| Label {
                skill: name.to_owned(),
                exact,
            });
        }
    }

    /// The skills that a text has. A list of skills says so more plainly than a sentence.
    pub(super) fn find(&self, text: &str, sections: &[Section]) -> Option<FoundFact> {
        if self.labels.is_empty() {
            return None;
        }
        let mut skills = BTreeSet::new();
        let mut place: Option<Range<usize>> = None;
        for section in sections {
            let body = &text[section.body.clone()];
            let words: Vec<Word> = words(body).collect();
            let listed = section.kind == SectionKind::Skills;
            let mut at = 0;
            while at < words.len() {
                let (found, length) = self.longest(body, &words[at..], listed);
                if let Some(skill) = found
                    && !is_denied(body, &words, at)
                {
                    let (first, last) = (&words[at].place, &words[at + length - 1].place);
                    let start = section.body.start;
                    place.get_or_insert(start + first.start..start + last.end);
                    skills.insert(skill);
                }
                at += length;
            }
        }
        Some(FoundFact {
            name: fact_names::SKILLS,
            fact: Fact::keywords(skills),
            place: place?,
            confidence: 0.8,
        })
    }

    /// The skill with the longest label that begins here, and how many words to go on by.
    fn longest(&self, text: &str, words: &[Word], listed: bool) -> (Option<&str>, usize) {
        for length in (1..=LONGEST.min(words.len())).rev() {
            let key: Vec<String> = words[..length].iter().map(|w| w.folded.clone()).collect();
            let Some(label) = self.labels.get(&key) else {
                continue;
            };
            let place = words[0].place.start..words[length - 1].place.end;
            let as_written = |exact: &String| listed && text[place.clone()] == **exact;
            if label.exact.as_ref().is_none_or(as_written) {
                return (Some(&label.skill), length);
            }
        }
        (None, 1)
    }
}

fn is_denied(text: &str, words: &[Word], at: usize) -> bool {
    let before = &words[at.saturating_sub(BEFORE)..at];
    let denial = before.iter().rposition(|word| DENIALS.contains(&word.folded.as_str()));
    // A denial ends with its sentence.
    denial.is_some_and(|denial| {
        let between = &text[before[denial].place.end..words[at].place.start];
        !between.contains(['.', ';', '\n', '!'])
    })
}

struct Word {
    folded: String,
    place: Range<usize>,
}

/// Words of names such as `C++`, `C#`, `.NET` and `Node.js`.
fn words(text: &str) -> impl Iterator<Item = Word> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '+' | '#' | '.');
    let pieces = text.split(move |c: char| !part(c));
    pieces.filter_map(move |piece| {
        let start = piece.as_ptr() as usize - text.as_ptr() as usize;
        let ended = piece.trim_end_matches('.');
        let bare = ended.trim_start_matches(['.', '+', '#']);
        // The point of ".NET" is part of the name.
        let name = if ended.len() == bare.len() + 1 && ended.starts_with('.') { ended } else { bare };
        let start = start + ended.len() - name.len();
        (!name.is_empty()).then(|| Word {
            folded: name.to_lowercase(),
            place: start..start + name.len(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::sections;

    fn found(text: &str) -> String {
        let mut skills = Skills::default();
        skills.add("PostgreSQL", &["Postgres"]);
        skills.add(".NET", &["dotnet"]);
        skills.add("C++", &["cpp"]);
        skills.add("Go", &["golang"]);
        skills.add("full-text search", &[""; 0]);
        skills.add("Java", &[""; 0]);
        let found = skills.find(text, &sections(text));
        found.map(|found| found.fact.to_string()).unwrap_or_default()
    }

    #[test]
    fn names_are_whole_and_not_denied() {
        assert_eq!(found("Used postgres and C++, built full-text\nsearch."), "c++, full-text search, postgresql");
        assert_eq!(found("net income, going there, Go away"), "");
        assert_eq!(found("Skills\nGo, .NET"), ".net, go");
        assert_eq!(found("No experience with Java. Knows C++."), "c++");
    }
}
