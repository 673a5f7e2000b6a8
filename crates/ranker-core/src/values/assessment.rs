//! What a job asks for one by one, and what a profile has of it.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::because::Because;

/// How much a job insists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Demand {
    /// It must be there.
    Required,
    /// It is welcome.
    Preferred,
    /// It must not be there.
    Excluded,
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
            Self::Excluded => "excluded",
        })
    }
}

/// What one requirement asks for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Asked {
    /// At least so many years of work.
    Years(f64),
    /// One of these skills.
    Skills(BTreeSet<String>),
    /// This degree or a higher one.
    Degree(String),
    /// One of these languages.
    Languages(BTreeSet<String>),
    /// A condition on another fact, in words.
    Fact(String),
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Years(years) => {
                let unit = if *years == 1.0 { "year" } else { "years" };
                write!(f, "{years} {unit} of work")
            }
            Self::Skills(names) | Self::Languages(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                f.write_str(&names.join(" or "))
            }
            Self::Degree(asked) | Self::Fact(asked) => f.write_str(asked),
        }
    }
}

/// One requirement of a job.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Requirement {
    /// What is asked.
    pub asked: Asked,
    /// How much the job insists.
    pub demand: Demand,
    /// The bytes of [`crate::JobDescription::text`] that ask for it; `None` where the job's filter or title
    /// does.
    pub place: Option<Range<usize>>,
}

impl Requirement {
    /// What is asked, and how much; see [`Self::at`].
    #[must_use]
    pub fn new(asked: Asked, demand: Demand) -> Self {
        Self {
            asked,
            demand,
            place: None,
        }
    }

    /// Sets the bytes of the job's text that ask for it.
    #[must_use]
    pub fn at(mut self, place: Range<usize>) -> Self {
        self.place = Some(place);
        self
    }
}

/// Whether a profile meets a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It does.
    Met,
    /// Something of what is asked is there, but less, or not plainly so.
    Partly,
    /// The profile says what it has of this kind, and this is not among it.
    Missing,
    /// The profile says that it is not so, or has what is excluded.
    Contradicted,
    /// The profile does not speak of it.
    NotSaid,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::Partly => "partly met",
            Self::Missing => "missing",
            Self::Contradicted => "contradicted",
            Self::NotSaid => "not said",
        })
    }
}

/// What a profile has of one requirement.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Assessment {
    /// What is asked.
    pub requirement: Requirement,
    /// Whether it is met.
    pub verdict: Verdict,
    /// Why: "has 12 years".
    pub reason: Because,
    /// The bytes of [`crate::Profile::text`] that it was read from; `None` for a given fact, a title, or
    /// where nothing was found.
    pub passage: Option<Range<usize>>,
    /// How sure the reading is, in `0..=1`: 1 for a given fact.
    pub confidence: f32,
}

impl Assessment {
    /// A verdict with its reason, as sure as a given fact; see [`Self::read_from`].
    #[must_use]
    pub fn new(requirement: Requirement, verdict: Verdict, reason: impl Into<Because>) -> Self {
        Self {
            requirement,
            verdict,
            reason: reason.into(),
            passage: None,
            confidence: 1.0,
        }
    }

    /// Sets the bytes of the profile's text that it was read from, and how sure the reading is.
    #[must_use]
    pub fn read_from(mut self, passage: Option<Range<usize>>, confidence: f32) -> Self {
        self.passage = passage;
        self.confidence = confidence;
        self
    }
}

/// One line: `required: rust or c++: met, has rust`.
impl fmt::Display for Assessment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Requirement { asked, demand, .. } = &self.requirement;
        write!(f, "{demand}: {asked}: {}", self.verdict)?;
        if self.reason.is_empty() {
            return Ok(());
        }
        write!(f, ", {}", self.reason)
    }
}
