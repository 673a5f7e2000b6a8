//! What is known of a candidate beside the text.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::error::{ValueError, finite, said};
use crate::text::key::{key, shown};

/// One typed fact.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fact {
    /// A finite number: years, a salary, a date as days since an epoch of the caller's choice.
    Number(f64),
    /// One word of a vocabulary: a location, a degree. Compared by [`Fact::keys`].
    Keyword(String),
    /// Several words of a vocabulary: skills, languages. Compared by [`Fact::keys`].
    Keywords(BTreeSet<String>),
    /// Yes or no: a work permit.
    Flag(bool),
}

impl Fact {
    /// A number that is whole.
    #[must_use]
    pub fn integer(value: i32) -> Self {
        Self::Number(value.into())
    }

    /// One keyword.
    pub fn keyword(word: impl AsRef<str>) -> Self {
        Self::Keyword(shown(word.as_ref()))
    }

    /// A set of keywords.
    pub fn keywords(words: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self::Keywords(words.into_iter().map(|word| shown(word.as_ref())).collect())
    }

    /// Yes or no.
    #[must_use]
    pub fn flag(value: bool) -> Self {
        Self::Flag(value)
    }

    /// What the words are compared by: without regard to case, accents, kinds of spaces and invisible
    /// characters, with one spelling for names that have several (`NodeJS`, `node.js`).
    pub fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.words().map(key)
    }

    /// The words of a keyword or a set of keywords, in lower case; none for other kinds.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::Keyword(word) => (Some(word.as_str()), None),
            Self::Keywords(words) => (None, Some(words.iter().map(String::as_str))),
            Self::Number(_) | Self::Flag(_) => (None, None),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// The number, of a number.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Keyword(_) | Self::Keywords(_) | Self::Flag(_) => None,
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => write!(f, "{value}"),
            Self::Keyword(word) => f.write_str(word),
            Self::Keywords(words) => f.write_str(
                &words
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            Self::Flag(value) => f.write_str(if *value { "yes" } else { "no" }),
        }
    }
}

/// Facts by name, in the order of their names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts(BTreeMap<String, Fact>);

impl Facts {
    /// No facts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a fact.
    ///
    /// # Errors
    ///
    /// [`ValueError::Empty`] for a blank name, [`ValueError::NotFinite`] for NaN and the infinities.
    pub fn insert(&mut self, name: impl Into<String>, fact: Fact) -> Result<(), ValueError> {
        if let Fact::Number(value) = fact {
            finite("fact", value)?;
        }
        self.0.insert(said("fact name", name.into())?, fact);
        Ok(())
    }

    /// The fact of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(name)
    }

    /// All facts, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(name, fact)| (name.as_str(), fact))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_could_not_be_compared() {
        let mut facts = Facts::new();
        assert!(matches!(
            facts.insert("years", Fact::Number(f64::NAN)),
            Err(ValueError::NotFinite { .. })
        ));
        assert_eq!(
            facts.insert(" ", Fact::flag(true)),
            Err(ValueError::Empty { what: "fact name" })
        );
        assert!(facts.is_empty(), "a refused fact leaves nothing behind");
    }

    #[test]
    fn words_are_folded() {
        let skills = Fact::keywords([" Rust", "SQL "]);
        assert_eq!(skills.words().collect::<Vec<_>>(), ["rust", "sql"]);
        assert_eq!(skills.to_string(), "rust, sql");
    }
}
