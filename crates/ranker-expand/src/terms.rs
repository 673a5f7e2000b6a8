//! The terms of one expansion while it is made: each once, none of the job's own words.

use std::collections::HashMap;

use ranker_core::{Expansion, Term, TermSource};

use crate::fold::{Phrase, Words};
use crate::stop_words::is_stop_word;

/// The most terms of an expansion unless told otherwise.
pub(crate) const DEFAULT_MAX_TERMS: usize = 12;

/// Terms by what they say.
pub(crate) struct Terms<'a> {
    job: &'a Words,
    by_keys: HashMap<Box<[Box<str>]>, usize>,
    list: Vec<Term>,
}

impl<'a> Terms<'a> {
    /// No terms yet, for this job.
    pub(crate) fn new(job: &'a Words) -> Self {
        Self {
            job,
            by_keys: HashMap::new(),
            list: Vec::new(),
        }
    }

    /// Whether a phrase says something that the job does not say already.
    pub(crate) fn is_new(&self, phrase: &Phrase) -> bool {
        !phrase.keys.iter().all(|key| is_stop_word(key)) && !self.job.contains(phrase)
    }

    /// Offers what a phrase says as a term, if it weighs anything.
    pub(crate) fn add(&mut self, phrase: &Phrase, weight: f32, source: TermSource, reason: String) {
        // A phrase is never blank and a weight never above 1: what is refused weighs nothing.
        if let Ok(term) = Term::new(&*phrase.text, weight, source, reason) {
            self.offer(phrase, term);
        }
    }

    /// Takes a term that is new to the job. Of two that say the same the heavier stays: their weights
    /// are not added, as two names for one reason are not two reasons.
    pub(crate) fn offer(&mut self, phrase: &Phrase, term: Term) {
        if !self.is_new(phrase) {
            return;
        }
        let keys = phrase.keys.clone();
        let at = *self.by_keys.entry(keys).or_insert(self.list.len());
        match self.list.get_mut(at) {
            Some(held) if term.weight() > held.weight() => *held = term,
            Some(_) => {}
            None => self.list.push(term),
        }
    }

    /// The heaviest terms; of equals the one that was offered first.
    pub(crate) fn heaviest(mut self, most: usize) -> Expansion {
        self.list.sort_by(|a, b| b.weight().total_cmp(&a.weight()));
        self.list.truncate(most);
        Expansion::new(self.list)
    }
}
