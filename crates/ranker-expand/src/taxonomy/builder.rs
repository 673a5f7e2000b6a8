//! Checked rows on their way to a [`Taxonomy`].

use std::collections::HashSet;

use super::Taxonomy;
use super::concept::{Concept, Context, Form, Kind, Label};
use super::error::{TaxonomyError, cut};
use crate::fold::Phrase;

/// The most concepts of one taxonomy: far more than any we know, and small enough for `u32` ids.
const MAX_CONCEPTS: usize = 1_000_000;
/// The longest label, in bytes.
const MAX_BYTES: usize = 200;
/// The most words of a label.
const MAX_WORDS: usize = 24;
/// The most labels of one concept.
const MAX_LABELS: usize = 1000;

/// One concept as a file gives it.
#[derive(Debug, Default)]
pub(crate) struct Row<'a> {
    pub(crate) kind: Option<Kind>,
    pub(crate) name: &'a str,
    pub(crate) short: Vec<&'a str>,
    pub(crate) aliases: Vec<&'a str>,
    pub(crate) context: &'a str,
    pub(crate) related: Vec<&'a str>,
}

/// Gathers concepts.
#[derive(Debug, Default)]
pub(crate) struct Builder(Vec<Concept>);

impl Builder {
    /// Checks and adds a row.
    pub(crate) fn add(&mut self, line: u64, row: &Row<'_>) -> Result<(), TaxonomyError> {
        if self.0.len() == MAX_CONCEPTS {
            let limit = MAX_CONCEPTS;
            return Err(TaxonomyError::TooMany { line, limit });
        }
        if row.short.len() + row.aliases.len() + row.related.len() >= MAX_LABELS {
            return Err(refused(line, row.name, "it has too many labels"));
        }
        let all = [Form::Name, Form::Short, Form::Alias];
        let mut labels = Vec::new();
        let mut seen = HashSet::new();
        for (form, texts) in all.iter().zip([&vec![row.name], &row.short, &row.aliases]) {
            for text in texts {
                let label = Label::new(text, *form);
                // Two spellings that are compared as one would take up two of the few terms.
                check(line, &label.phrase)?;
                if seen.insert(label.phrase.keys.clone()) {
                    labels.push(label);
                }
            }
        }
        let related: Vec<Phrase> = row
            .related
            .iter()
            .map(|text| Phrase::of(text.trim()))
            .collect();
        for phrase in &related {
            check(line, phrase)?;
        }
        self.0.push(Concept {
            kind: row.kind.unwrap_or(Kind::Term),
            labels,
            context: Context::new(row.context),
            related,
        });
        Ok(())
    }

    /// All that was added.
    pub(crate) fn build(self, name: &str) -> Result<Taxonomy, TaxonomyError> {
        if self.0.is_empty() {
            return Err(TaxonomyError::Empty);
        }
        Ok(Taxonomy::new(name, self.0))
    }
}

fn check(line: u64, phrase: &Phrase) -> Result<(), TaxonomyError> {
    let text = &phrase.text;
    let reason = if text.len() > MAX_BYTES {
        "it is longer than 200 bytes"
    } else if text.chars().any(char::is_control) {
        "it holds a control character"
    } else {
        match phrase.keys.len() {
            0 => "it holds no word",
            1..=MAX_WORDS => return Ok(()),
            _ => "it has more than 24 words",
        }
    };
    Err(refused(line, text, reason))
}

fn refused(line: u64, label: &str, reason: &'static str) -> TaxonomyError {
    let label = cut(label);
    TaxonomyError::Label {
        line,
        label,
        reason,
    }
}
