//! Which nouns leave no doubt about what they mean.

use std::collections::HashMap;

use super::files::{Nouns, Offset, Synset};
use crate::fold::Phrase;
use crate::stop_words::is_stop_word;
use crate::taxonomy::{Concept, Context, Form, Kind, Label};

/// The lexicographer's files of acts, artifacts, cognition, communication and persons (lexnames(5WN)).
const FIELDS: [u8; 5] = [4, 6, 9, 10, 18];
/// The fewest counted uses that say anything.
const MIN_USES: u32 = 5;
/// The share of counted uses, in percent, that the first meaning must have.
const MIN_SHARE: u32 = 80;
/// The shortest word taken, in letters.
const MIN_LETTERS: usize = 4;

/// One concept for each set of at least two synonyms that pass the gate.
pub(super) fn concepts(nouns: &Nouns) -> Vec<Concept> {
    let looks = looks(nouns);
    let mut sets: Vec<(Offset, Vec<&str>)> = nouns
        .synsets
        .iter()
        .filter(|(_, synset)| FIELDS.contains(&synset.field) && !synset.is_instance)
        .map(|(&offset, synset)| (offset, clear_words(nouns, offset, synset)))
        .collect();
    sets.sort_unstable();
    for (_, words) in &mut sets {
        words.retain(|word| looks.get(&Phrase::of(word).keys) == Some(&1));
    }
    sets.iter()
        .filter(|(_, words)| words.len() > 1)
        .map(|(_, words)| concept(nouns, words))
        .filter(|concept| concept.labels.iter().any(|label| label.is_added))
        .collect()
}

/// How many nouns are compared as the same: "custom" and "customs" do not mean the same.
fn looks(nouns: &Nouns) -> HashMap<Box<[Box<str>]>, usize> {
    let mut looks = HashMap::new();
    for lemma in nouns.senses.keys() {
        *looks
            .entry(Phrase::of(&lemma.replace('_', " ")).keys)
            .or_insert(0) += 1;
    }
    looks
}

fn clear_words<'a>(nouns: &Nouns, offset: Offset, synset: &'a Synset) -> Vec<&'a str> {
    let words = synset.words.iter().map(String::as_str);
    words.filter(|word| is_clear(nouns, offset, word)).collect()
}

/// Whether the word, met without context, means this synset.
fn is_clear(nouns: &Nouns, offset: Offset, word: &str) -> bool {
    let lemma = lemma_of(word);
    let Some(senses) = nouns.senses.get(&lemma) else {
        return false;
    };
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    // "using" and "private" are seldom the nouns that WordNet knows.
    let is_noun = !nouns.other_lemmas.contains(&lemma) && !lemma.ends_with("ing");
    letters >= MIN_LETTERS
        && is_noun
        && !is_stop_word(&lemma)
        && senses[0] == offset
        && (senses.len() == 1 || is_mostly_first(nouns, &lemma))
}

fn lemma_of(word: &str) -> String {
    word.to_lowercase().replace(' ', "_")
}

/// Whether nearly all counted uses are of the first meaning, and the rest of the same field.
fn is_mostly_first(nouns: &Nouns, lemma: &str) -> bool {
    let Some(uses) = nouns.uses.get(lemma) else {
        return false;
    };
    let Some(first) = uses.iter().find(|uses| uses.sense == 1) else {
        return false;
    };
    let total: u64 = uses.iter().map(|uses| u64::from(uses.count)).sum();
    let strong =
        first.count >= MIN_USES && u64::from(first.count) * 100 >= total * u64::from(MIN_SHARE);
    strong && uses.iter().all(|uses| uses.field == first.field)
}

/// A concept of these words, of which those are added that WordNet's own corpus uses.
fn concept(nouns: &Nouns, words: &[&str]) -> Concept {
    let label = |word: &&str| {
        let shouts = !word.chars().any(char::is_lowercase);
        let mut label = Label::new(
            &format!("{}{word}", if shouts { "=" } else { "" }),
            Form::Alias,
        );
        label.is_added &= nouns.uses.contains_key(&lemma_of(word));
        label
    };
    Concept {
        kind: Kind::Term,
        labels: words.iter().map(label).collect(),
        context: Context::default(),
        related: Vec::new(),
    }
}
