//! Acronyms that the texts themselves define: "natural language processing (NLP)".

use std::collections::{BTreeMap, BTreeSet};

use super::Taxonomy;
use super::builder::{Builder, Row};
use super::concept::Kind;
use super::error::TaxonomyError;

/// The longest short form, in characters, and its most words (Schwartz and Hearst 2003, section 2.1).
const LONGEST_SHORT: usize = 10;
const MOST_SHORT_WORDS: usize = 2;
/// The longest text in brackets that is looked at, in bytes.
const LONGEST_BRACKET: usize = 150;
/// The most meanings of a short form that are kept, those that most texts give it.
const MOST_MEANINGS: usize = 3;

/// Gathers the acronyms that texts define, in either order: "natural language processing (NLP)" and "NLP (natural
/// language processing)".
///
/// The long form is the shortest run of words before the bracket, at most min(n + 5, 2n) words for a short form of n characters, in
/// which the short form's characters are found from right to left, the first of them where a word begins (Schwartz and Hearst, A simple
/// algorithm for identifying abbreviation definitions in biomedical text, PSB 2003). A short form has two capital letters at
/// least: "(remote)" is none. Takes time linear in the texts, and memory by the number of different definitions.
///
/// ```
/// use ranker_core::JobDescription;
/// use ranker_expand::{AcronymMiner, TaxonomyExpander};
///
/// let mut miner = AcronymMiner::new();
/// miner.read("Nurse in the intensive care unit (ICU), advanced life support (ALS).");
/// miner.read("ICU (intensive care unit), night shifts");
/// let mined = miner.taxonomy("the profiles' acronyms", 2)?.expect("one stands in two texts");
/// let expansion = TaxonomyExpander::new(mined).expansion(&JobDescription::new("ICU nurse")?);
/// assert_eq!(expansion.terms().len(), 1);
/// assert_eq!(expansion.terms()[0].text(), "intensive care unit");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct AcronymMiner {
    /// By short form, then by long form in lower case.
    found: BTreeMap<String, BTreeMap<String, Definition>>,
}

#[derive(Debug, Clone)]
struct Definition {
    /// The long form as the first text has it.
    written: String,
    texts: usize,
}

impl AcronymMiner {
    /// One that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a text. A definition counts once a text, however often it stands there.
    pub fn read(&mut self, text: &str) {
        let mut here = BTreeSet::new();
        for (short, long) in text.lines().flat_map(definitions) {
            let folded = long.to_lowercase();
            if here.insert((short, folded.clone())) {
                let meanings = self.found.entry(short.to_owned()).or_default();
                let definition = meanings.entry(folded).or_insert_with(|| Definition {
                    written: long.to_owned(),
                    texts: 0,
                });
                definition.texts += 1;
            }
        }
    }

