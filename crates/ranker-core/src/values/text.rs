//! Texts as values.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use super::cuts::{self, Cut, Cuts};
use super::error::ValueError;
use super::reading::{JobReading, Reading};
use crate::text::employer::employer;
use crate::text::map::Map;
use crate::text::negated::negated;
use crate::text::personal::{Extent, Titled, personal, spaces};
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
    /// They say who somebody is ([`Reading`]).
    Personal,
    /// They are about the employer, its offer or how to apply ([`JobReading`]).
    Employer,
}

/// As it goes on after "the text": "is copied from the job".
impl fmt::Display for Uncounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Negated => "denies something",
            Self::Repeated => "repeats what it has twice before",
            Self::Copied => "is copied from the job",
            Self::Personal => "says who somebody is",
            Self::Employer => "is about the employer, its offer or how to apply",
        })
    }
}

/// Whose text it is. Only candidates gain by saying a thing many times, and only they are somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Job(JobReading),
    Profile(Reading),
}

/// A text, and the title over it, read without the words that do not count.
#[derive(Debug, Clone)]
pub(super) struct Said {
    of: Of,
    /// In plain form; may be empty.
    title: String,
    plain: PlainText,
    /// Found when the text is first read.
    read: OnceLock<Option<Box<Read>>>,
}

/// What is read of a text, where that is not all of it.
#[derive(Debug, Clone, Default)]
struct Read {
    /// The title, where it is another than was given.
    title: Option<String>,
    text: String,
    map: Map,
    /// Stretches of the plain text, disjoint and in order.
    cuts: Vec<Cut>,
}

/// Equal when written alike and read alike.
impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        self.of == other.of
            && self.title == other.title
            && self.plain == other.plain
            && self.as_str() == other.as_str()
    }
}

impl Said {
    /// Takes a text that holds more than white space and what nobody sees.
    pub(super) fn new(of: Of, text: String) -> Result<Self, ValueError> {
        let plain = PlainText::new(text);
        if plain.as_str().trim().is_empty() {
            let what = match of {
                Of::Job(_) => "job description",
                Of::Profile(_) => "profile text",
            };
            return Err(ValueError::Empty { what });
        }
        Ok(Self {
            of,
            title: String::new(),
            plain,
            read: OnceLock::new(),
        })
    }

    /// The same text under a title in plain form.
    pub(super) fn with_title(self, title: String) -> Self {
        Self {
            title,
            read: OnceLock::new(),
            ..self
        }
    }

    /// The same text, read otherwise.
    pub(super) fn of(self, of: Of) -> Self {
        Self {
            of,
            read: OnceLock::new(),
            ..self
        }
    }

    /// How a candidate's text is read.
    pub(super) fn reading(&self) -> Reading {
        match self.of {
            Of::Job(_) => Reading::Whole,
            Of::Profile(reading) => reading,
        }
    }

