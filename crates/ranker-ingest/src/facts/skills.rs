//! Skills of a given list that a text has.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use ranker_core::{Fact, WordKind, word_key, words};

use super::{FoundFact, fact_names};
use crate::sections::{Section, SectionKind};

/// The longest label, in words.
const LONGEST: usize = 6;

/// Labels of so few characters are words of their own elsewhere: they count only as they are written, and
/// only in a list of skills. Names that the splitter knows ("Go", "R") it tells apart by what is beside them.
const SHORT: usize = 2;

/// A skill that a text names.
pub(crate) struct NamedSkill<'s> {
    /// Its name, whatever the text calls it.
    pub(crate) skill: &'s str,
    /// Bytes of the text.
    pub(crate) at: Range<usize>,
}

/// Skills by their labels.
#[derive(Debug, Clone, Default)]
pub(crate) struct Skills {
    labels: HashMap<Vec<String>, Label>,
}

#[derive(Debug, Clone)]
struct Label {
    skill: String,
    /// How a label is written that is another word otherwise.
    exact: Option<String>,
}

impl Skills {
    pub(super) fn add(&mut self, name: &str, labels: &[impl AsRef<str>]) {
        let labels = labels.iter().map(AsRef::as_ref);
        for label in std::iter::once(name).chain(labels) {
            let short = label.chars().count() <= SHORT && label.chars().all(char::is_alphabetic);
            self.add_label(name, label, short.then(|| label.to_owned()));
        }
    }

    /// Adds labels that count only as they are written, and only in a list of skills.
    pub(super) fn add_as_written(&mut self, name: &str, labels: &[impl AsRef<str>]) {
        for label in labels.iter().map(AsRef::as_ref) {
            self.add_label(name, label, Some(label.to_owned()));
        }
    }

    fn add_label(&mut self, name: &str, label: &str, exact: Option<String>) {
        let words = keyed(label);
        if words.is_empty() || words.len() > LONGEST {
            return;
        }
        let keys = words.into_iter().map(|word| word.key).collect();
        self.labels.entry(keys).or_insert_with(|| Label {
            skill: name.to_owned(),
            exact,
        });
    }

    /// The skills that a text has. A list of skills says so more plainly than a sentence.
    pub(super) fn find(&self, text: &str, sections: &[Section]) -> Option<FoundFact> {
        let mut skills = BTreeSet::new();
        let mut place: Option<Range<usize>> = None;
        for section in sections {
            let start = section.body.start;
            let body = &text[section.body.clone()];
            for named in self.named(body, section.kind == SectionKind::Skills) {
                place.get_or_insert(start + named.at.start..start + named.at.end);
                let written = &body[named.at.clone()];
                let keys = |text| keyed(text).into_iter().map(|word| word.key);
                if !keys(named.skill).eq(keys(written)) {
                    // Filters and jobs may call it as the text does: "SQL", not "structured query language".
                    skills.insert(written.to_owned());
                }
                skills.insert(named.skill.to_owned());
            }
        }
        Some(FoundFact {
            name: fact_names::SKILLS,
            fact: Fact::keywords(skills),
            place: place?,
            confidence: 0.8,
        })
    }

    /// Whether this is what one of the skills is called.
    pub(crate) fn knows(&self, name: &str) -> bool {
        let keys: Vec<String> = keyed(name).into_iter().map(|word| word.key).collect();
        self.labels.contains_key(&keys)
    }

    /// The skills that a text names, in order, each with its place. In a list of skills, short labels count.
    pub(crate) fn named(&self, text: &str, listed: bool) -> Vec<NamedSkill<'_>> {
        let words = keyed(text);
        let mut named = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let Some((skill, length)) = self.longest(text, &words[at..], listed) else {
                at += 1;
                continue;
            };
            let place = words[at].at.start..words[at + length - 1].at.end;
            named.push(NamedSkill { skill, at: place });
            at += length;
        }
        named
    }

    /// The skill with the longest label that begins here, and the label's words.
    fn longest(&self, text: &str, words: &[Word], listed: bool) -> Option<(&str, usize)> {
        let mut keys: Vec<String> = words.iter().take(LONGEST).map(|w| w.key.clone()).collect();
        while let Some(last) = keys.len().checked_sub(1) {
            let place = words[0].at.start..words[last].at.end;
            let as_written = |exact: &String| listed && text[place.clone()] == **exact;
            let mut gaps = words[..=last]
                .windows(2)
                .map(|pair| text.get(pair[0].at.end..pair[1].at.start));
            // Words of a script without spaces are pairs of letters that overlap: no gap.
            if gaps.all(|gap| gap.is_none_or(is_within_name))
                && let Some(label) = self.labels.get(&keys)
                && label.exact.as_ref().is_none_or(as_written)
            {
                return Some((&label.skill, keys.len()));
            }
            keys.pop();
        }
        None
    }
}

/// Whether what stands between two words leaves them one name: "R&D", but not "R.M., A. Doe".
fn is_within_name(gap: &str) -> bool {
    gap.chars()
        .all(|c| c.is_whitespace() || matches!(c, '-' | '/' | '&' | '+' | '’' | '\''))
}

/// A word as it is compared.
struct Word {
    key: String,
    at: Range<usize>,
}

fn keyed(text: &str) -> Vec<Word> {
    let words = words(text).filter(|word| word.kind != WordKind::Sign);
    words
        .map(|word| Word {
            key: word_key(&word.text.to_lowercase()).into_owned(),
            at: word.at,
        })
        .collect()
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
        skills.add("Microsoft Excel", &["MS Excel"]);
        skills.add_as_written("Microsoft Excel", &["Excel"]);
        skills.add("structured query language", &["SQL"]);
        skills.add("机器学习", &[""; 0]);
        let found = skills.find(text, &sections(text));
        found
            .map(|found| found.fact.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn names_are_whole() {
        assert_eq!(
            found("Used postgres and C++, built full-text\nsearch."),
            "c++, full-text search, postgresql"
        );
        assert_eq!(found("net income, going there, Go live"), "");
        assert_eq!(found("Skills\nGo, .NET"), ".net, go");
        assert_eq!(found("Java/C++; Javanese"), "c++, java");
        assert_eq!(found("Wrote full-text. Search"), "");
        assert_eq!(
            found("Excel at sales. MS Excel"),
            "microsoft excel, ms excel"
        );
        assert_eq!(
            found("Excel at sales\nSkills\nExcel"),
            "excel, microsoft excel"
        );
        assert_eq!(found("Skills\nto excel"), "");
        assert_eq!(found("Wrote SQL"), "sql, structured query language");
    }

    /// Words of Chinese are pairs of letters that overlap; a fuzzer found that two of them were a panic.
    #[test]
    fn names_without_spaces_are_found() {
        assert_eq!(found("精通机器学习和数据库。"), "机器学习");
        assert_eq!(found("Java 工程师，五年"), "java");
    }
}
