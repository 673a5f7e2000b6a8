//! Where a text has a name as it is written, whatever its case, hyphens and plural.

use std::ops::Range;

use ranker_core::{WordKind, word_key, words};

/// The words of a text as names are looked for in it.
pub(super) struct Written {
    words: Vec<Word>,
}

struct Word {
    key: String,
    at: Range<usize>,
}

/// The longest name, in words.
const LONGEST: usize = 8;

/// Who makes products that are called without the maker's name, where skills are listed.
const MAKERS: [&str; 3] = ["microsoft", "adobe", "autodesk"];

impl Written {
    pub(super) fn of(text: &str) -> Self {
        Self { words: keyed(text) }
    }

    /// Where the text has this name first. Word parts that are written together or apart are the same ("Power BI", "PowerBI").
    /// What is another word in small letters must have its capitals ("Word", "SAS") and begin no sentence; in a list of skills
    /// (`listed`, by place), a capital will do, and a maker's name may be left out, as it may before several words.
    pub(super) fn find(
        &self,
        text: &str,
        name: &str,
        listed: impl Fn(usize) -> bool,
    ) -> Option<Range<usize>> {
        let wanted = keyed(name);
        let found = self.places(text, &wanted).find(|at| {
            let needed = Case::of(name, wanted.len());
            needed.is_met(text, at, listed(at.start))
        });
        found.or_else(|| {
            let maker = wanted
                .first()
                .filter(|word| MAKERS.contains(&word.key.as_str()))?;
            let product = name.get(maker.at.end..)?.trim();
            let mut places = self.places(text, &wanted[1..]);
            let several = wanted.len() > 2;
            places.find(|at| several || (listed(at.start) && text[at.clone()] == *product))
        })
    }

    /// The places whose words, written together, are these.
    fn places<'s>(
        &'s self,
        text: &'s str,
        wanted: &[Word],
    ) -> impl Iterator<Item = Range<usize>> + use<'s> {
        let joined: String = wanted.iter().map(|word| word.key.as_str()).collect();
        let possible = (1..=LONGEST).contains(&wanted.len()) && joined.len() > 1;
        let starts = 0..if possible { self.words.len() } else { 0 };
        starts.filter_map(move |start| {
            let mut rest = joined.as_str();
            for (at, word) in self.words[start..].iter().enumerate() {
                rest = rest.strip_prefix(word.key.as_str())?;
                if rest.is_empty() {
                    return Some(self.words[start].at.start..word.at.end);
                }
                let next = self.words.get(start + at + 1)?;
                if !text[word.at.end..next.at.start].chars().all(joins) {
                    return None;
                }
            }
            None
        })
    }
}

/// Whether a sign between two words leaves them one name.
fn joins(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '/' | '&' | '+' | '_' | '’' | '\'')
}

fn keyed(text: &str) -> Vec<Word> {
    let words = words(text).filter(|word| word.kind != WordKind::Sign);
    let keyed = words.map(|word| Word {
        key: word_key(&singular(&word.text).to_lowercase()).into_owned(),
        at: word.at,
    });
    keyed.collect()
}

/// A word without the ending of a plural: "LLMs", "platforms".
fn singular(word: &str) -> &str {
    let Some(one) = word.strip_suffix('s').filter(|one| one.len() > 1) else {
        return word;
    };
    let acronym = one.chars().all(char::is_uppercase);
    let plural = one.len() > 3 && !one.ends_with(['s', 'u', 'i']);
    if acronym || plural { one } else { word }
}

/// How a name must be written to be no other word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Any,
    /// A capital, and not because a sentence begins.
    Capital,
    /// Capitals throughout.
    Capitals,
}

impl Case {
    /// Capitals alone may spell a word where they are few.
    const FEW: usize = 4;

    fn of(name: &str, words: usize) -> Self {
        let letters = || name.chars().filter(|c| c.is_alphabetic());
        let plain = name.chars().all(char::is_alphabetic);
        if words != 1 || !plain {
            return Self::Any;
        }
        match letters().all(char::is_uppercase) {
            true if letters().count() <= Self::FEW => Self::Capitals,
            true => Self::Any,
            false if letters().skip(1).any(char::is_uppercase) => Self::Any,
            false if letters().next().is_some_and(char::is_uppercase) => Self::Capital,
            false => Self::Any,
        }
    }

    fn is_met(self, text: &str, at: &Range<usize>, listed: bool) -> bool {
        let written = &text[at.clone()];
        let capital = written.starts_with(char::is_uppercase);
        let capitals = !written.contains(char::is_lowercase)
            || written
                .trim_end_matches('s')
                .chars()
                .all(char::is_uppercase);
        match self {
            Self::Any => true,
            _ if listed && is_item(text, at) => true,
            Self::Capital => capital && (listed || capitals || !begins_sentence(&text[..at.start])),
            Self::Capitals => capitals || (listed && capital),
        }
    }
}

/// Whether it is an item of a list by itself.
fn is_item(text: &str, at: &Range<usize>) -> bool {
    const ENDS: [char; 9] = [',', ';', '|', '/', '\n', ':', '•', '*', '·'];
    let before = text[..at.start].trim_end_matches([' ', '\t', '-']);
    let after = text[at.end..].trim_start_matches([' ', '\t', '.', '\r']);
    (before.is_empty() || before.ends_with(ENDS)) && (after.is_empty() || after.starts_with(ENDS))
}

/// Whether what follows this text begins a sentence, a line or a point.
fn begins_sentence(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t', '"', '(', '*', '•', '-', '–']);
    before.is_empty() || before.ends_with(['.', '!', '?', '\n', ':', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, name: &str) -> bool {
        let listed = |at| text.find("Skills").is_some_and(|skills| skills < at);
        Written::of(text).find(text, name, listed).is_some()
    }

    #[test]
    fn a_name_is_found_however_it_is_spelt() {
        for (text, name) in [
            ("Built models with dbt", "dbt"),
            ("PowerBI dashboards", "Power BI"),
            ("power bi dashboards", "PowerBI"),
            ("certified to ISO9001", "ISO 9001"),
            ("iso-9001 audits", "ISO 9001"),
            ("SAP FI-CO since 2012", "SAP FI/CO"),
            ("Skills\nWord, Outlook", "Microsoft Word"),
            ("Skills\nterraform, ansible", "Terraform"),
            ("wrote a letter in Word", "Word"),
            ("designed with AUTOCAD", "AutoCAD"),
            ("C# and F#", "C#"),
            ("knows HACCPs", "HACCP"),
            ("customer data platforms", "Customer Data Platform"),
        ] {
            assert!(has(text, name), "{text}: {name}");
        }
    }

    #[test]
    fn another_word_is_no_name() {
        for (text, name) in [
            ("in other words", "Word"),
            ("Word of mouth", "Word"),
            ("a can of beans", "CAN"),
            ("wrote in Word", "Microsoft Word"),
            ("SAP MM", "SAP FI/CO"),
            ("Skills\nword processing", "Word"),
            ("ISO. 9001 people", "ISO 9001"),
            ("", "X"),
            ("x", ""),
        ] {
            assert!(!has(text, name), "{text}: {name}");
        }
    }
}
