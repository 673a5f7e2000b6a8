//! Texts as values.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use super::error::ValueError;
use crate::text::map::Map;
use crate::text::negated::negated;
use crate::text::plain::PlainText;
use crate::text::runs::{Runs, Telling, repeated};
use crate::text::words::{Lowered, lowered};

/// Why words of a text do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Uncounted {
    /// They deny something: "no experience with Java".
    Negated,
    /// They stand in a run of words that the text has twice before.
    Repeated,
    /// They stand in a run of words that the job description has too.
    Copied,
}

/// As it goes on after "the text": "is copied from the job".
impl fmt::Display for Uncounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Negated => "denies something",
            Self::Repeated => "repeats what it has twice before",
            Self::Copied => "is copied from the job",
        })
    }
}

/// Whose text it is. Only candidates gain by saying a thing many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Job,
    Profile,
}

/// A text that is read without the words that do not count.
#[derive(Debug, Clone)]
pub(super) struct Said {
    of: Of,
    plain: PlainText,
    /// Found when the text is first read.
    read: OnceLock<Option<Box<Read>>>,
}

/// What is read of a text, where that is not all of it.
#[derive(Debug, Clone)]
struct Read {
    text: String,
    map: Map,
    /// Stretches of the plain text, disjoint and in order.
    uncounted: Vec<(Uncounted, Range<usize>)>,
}

/// Equal when written alike and read alike.
impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        self.plain == other.plain && self.as_str() == other.as_str()
    }
}

impl Said {
    /// Takes a text that holds more than white space and what nobody sees.
    pub(super) fn new(of: Of, text: String) -> Result<Self, ValueError> {
        let plain = PlainText::new(text);
        if plain.as_str().trim().is_empty() {
            let what = match of {
                Of::Job => "job description",
                Of::Profile => "profile text",
            };
            return Err(ValueError::Empty { what });
        }
        Ok(Self {
            of,
            plain,
            read: OnceLock::new(),
        })
    }

    pub(super) fn written(&self) -> &str {
        self.plain.written()
    }

    /// What is read; the whole plain text where nothing else would be left.
    pub(super) fn as_str(&self) -> &str {
        self.read().map_or(self.plain.as_str(), |read| &read.text)
    }

    pub(super) fn written_at(&self, read: Range<usize>) -> Range<usize> {
        self.plain.written_at(self.plain_at(read))
    }

    /// What does not count, with its bytes of the written text.
    pub(super) fn uncounted(&self) -> impl Iterator<Item = (Uncounted, Range<usize>)> {
        let uncounted = self.read().map_or(&[][..], |read| &read.uncounted);
        uncounted
            .iter()
            .map(|(why, range)| (*why, self.plain.written_at(range.clone())))
    }

    /// The share of the plain text's bytes that does not count for this reason.
    pub(super) fn share(&self, why: Uncounted) -> f32 {
        let uncounted = self.read().map_or(&[][..], |read| &read.uncounted);
        let of_kind = uncounted.iter().filter(|(kind, _)| *kind == why);
        let bytes: usize = of_kind.map(|(_, range)| range.len()).sum();
        bytes as f32 / self.plain.as_str().len() as f32
    }

    /// The text without these stretches of what is read; where nothing is left, one sign is.
    pub(super) fn without(&self, why: Uncounted, stretches: Vec<Range<usize>>) -> Self {
        let mut uncounted = self
            .read()
            .map_or(Vec::new(), |read| read.uncounted.clone());
        let new = stretches
            .into_iter()
            .flat_map(|range| self.counted_in(range));
        uncounted.extend(new.map(|range| (why, range)));
        uncounted.sort_by_key(|(_, range)| range.start);
        let mut read = Read::new(self.plain.as_str(), uncounted);
        if !read.text.contains(char::is_alphanumeric) {
            read = Read {
                text: NOTHING.to_owned(),
                map: Map::default(),
                ..read
            };
        }
        Self {
            of: self.of,
            plain: self.plain.clone(),
            read: OnceLock::from(Some(Box::new(read))),
        }
    }

    /// The stretches of the plain text that a stretch of what is read stands for.
    fn counted_in(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let whole = self.plain_at(range);
        let mut parts = Vec::new();
        let mut at = whole.start;
        for (_, cut) in self.read().map_or(&[][..], |read| &read.uncounted) {
            if cut.end <= at || cut.start >= whole.end {
                continue;
            }
            parts.push(at..cut.start.max(at));
            at = cut.end;
        }
        parts.push(at..whole.end.max(at));
        parts.retain(|part| !part.is_empty());
        parts
    }

    fn plain_at(&self, read: Range<usize>) -> Range<usize> {
        match self.read() {
            Some(cut) => cut.map.back(read),
            None => read,
        }
    }

    /// The stretches of what is read that stand in runs of another text.
    pub(super) fn in_runs(&self, runs: &Runs) -> Vec<Range<usize>> {
        let mut words = None;
        let read = self.read.get_or_init(|| {
            let (read, telling) = self.first_read();
            words = Some(telling);
            read
        });
        match (read, words) {
            // All of it is read, and its words have just been parted.
            (None, Some(words)) => runs.among(&words),
            _ => runs.in_text(self.as_str()),
        }
    }

    fn read(&self) -> Option<&Read> {
        let read = self.read.get_or_init(|| self.first_read().0);
        read.as_deref()
    }

    /// What is read of the text, and the telling words of all of it.
    fn first_read(&self) -> (Option<Box<Read>>, Telling) {
        let plain = self.plain.as_str();
        let words: Vec<Lowered<'_>> = lowered(plain).collect();
        let telling = Telling::of(&words);
        let repeated = match self.of {
            Of::Profile => repeated(&telling),
            Of::Job => Vec::new(),
        };
        let read = Read::new(plain, uncounted(negated(plain, words), repeated));
        let counts = !read.uncounted.is_empty() && read.text.contains(char::is_alphanumeric);
        (counts.then(|| Box::new(read)), telling)
    }
}

/// What is read of a text of which nothing counts.
const NOTHING: &str = ".";

impl Read {
    /// A text without some stretches of it, disjoint and in order.
    fn new(plain: &str, uncounted: Vec<(Uncounted, Range<usize>)>) -> Self {
        let mut text = String::with_capacity(plain.len());
        let mut map = Map::default();
        let mut from = 0;
        for (_, range) in &uncounted {
            text.push_str(&plain[from..range.start]);
            map.change(text.len(), range.start);
            map.keep(text.len(), range.end);
            from = range.end;
        }
        text.push_str(&plain[from..]);
        Self {
            text,
            map,
            uncounted,
        }
    }
}

/// What does not count of a plain text by itself.
fn uncounted(
    negated: Vec<Range<usize>>,
    repeated: Vec<Range<usize>>,
) -> Vec<(Uncounted, Range<usize>)> {
    let negated = negated.into_iter().map(|range| (Uncounted::Negated, range));
    let repeated = repeated
        .into_iter()
        .map(|range| (Uncounted::Repeated, range));
    let mut found: Vec<(Uncounted, Range<usize>)> = negated.chain(repeated).collect();
    found.sort_by_key(|(_, range)| range.start);
    // Where two overlap, the first one stands for both.
    let mut end = 0;
    for (_, range) in &mut found {
        range.start = range.start.max(end).min(range.end);
        end = end.max(range.end);
    }
    found.retain(|(_, range)| !range.is_empty());
    found
}