    /// How a job's text is read.
    pub(super) fn job_reading(&self) -> JobReading {
        match self.of {
            Of::Job(reading) => reading,
            Of::Profile(_) => JobReading::Whole,
        }
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// What is read of the title.
    pub(super) fn read_title(&self) -> &str {
        let read = self.read().and_then(|read| read.title.as_deref());
        read.unwrap_or(&self.title)
    }

    pub(super) fn written(&self) -> &str {
        self.plain.written()
    }

    /// What is read; the whole plain text where nothing else would be left, but nothing of it that says who somebody is.
    pub(super) fn as_str(&self) -> &str {
        self.read().map_or(self.plain.as_str(), |read| &read.text)
    }

    pub(super) fn written_at(&self, read: Range<usize>) -> Range<usize> {
        let plain = match self.read() {
            Some(cut) => cut.map.back(read),
            None => read,
        };
        self.plain.written_at(plain)
    }

    /// What does not count, with its bytes of the written text.
    pub(super) fn uncounted(&self) -> impl Iterator<Item = (Uncounted, Range<usize>)> {
        self.cuts()
            .map(|(why, range)| (why, self.plain.written_at(range)))
    }

    /// The share of the plain text's bytes that does not count for this reason.
    pub(super) fn share(&self, why: Uncounted) -> f32 {
        let of_kind = self.cuts().filter(|(kind, _)| *kind == why);
        let bytes: usize = of_kind.map(|(_, range)| range.len()).sum();
        bytes as f32 / self.plain.as_str().len() as f32
    }

    fn cuts(&self) -> impl Iterator<Item = (Uncounted, Range<usize>)> {
        let cuts = self.read().map_or(&[][..], |read| &read.cuts);
        cuts.iter()
            .filter_map(|(why, range)| Some(((*why)?, range.clone())))
    }

    /// The text without these stretches of what is read; where nothing is left, one sign is.
    pub(super) fn without(&self, why: Uncounted, stretches: Vec<Range<usize>>) -> Self {
        let plain = self.plain.as_str();
        let stretches = stretches.into_iter().map(|range| (Some(why), range));
        let read = match self.read() {
            Some(read) => read.without(plain, stretches.collect()),
            None => Read::new(plain, stretches.collect()),
        };
        let read = read.or_nothing();
        Self {
            read: OnceLock::from(Some(Box::new(read))),
            ..self.clone()
        }
    }

    /// The same text, whose title is not read.
    pub(super) fn without_title(self) -> Self {
        let untitled = Read {
            title: Some(String::new()),
            ..match self.read() {
                Some(read) => read.without(self.plain.as_str(), Vec::new()),
                None => Read::new(self.plain.as_str(), Vec::new()),
            }
        };
        Self {
            read: OnceLock::from(Some(Box::new(untitled))),
            ..self
        }
    }

    /// What of it is not read, as bytes.
    pub(super) fn reading_record(&self) -> Vec<u8> {
        let plain = self.plain.as_str();
        match self.read() {
            Some(read) => cuts::encode(plain, read.title.as_deref(), &read.cuts),
            None => cuts::encode(plain, None, &[]),
        }
    }

    /// The same text with what is not read as an equal one recorded it; as it is where the bytes are not its own.
    pub(super) fn with_reading_record(self, bytes: &[u8]) -> Self {
        let plain = self.plain.as_str();
        let Some(Cuts { title, cuts }) = cuts::decode(bytes, plain) else {
            return self;
        };
        let read = Read {
            title,
            ..Read::new(plain, cuts).or_nothing()
        };
        Self {
            read: OnceLock::from(read.if_not_all()),
            ..self
        }
    }

    /// The stretches of what is read that stand in runs of another text.
    pub(super) fn in_runs(&self, runs: &Runs) -> Vec<Range<usize>> {
        let mut words = None;
        self.read.get_or_init(|| {
            let (read, telling) = self.first_read();
            words = telling;
            read
        });
        match words {
            // They have just been parted.
            Some(words) => runs.among(&words),
            None => runs.in_text(self.as_str()),
        }
    }

    fn read(&self) -> Option<&Read> {
        let read = self.read.get_or_init(|| self.first_read().0);
        read.as_deref()
    }

    /// What is read of the text where that is not all of it, and the telling words of what is read where its words were
    /// parted on the way.
    fn first_read(&self) -> (Option<Box<Read>>, Option<Telling>) {
        let plain = self.plain.as_str();
        let blind = match self.of {
            Of::Job(_) | Of::Profile(Reading::Whole) => None,
            Of::Profile(reading) => Some(blind(&self.title, plain, reading)),
        };
        let text = blind.as_ref().map_or(plain, |read| &read.text);
        let words: Vec<Lowered<'_>> = lowered(text).collect();
        let telling = Telling::of(&words);
        let uncounted = uncounted(self.of, text, words, &telling);
        let blind = blind.unwrap_or_else(|| Read::new(plain, Vec::new()));
        if uncounted.is_empty() {
            return (blind.or_nothing().if_not_all(), Some(telling));
        }
        let counted = blind.without(plain, uncounted);
        let read = match counted.says_something() {
            true => counted,
            false => blind.or_nothing(),
        };
        (read.if_not_all(), None)
    }
}

/// What is read of a text of which nothing counts.
const NOTHING: &str = ".";

impl Read {
    /// A text without some stretches of it, disjoint and in order.
    fn new(plain: &str, cuts: Vec<Cut>) -> Self {
        let mut text = String::with_capacity(plain.len());
        let mut map = Map::default();
        let mut from = 0;
        for (_, range) in &cuts {
            text.push_str(&plain[from..range.start]);
            map.change(text.len(), range.start);
            map.keep(text.len(), range.end);
            from = range.end;
        }
        text.push_str(&plain[from..]);
        Self {
            title: None,
            text,
            map,
            cuts,
        }
    }

