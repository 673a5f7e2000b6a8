//! One meaning and the ways to say it.

use std::collections::HashSet;

use crate::fold::{Phrase, Word, Words};
use crate::stop_words::is_stop_word;

/// What a concept is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A skill, a tool or a method. Looked for in the whole job.
    Skill,
    /// What someone's work is called. Looked for only in the job's title or first line: further down
    /// stand managers and colleagues.
    Occupation,
    /// Anything else: a degree, a licence, an institution. Looked for in the whole job.
    Term,
}

/// How a label stands to its concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Name,
    Short,
    Alias,
}

/// One way to write a concept.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) phrase: Phrase,
    pub(crate) form: Form,
    /// The words as they must be written, for a label that is another word otherwise: `IT` and `it`.
    pub(crate) exact: Option<Box<[Box<str>]>>,
    /// Whether it may be added to a job, and is not only understood in one.
    pub(crate) is_added: bool,
}

impl Label {
    /// A label. If `text` starts with `=` or is a stop word otherwise, it is matched only as written,
    /// and never added: in a profile it would be taken for that other word. With `~` before it, it is
    /// never added either: a misspelling, say.
    pub(crate) fn new(text: &str, form: Form) -> Self {
        let (marked, text) = match text.split_at_checked(1) {
            Some((mark @ ("=" | "~"), rest)) => (mark, rest.trim()),
            _ => ("", text.trim()),
        };
        let words = Words::of(text);
        let is_stop = |words: &[Word]| matches!(words, [word] if is_stop_word(&word.key));
        let exact = (marked == "=" || is_stop(words.list())).then(|| surfaces(words.list()));
        Self {
            phrase: Phrase::of(text),
            form,
            is_added: exact.is_none() && marked != "~",
            exact,
        }
    }

    /// Whether these words of a job, which have the label's keys, say this label.
    pub(crate) fn is_said_by(&self, words: &[Word]) -> bool {
        let as_written = |exact: &[Box<str>]| {
            exact.len() == words.len()
                && exact
                    .iter()
                    .zip(words)
                    .all(|(want, word)| **want == *word.surface && !word.shouted)
        };
        self.exact.as_deref().is_none_or(as_written)
    }
}

fn surfaces(words: &[Word]) -> Box<[Box<str>]> {
    words
        .iter()
        .map(|word| word.surface.as_str().into())
        .collect()
}

/// What the rest of the job must speak of for a short form to have this meaning.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    everyday: bool,
    keys: Box<[Box<str>]>,
}

impl Context {
    /// Reads "flight crew pilot", or "* customer sales" for a meaning that is also the everyday one.
    pub(crate) fn new(text: &str) -> Self {
        let text = text.trim();
        let (everyday, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (text.is_empty(), text),
        };
        let keys: HashSet<Box<str>> = rest
            .split_whitespace()
            .flat_map(|word| Phrase::of(word).keys)
            .collect();
        let mut keys: Box<[_]> = keys.into_iter().collect();
        keys.sort_unstable();
        Self { everyday, keys }
    }

    /// Whether the short form means this where nothing speaks for another meaning.
    pub(crate) fn is_everyday(&self) -> bool {
        self.everyday
    }

    /// How many different words of the job speak for this meaning.
    pub(crate) fn support(&self, job: &Words) -> usize {
        self.keys.iter().filter(|key| job.has(key)).count()
    }
}

/// One meaning.
#[derive(Debug, Clone)]
pub(crate) struct Concept {
    pub(crate) kind: Kind,
    /// The name first, then the short forms, then the other names, best first.
    pub(crate) labels: Vec<Label>,
    pub(crate) context: Context,
    /// What whoever knows the concept knows too.
    pub(crate) related: Vec<Phrase>,
}

impl Concept {
    /// How strongly the job speaks for this meaning of a label: `None` where it does not at all.
    pub(crate) fn support(&self, label: &Label, job: &Words) -> Option<usize> {
        if label.form != Form::Short {
            return Some(0);
        }
        match self.context.support(job) {
            0 if !self.context.is_everyday() => None,
            count => Some(count),
        }
    }

    /// Whether a label can stand alone in a query without being taken for something else.
    pub(crate) fn may_add(&self, label: &Label) -> bool {
        let needs_context = label.form == Form::Short && !self.context.is_everyday();
        label.is_added && !needs_context
    }
}
