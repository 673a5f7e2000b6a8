//! Why a record was refused.

use std::io;
use std::path::PathBuf;

use ranker_core::{BoxError, CandidateId};

use super::Part;

/// Why a record was not made, read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The bytes are no JSON of a record's shape: cut, changed, or something else.
    #[error("it is no whole record of a decision")]
    Malformed(#[source] BoxError),
    /// A record of a version that this library does not read.
    #[error(
        "its format has version {found}, and this library reads version {supported}: read it with the library that wrote it"
    )]
    Version {
        /// The version of the record.
        found: u64,
        /// The version that is read here.
        supported: u64,
    },
    /// The bytes say the same in other letters: a record has one form, so that no byte of it can change unseen.
    #[error(
        "its bytes are not those that a record with this content has: it was edited or rewritten"
    )]
    NotCanonical,
    /// A part is not the one that its hash was made of.
    #[error("{part} is not what was recorded: its hash differs")]
    PartChanged {
        /// Which part.
        part: Part,
    },
    /// The hashes of the parts are not those that the root was made of.
    #[error(
        "the record's root is not that of its parts: one was taken away, added, moved or exchanged"
    )]
    RootChanged,
    /// The hashes hold, and the content contradicts itself.
    #[error("the record contradicts itself: {what}")]
    Unsound {
        /// How.
        what: String,
    },
    /// A number that JSON cannot say.
    #[error("{what} is not a number that can be recorded")]
    NotFinite {
        /// Which number.
        what: &'static str,
    },
    /// A filter within filters, deeper than is read again.
    #[error("the job's filter is nested deeper than {most}: simplify it")]
    TooDeep {
        /// The greatest depth.
        most: usize,
    },
    /// More bytes than a record may have.
    #[error("the record is longer than {most} bytes: record fewer places")]
    TooLong {
        /// The most bytes.
        most: u64,
    },
    /// Nobody of that id is in the record, or no longer.
    #[error(
        "candidate {id} is not in this record: check the id; who was erased cannot be named any more"
    )]
    NoSuchCandidate {
        /// Who was asked for.
        id: CandidateId,
    },
    /// Places were shown that the ranking does not have.
    #[error("places {first} to {last} were shown of a ranking of {places}")]
    NoSuchPlaces {
        /// The first place shown.
        first: usize,
        /// The last place shown.
        last: usize,
        /// How many the ranking has.
        places: usize,
    },
    /// The ranking was made by a model that this ranker never served.
    #[error("the ranking was made by model {model}, which this ranker does not have")]
    UnknownModel {
        /// The model's id.
        model: String,
    },
    /// The file cannot be read or written.
    #[error("{} cannot be {action}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// "read" or "written".
        action: &'static str,
        /// What the system reported.
        source: io::Error,
    },
}
