//! The terms of one expansion while it is made: each once, none of the job's own words.

use std::collections::HashMap;

use ranker_core::{Expansion, Term};

use crate::fold::Words;
use crate::stop_words::is_stop_word;

/// The most terms of an expansion unless told otherwise.
pub(crate) const DEFAULT_MAX_TERMS: usize = 12;

/// Terms by what they say.
pub(crate) struct Terms<'a> {
    job: &'a Words,
    by_key: HashMap<String, usize>,
    list: Vec<Term>,
}

impl<'a> Terms<'a> {
    /// No terms yet, for this job.
    pub(crate) fn new(job: &'a Words) -> Self {
        Self {
            job,
            by_key: HashMap::new(),
            list: Vec::new(),
        }
    }

    /// Whether a text says something that the job does not say already.
    pub(crate) fn is_new(&self, text: &Words) -> bool {
        let only_stop_words = text.list().iter().all(|word| is_stop_word(&word.key));
        !only_stop_words && !self.job.contains(text)
    }

    /// Takes a term that is new to the job. Of two that say the same the heavier stays: their weights
    /// are not added, as two names for one reason are not two reasons.
    pub(crate) fn offer(&mut self, term: Term) {
        let words = Words::of(term.text());
        if !self.is_new(&words) {
            return;
        }
        let at = *self.by_key.entry(words.key()).or_insert(self.list.len());
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
