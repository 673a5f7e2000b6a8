//! Finds the labels of concepts in a job: the longest at each place, none inside another.

use std::collections::{HashMap, HashSet};

use crate::fold::{Phrase, Word, Words};
use crate::taxonomy::{Concept, Form, Kind, Label};

/// The words of a first line that may name the occupation.
const HEAD_WORDS: usize = 24;
/// A first line of at most so many words is a headline; a longer one is prose, where a single word
/// ("model", "host", "guide") names no occupation.
const HEADLINE_WORDS: usize = 12;
/// A label of more meanings than this says nothing.
const MAX_SENSES: usize = 2;

/// A label of a concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Sense {
    pub(crate) concept: u32,
    pub(crate) label: u32,
}

/// A label found in a job, with the meanings that the job allows.
#[derive(Debug)]
pub(crate) struct Found {
    /// The words it covers.
    pub(crate) words: std::ops::Range<usize>,
    /// One or two meanings.
    pub(crate) senses: Vec<Sense>,
}

/// A trie over words.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    vocabulary: HashMap<Box<str>, u32>,
    next: HashMap<(u32, u32), u32>,
    ends: Vec<Vec<Sense>>,
}

impl Matcher {
    pub(crate) fn new(concepts: &[Concept]) -> Self {
        let mut matcher = Self {
            ends: vec![Vec::new()],
            ..Self::default()
        };
        for (concept, entry) in (0..).zip(concepts) {
            for (label, text) in (0..).zip(&entry.labels) {
                matcher.insert(&text.phrase, Sense { concept, label });
            }
        }
        matcher
    }

    fn insert(&mut self, phrase: &Phrase, sense: Sense) {
        let mut node = 0;
        for key in &phrase.keys {
            let fresh = self.vocabulary.len() as u32;
            let id = match self.vocabulary.get(key) {
                Some(&id) => id,
                None => *self.vocabulary.entry(key.clone()).or_insert(fresh),
            };
            let fresh = self.ends.len() as u32;
            node = *self.next.entry((node, id)).or_insert(fresh);
            if node == fresh {
                self.ends.push(Vec::new());
            }
        }
        self.ends[node as usize].push(sense);
    }

    /// All labels in the job, from its start on, each where it stands first.
    pub(crate) fn find(&self, concepts: &[Concept], job: &Words) -> Vec<Found> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut at = 0;
        while at < job.list().len() {
            let Some((len, senses)) = self.longest(concepts, job, at) else {
                at += 1;
                continue;
            };
            let words = at..at + len;
            at += len;
            if !seen.insert(senses[0]) {
                continue;
            }
            let senses = choose(concepts, senses, job);
            if !senses.is_empty() {
                found.push(Found { words, senses });
            }
        }
        found
    }

    /// The longest label that starts at this word, in all its meanings.
    fn longest(&self, concepts: &[Concept], job: &Words, at: usize) -> Option<(usize, Vec<Sense>)> {
        let mut best = None;
        let mut node = 0;
        for (len, word) in (1..).zip(&job.list()[at..]) {
            if len > 1 && word.breaks {
                break;
            }
            let id = self.vocabulary.get(word.key.as_str());
            let Some(&next) = id.and_then(|&id| self.next.get(&(node, id))) else {
                break;
            };
            node = next;
            let said = |sense: &Sense| {
                let concept = &concepts[sense.concept as usize];
                is_said(
                    concept,
                    &concept.labels[sense.label as usize],
                    job,
                    at..at + len,
                )
            };
            let senses: Vec<Sense> = self.ends[node as usize]
                .iter()
                .copied()
                .filter(said)
                .collect();
            if !senses.is_empty() {
                best = Some((len, senses));
            }
        }
        best
    }
}

/// Whether these words of the job mean to say this label.
fn is_said(concept: &Concept, label: &Label, job: &Words, at: std::ops::Range<usize>) -> bool {
    let words: &[Word] = &job.list()[at.clone()];
    let headline = job.head() <= HEADLINE_WORDS;
    let in_head = at.end <= job.head().min(HEAD_WORDS) && (headline || words.len() > 1);
    (concept.kind != Kind::Occupation || in_head) && label.is_said_by(words)
}

/// The meanings that the rest of the job speaks for most: none if there are too many.
///
/// At equal support the everyday meaning of a short form wins.
fn choose(concepts: &[Concept], senses: Vec<Sense>, job: &Words) -> Vec<Sense> {
    let strength = |sense: &Sense| {
        let concept = &concepts[sense.concept as usize];
        let label = &concept.labels[sense.label as usize];
        let everyday = label.form != Form::Short || concept.context.is_everyday();
        concept
            .support(label, job)
            .map(|support| (support, everyday))
    };
    let Some(best) = senses.iter().filter_map(strength).max() else {
        return Vec::new();
    };
    let mut chosen = senses;
    chosen.retain(|sense| strength(sense) == Some(best));
    chosen.dedup_by_key(|sense| sense.concept);
    if chosen.len() > MAX_SENSES {
        chosen.clear();
    }
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::taxonomy::Context;

    /// Where each label stands first, by trying each label at each place.
    fn naive(labels: &[Phrase], job: &Words) -> Vec<(usize, Phrase)> {
        let mut found: Vec<(usize, Phrase)> = Vec::new();
        let mut at = 0;
        while at < job.list().len() {
            let rest = &job.list()[at..];
            let here = |label: &&Phrase| {
                let n = label.keys.len();
                let same = label
                    .keys
                    .iter()
                    .zip(rest)
                    .all(|(key, word)| **key == *word.key);
                n <= rest.len() && same && rest[1..n].iter().all(|word| !word.breaks)
            };
            let longest = labels
                .iter()
                .filter(here)
                .max_by_key(|label| label.keys.len());
            if let Some(label) = longest
                && found.iter().all(|(_, before)| before != label)
            {
                found.push((at, label.clone()));
            }
            at += longest.map_or(1, |label| label.keys.len());
        }
        found
    }

    fn concept(label: &str) -> Concept {
        Concept {
            kind: Kind::Skill,
            labels: vec![Label::new(label, Form::Name)],
            context: Context::default(),
            related: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn the_trie_finds_what_trying_all_labels_finds(
            labels in prop::collection::btree_set("(data|web|team)( (data|web|team)){0,2}", 1..12),
            job in "((data|Web|teams|x)[ ,\n]){0,30}",
        ) {
            let concepts: Vec<Concept> = labels.iter().map(|label| concept(label)).collect();
            let labels: Vec<Phrase> = labels.iter().map(|label| Phrase::of(label)).collect();
            let job = Words::of(&job);
            let found: Vec<(usize, Phrase)> = Matcher::new(&concepts)
                .find(&concepts, &job)
                .into_iter()
                .map(|found| (found.words.start, labels[found.senses[0].concept as usize].clone()))
                .collect();
            prop_assert_eq!(found, naive(&labels, &job));
        }
    }
}
