//! How often words occur, in a text and in a collection of texts.

use std::collections::{BTreeMap, HashMap};

use crate::fold::{Phrase, Words};

/// How often each word occurs in a text. Words are compared without case and without a plural's ending, as
/// everywhere in this crate.
///
/// ```
/// use ranker_expand::TermCounts;
///
/// let counts = TermCounts::of("Rust engineers: an engineer who knows Rust");
/// assert_eq!((counts.count("engineer"), counts.count("Lucene")), (2, 0));
/// assert_eq!(counts.total(), 7);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TermCounts(BTreeMap<Box<str>, Occurrences>);

/// How often a word occurs, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occurrences {
    pub(crate) count: u64,
    /// The shortest way it is written, in lower case; of equals the first by letters. A key may be no word
    /// ("sery" for series), and this is one.
    pub(crate) written: Box<str>,
}

impl Occurrences {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        if (other.written.len(), &other.written) < (self.written.len(), &self.written) {
            self.written = other.written;
        }
    }
}

impl TermCounts {
    /// Counts the words of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut counts = Self::default();
        for word in Words::of(text).list() {
            if !word.key.contains(char::is_alphanumeric) {
                continue;
            }
            let here = Occurrences {
                count: 1,
                written: word.surface.to_lowercase().into(),
            };
            match counts.0.get_mut(word.key.as_str()) {
                Some(known) => known.add(here),
                None => drop(counts.0.insert(word.key.as_str().into(), here)),
            }
        }
        counts
    }

    /// How often a word occurs.
    #[must_use]
    pub fn count(&self, word: &str) -> u64 {
        let occurrences = key_of(word).and_then(|key| self.0.get(&key));
        occurrences.map_or(0, |occurrences| occurrences.count)
    }

    /// How many words there are, repeated ones included.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().map(|occurrences| occurrences.count).sum()
    }

    /// The words by their keys, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Occurrences)> {
        self.0
            .iter()
            .map(|(key, occurrences)| (&**key, occurrences))
    }
}

/// The words of a collection: how many texts hold each, and how often all of them together.
///
/// ```
/// use ranker_expand::CollectionStatistics;
///
/// let profiles = ["Rust and Rust again", "Lucene engineers", "an engineer"];
/// let statistics = CollectionStatistics::of(profiles);
/// assert_eq!((statistics.texts(), statistics.words()), (3, 8));
/// assert_eq!(statistics.document_frequency("Engineer"), 2);
/// assert_eq!(statistics.collection_frequency("rust"), 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct CollectionStatistics {
    texts: u64,
    words: u64,
    entries: HashMap<Box<str>, Entry>,
}

/// One word of a collection.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) texts: u64,
    pub(crate) occurrences: Occurrences,
}

impl CollectionStatistics {
    /// The statistics of these texts.
    #[must_use]
    pub fn of<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut statistics = Self::default();
        for text in texts {
            statistics.add(text.as_ref());
        }
        statistics
    }

    /// Counts one more text.
    pub fn add(&mut self, text: &str) {
        let counts = TermCounts::of(text);
        self.texts += 1;
        self.words += counts.total();
        for (key, occurrences) in counts.0 {
            match self.entries.get_mut(&key) {
                Some(entry) => {
                    entry.texts += 1;
                    entry.occurrences.add(occurrences);
                }
                None => {
                    let entry = Entry {
                        texts: 1,
                        occurrences,
                    };
                    self.entries.insert(key, entry);
                }
            }
        }
    }

    /// How many texts were counted.
    #[must_use]
    pub fn texts(&self) -> u64 {
        self.texts
    }

    /// How many words they hold, repeated ones included.
    #[must_use]
    pub fn words(&self) -> u64 {
        self.words
    }

    /// How many texts hold a word.
    #[must_use]
    pub fn document_frequency(&self, word: &str) -> u64 {
        let entry = key_of(word).and_then(|key| self.get(&key));
        entry.map_or(0, |entry| entry.texts)
    }

    /// How often a word occurs in all texts together.
    #[must_use]
    pub fn collection_frequency(&self, word: &str) -> u64 {
        let entry = key_of(word).and_then(|key| self.get(&key));
        entry.map_or(0, |entry| entry.occurrences.count)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// The words by their keys, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(key, entry)| (&**key, entry))
    }

    /// The inverse document frequency, `ln((N + 1) / (n + 1))`: finite for every word, 0 for one that all
    /// texts hold.
    pub(crate) fn idf(&self, key: &str) -> f64 {
        let holding = self.get(key).map_or(0, |entry| entry.texts);
        ((self.texts as f64 + 1.0) / (holding as f64 + 1.0)).ln()
    }
}

/// The key of a single word.
fn key_of(word: &str) -> Option<Box<str>> {
    match Phrase::of(word).keys.into_vec().as_mut_slice() {
        [key] => Some(std::mem::take(key)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_written_as_shortly_as_it_was() {
        let statistics = CollectionStatistics::of(["Engineers, series / K8s", "an engineer"]);
        let written = |key: &str| statistics.get(key).map(|entry| &*entry.occurrences.written);
        assert_eq!(written("engineer"), Some("engineer"));
        assert_eq!(written("sery"), Some("series"));
        assert_eq!(statistics.words(), 5, "the slash is no word");
        assert_eq!(statistics.document_frequency("two words"), 0);
    }

    #[test]
    fn the_idf_falls_with_the_texts_that_hold_a_word() {
        let statistics = CollectionStatistics::of(["a b", "a", "a"]);
        assert_eq!(statistics.idf("a"), 0.0);
        assert_eq!(statistics.idf("b"), 2.0_f64.ln());
        assert_eq!(statistics.idf("none"), 4.0_f64.ln());
    }
}