    /// What is left of it without some stretches of what is read.
    fn without(&self, plain: &str, stretches: Vec<Cut>) -> Self {
        Self {
            title: self.title.clone(),
            ..Self::new(plain, self.cuts_with(stretches))
        }
    }

    /// Its cuts, and some stretches of what is read.
    fn cuts_with(&self, stretches: Vec<Cut>) -> Vec<Cut> {
        let mut cuts = self.cuts.clone();
        for (why, range) in stretches {
            cuts.extend(self.counted_in(range).into_iter().map(|range| (why, range)));
        }
        cuts.sort_by_key(|(_, range)| range.start);
        cuts
    }

    /// The stretches of the plain text that a stretch of what is read stands for.
    fn counted_in(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let whole = self.map.back(range);
        let mut parts = Vec::new();
        let mut at = whole.start;
        let first = self.cuts.partition_point(|(_, cut)| cut.end <= at);
        let cuts = self.cuts[first..].iter();
        for (_, cut) in cuts.take_while(|(_, cut)| cut.start < whole.end) {
            parts.push(at..cut.start.max(at));
            at = cut.end;
        }
        parts.push(at..whole.end.max(at));
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// `None` where it is all of the text.
    fn if_not_all(self) -> Option<Box<Self>> {
        (!self.cuts.is_empty() || self.title.is_some()).then(|| Box::new(self))
    }

    fn says_something(&self) -> bool {
        self.text.contains(char::is_alphanumeric)
    }

    /// One sign where nothing else is left.
    fn or_nothing(self) -> Self {
        match self.says_something() {
            true => self,
            false => Self {
                text: NOTHING.to_owned(),
                map: Map::default(),
                ..self
            },
        }
    }
}

/// A title and a text without what says who somebody is.
fn blind(title: &str, plain: &str, reading: Reading) -> Read {
    let (whole, titled) = match title {
        "" => (Cow::Borrowed(plain), Titled::No),
        title => (Cow::Owned(format!("{title}\n{plain}")), Titled::Apart),
    };
    let extent = match reading {
        Reading::BlindToStudies => Extent::PersonAndStudies,
        Reading::Blind | Reading::Whole => Extent::Person,
    };
    let white = spaces(&whole).into_iter().map(|range| (None, range));
    let single = Read::new(&whole, white.collect());
    let personal = personal(&single.text, titled, extent).into_iter();
    let personal = personal.map(|range| (Some(Uncounted::Personal), range));
    let cuts = single.cuts_with(personal.collect());
    let text = whole.len() - plain.len();
    let below = |range: &Range<usize>| range.start.max(text) - text..range.end.max(text) - text;
    let above = |range: &Range<usize>| range.start.min(title.len())..range.end.min(title.len());
    let part = |bytes: &dyn Fn(&Range<usize>) -> Range<usize>| -> Vec<Cut> {
        let cuts = cuts.iter().map(|(why, range)| (*why, bytes(range)));
        cuts.filter(|(_, range)| !range.is_empty()).collect()
    };
    let over = part(&above);
    Read {
        title: (!over.is_empty()).then(|| Read::new(title, over).text.trim().to_owned()),
        ..Read::new(plain, part(&below))
    }
}

/// What does not count of a text by itself.
fn uncounted(of: Of, text: &str, words: Vec<Lowered<'_>>, telling: &Telling) -> Vec<Cut> {
    let (employer, repeated) = match of {
        Of::Job(JobReading::Whole) => (Vec::new(), Vec::new()),
        Of::Job(JobReading::Asked) => (employer(text), Vec::new()),
        Of::Profile(_) => (Vec::new(), repeated(telling)),
    };
    let employer = employer.into_iter();
    let employer = employer.map(|range| (Some(Uncounted::Employer), range));
    let negated = negated(text, words).into_iter();
    let negated = negated.map(|range| (Some(Uncounted::Negated), range));
    let repeated = repeated.into_iter();
    let repeated = repeated.map(|range| (Some(Uncounted::Repeated), range));
    let mut found: Vec<Cut> = employer.chain(negated).chain(repeated).collect();
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
