//! What is wrong with a request, as data: said in English here, for programs, and in a reader's language by the pages.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use ranker::core::ValueError;
use ranker::ingest::Unreadable;
use ranker::rlhf::LearnError;
use ranker::xai::audit::AuditError;

use crate::intake::Note;

/// What there is none of under a name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    Ranking,
    Record,
    Work,
    Candidate,
}

/// What may have so many bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Long {
    Job,
    Title,
    Profile,
    Reason,
}

/// What is wrong. No path and no text of others is in it.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    NoSuch(What),
    NoMethod,
    /// Ours, of which only the operator learns more.
    Internal,
    Busy,
    TooMuch,
    Deadline,
    Late,
    SlowBody,
    LongBody,
    ForeignHost,
    ForeignPage,
    ForeignForm,
    NoToken,
    NotSignedIn,
    TooLong {
        what: Long,
        most: usize,
        length: usize,
    },
    Value(ValueError),
    JobUnread(Unreadable),
    /// How many to show is no number, or none of those that may be shown.
    HowMany,
    Top {
        most: usize,
        top: usize,
    },
    /// With what was not read.
    Nobody(Vec<Note>),
    NoGrade,
    NoKind,
    NotSure,
    /// The model of a ranking is no longer kept.
    NoModel,
    NotServed,
    LearningAlready,
    NothingLearned,
    Learn(Arc<LearnError>),
    Places,
    NoGroups,
    NoColumn,
    Audit(AuditError),
    /// Two candidates are one, in these words of the library.
    Same(String),
    /// The words of a library, or what programs alone are told.
    Words(String),
}

impl From<String> for Fault {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<&str> for Fault {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuch(what) => {
                let what = match what {
                    What::Ranking => "ranking",
                    What::Record => "record",
                    What::Work => "work",
                    What::Candidate => "candidate",
                };
                return write!(f, "there is no such {what}");
            }
            Self::NoMethod => "this address has no such method",
            Self::Internal => "something failed here; the operator finds it by the request's id",
            Self::Busy => "something that is needed is busy or away; try again",
            Self::TooMuch => "too much is being done already",
            Self::Deadline => "the deadline has passed",
            Self::Late => "the answer took longer than a request may take",
            Self::SlowBody => "the body came too slowly",
            Self::LongBody => "the body is too long",
            Self::ForeignHost => {
                "without --clients this is answered on this machine under localhost or an address alone"
            }
            Self::ForeignPage => "a page of another site may not write here",
            Self::ForeignForm => {
                "this form was not made by this service since it was started: open its page again, and send it from there"
            }
            Self::NoToken => "a token is needed: Authorization: Bearer TOKEN",
            Self::NotSignedIn => "sign in first",
            Self::TooLong { what, most, length } => {
                let what = match what {
                    Long::Job => "a job",
                    Long::Title => "a title",
                    Long::Profile => "a profile",
                    Long::Reason => "a reason",
                };
                return write!(f, "{what} may have {most} bytes, but has {length}");
            }
            Self::Value(error) => return f.write_str(&causes(error)),
            Self::JobUnread(why) => return write!(f, "the job's document was not read: {why}"),
            Self::HowMany => "how many to show must be a whole number",
            Self::Top { most, top } => {
                return write!(f, "top must lie in 1..={most}, but is {top}");
            }
            Self::Nobody(notes) if notes.is_empty() => "there is nobody to rank: add resumes",
            Self::Nobody(notes) => {
                let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
                return write!(f, "there is nobody to rank: {}", notes.join("; "));
            }
            Self::NoGrade => "choose a grade from 0 to 3",
            Self::NoKind => "the form does not say what is to be recorded",
            Self::NotSure => "tick the box: an erasure cannot be undone",
            Self::NoModel => "the model of this ranking is no longer kept",
            Self::NotServed => "the served model was not changed",
            Self::LearningAlready => "a model is being learned already",
            Self::NothingLearned => {
                "nothing was learned since the service was started: learn first"
            }
            Self::Learn(error) => return f.write_str(&causes(&**error)),
            Self::Places => "how many places count as chosen must be a whole number",
            Self::NoGroups => "choose a file with the groups",
            Self::NoColumn => "the file has no column but id",
            Self::Audit(error) => return write!(f, "{error}"),
            Self::Same(words) | Self::Words(words) => words,
        })
    }
}

/// An error and its causes on one line.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    message
}