    /// The acronyms that at least so many texts define, as a taxonomy of this name; `None` where there are none. With 2, no
    /// single profile decides what a job is searched for. Of a short form the three meanings that most texts give are kept.
    ///
    /// # Errors
    ///
    /// [`TaxonomyError::TooMany`] for more than a taxonomy holds.
    pub fn taxonomy(&self, name: &str, least: usize) -> Result<Option<Taxonomy>, TaxonomyError> {
        let mut builder = Builder::default();
        let mut line = 0;
        for (short, meanings) in &self.found {
            let kept = meanings.values().filter(|meaning| meaning.texts >= least);
            let mut kept: Vec<&Definition> = kept.collect();
            kept.sort_by(|a, b| {
                b.texts
                    .cmp(&a.texts)
                    .then_with(|| a.written.cmp(&b.written))
            });
            for meaning in kept.into_iter().take(MOST_MEANINGS) {
                line += 1;
                let row = Row {
                    kind: Some(Kind::Term),
                    name: &meaning.written,
                    short: vec![short],
                    ..Row::default()
                };
                match builder.add(line, &row) {
                    // Words of signs alone, or too many: no label.
                    Ok(()) | Err(TaxonomyError::Label { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        match builder.build(name) {
            Ok(taxonomy) => Ok(Some(taxonomy)),
            Err(TaxonomyError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The short and long forms that a line defines.
fn definitions(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.match_indices('(').filter_map(move |(open, _)| {
        let rest = &line[open + 1..];
        let end = rest.find([')', '('])?;
        let inside = rest[..end].split([',', ';']).next()?.trim();
        let before = line[..open].trim_end();
        if end > LONGEST_BRACKET || !rest[end..].starts_with(')') {
            return None;
        }
        if is_short(inside) {
            let long = long_form(inside, before)?;
            return Some((inside, long));
        }
        let short = before.rsplit(char::is_whitespace).next()?;
        let long = is_short(short).then(|| long_form(short, inside))??;
        (long.len() == inside.len()).then_some((short, long))
    })
}

fn is_short(text: &str) -> bool {
    let length = text.chars().count();
    let capitals = text.chars().filter(|c| c.is_uppercase()).count();
    (2..=LONGEST_SHORT).contains(&length)
        && text.split_whitespace().count() <= MOST_SHORT_WORDS
        && text.starts_with(char::is_alphanumeric)
        && capitals >= 2
}

/// The shortest end of `text` that begins at a word and holds the short form's characters in order.
fn long_form<'t>(short: &str, text: &'t str) -> Option<&'t str> {
    let length = short.chars().count();
    let most = (length + 5).min(2 * length);
    let mut starts = word_starts(text).rev();
    let from = starts.by_ref().take(most).last()?;
    let text = &text[from..];

    let mut wanted = short
        .chars()
        .rev()
        .filter(|c| c.is_alphanumeric())
        .peekable();
    let mut at = text.len();
    while let Some(c) = wanted.next() {
        let is_first = wanted.peek().is_none();
        let found = text[..at].char_indices().rev().find(|(place, other)| {
            let begins = !text[..*place].ends_with(char::is_alphanumeric);
            same(*other, c) && (!is_first || begins)
        });
        at = found?.0;
    }
    let start = word_starts(text).take_while(|start| *start <= at).last()?;
    let long = &text[start..];
    let says_more = long.chars().count() > length && long.split_whitespace().count() > 1;
    let repeats = long.split_whitespace().any(|word| word == short);
    (says_more && !repeats).then_some(long)
}

/// Where the words between white space begin.
fn word_starts(text: &str) -> impl DoubleEndedIterator<Item = usize> {
    let starts = text.char_indices().filter(|(at, c)| {
        let before = text[..*at].chars().next_back();
        !c.is_whitespace() && before.is_none_or(char::is_whitespace)
    });
    starts.map(|(at, _)| at)
}

fn same(one: char, other: char) -> bool {
    one.to_lowercase().eq(other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(&str, &str)> {
        definitions(text).collect()
    }

    #[test]
    fn definitions_stand_in_either_order() {
        for (text, short, long) in [
            (
                "Work on natural language processing (NLP) in Rust",
                "NLP",
                "natural language processing",
            ),
            (
                "NLP (natural language processing)",
                "NLP",
                "natural language processing",
            ),
            (
                "the heat shock transcription factor (HSF)",
                "HSF",
                "heat shock transcription factor",
            ),
            (
                "Certified Public Accountant (CPA, Ohio)",
                "CPA",
                "Certified Public Accountant",
            ),
            (
                "Key performance indicators (KPIs)",
                "KPIs",
                "Key performance indicators",
            ),
            (
                "Enterprise Resource Planning (ERP) and more (see page 2)",
                "ERP",
                "Enterprise Resource Planning",
            ),
            ("Amazon Web Services (AWS)", "AWS", "Amazon Web Services"),
        ] {
            let expected: Vec<_> = (!long.is_empty())
                .then_some((short, long))
                .into_iter()
                .collect();
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn other_brackets_define_nothing() {
        for text in [
            "Nurse (remote)",
            "Developer at Acme (2011 - present)",
            "English (C2), German (B1)",
            "Lead engineer (Berlin, DE)",
            "NLP (NLP)",
            "()((",
            "(ABC)",
            "AB (",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn a_definition_counts_once_a_text_and_needs_enough_texts() {
        let mut miner = AcronymMiner::new();
        miner.read("intensive care unit (ICU)\nIntensive Care Unit (ICU)");
        assert!(miner.taxonomy("mined", 2).unwrap().is_none());
        miner.read("Intensive care unit (ICU); international currency unit (ICU)");
        assert_eq!(miner.taxonomy("mined", 2).unwrap().unwrap().len(), 1);
        assert_eq!(miner.taxonomy("mined", 1).unwrap().unwrap().len(), 2);
    }

    proptest! {
        /// Any text is read, and what is found is in it and holds the short form's characters in order.
        #[test]
        fn long_forms_hold_their_short_forms(text in "[A-Za-zÀ-ü (),;/-]{0,120}") {
            for (short, long) in found(&text) {
                prop_assert!(text.contains(long) && text.contains(short));
                let mut rest = long.chars().flat_map(char::to_lowercase);
                for c in short.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase) {
                    prop_assert!(rest.any(|other| other == c), "{short} in {long}");
                }
            }
            AcronymMiner::new().read(&text);
        }
    }
}
