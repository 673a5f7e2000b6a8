//! Why an index could not be built, changed, saved or loaded.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ranker_core::{BoxError, CandidateId, EmbedError};

/// Why an index was not built or not changed. A refused change leaves the index as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The vector comes from another encoder than the indexed ones.
    #[error("the vector has {actual} dimensions, the index {expected}: use the same encoder")]
    Dimension {
        /// The index's.
        expected: usize,
        /// The vector's.
        actual: usize,
    },
    /// The candidate is indexed already, or comes twice in one batch.
    #[error("candidate {id} is indexed already: update it instead")]
    DuplicateId {
        /// The candidate.
        id: CandidateId,
    },
    /// The candidate is not indexed.
    #[error("candidate {id} is not indexed: insert it first")]
    UnknownId {
        /// The candidate.
        id: CandidateId,
    },
    /// The index holds profiles, and this candidate has none.
    #[error("the index holds profiles, but candidate {id} came without one")]
    NoProfile {
        /// The candidate.
        id: CandidateId,
    },
    /// The candidate has several vectors, and this index keeps one.
    #[error(
        "candidate {id} has several vectors, and this index keeps one of each: take a FlatIndex or a \
         QuantizedIndex, or embed profiles as one vector"
    )]
    SeveralVectors {
        /// The candidate.
        id: CandidateId,
    },
    /// The candidate has more vectors than are kept of one.
    #[error(
        "candidate {id} has {vectors} vectors, and at most {most} are kept: embed longer parts"
    )]
    TooManyVectors {
        /// The candidate.
        id: CandidateId,
        /// How many it has.
        vectors: usize,
        /// How many are kept of one candidate.
        most: usize,
    },
    /// The sparse vector comes from another encoder than that of the index.
    #[error(
        "the sparse vector of candidate {id} has entry {entry}, and the index a vocabulary of {vocabulary}: use the same encoder"
    )]
    Vocabulary {
        /// The candidate.
        id: CandidateId,
        /// The entry.
        entry: u32,
        /// How many entries there are.
        vocabulary: usize,
    },
    /// An option lies outside its range.
    #[error("{option} must lie in {min}..={max}, but is {value}")]
    Option {
        /// The option.
        option: &'static str,
        /// The value given.
        value: f64,
        /// The least allowed value.
        min: f64,
        /// The greatest allowed value.
        max: f64,
    },
    /// A graph would take longer to build than it may.
    #[error(
        "a graph of {candidates} candidates would take about {} s to build, more than {} s: \
         choose another index, or allow more",
        estimate.as_secs(), limit.as_secs()
    )]
    BuildTime {
        /// How many there are.
        candidates: usize,
        /// How long building would take, by a sample of them on this machine.
        estimate: Duration,
        /// How long it may take.
        limit: Duration,
    },
    /// The profiles were not embedded.
    #[error("the profiles could not be embedded")]
    Embed(#[source] EmbedError),
    /// There is nothing to fuse.
    #[error("fusion needs at least one leg")]
    NoLegs,
    /// Two legs share a name, so their scores could not be distinguished.
    #[error("two legs are named {name}: give one of them another name")]
    DuplicateLeg {
        /// The name.
        name: String,
    },
    /// The file that the index has its vectors in failed.
    #[error("the file of the index failed")]
    File(#[from] FileError),
    /// The keyword index failed.
    #[error("the keyword index failed")]
    Keyword {
        /// The cause.
        source: BoxError,
    },
}

impl IndexError {
    /// [`IndexError::Option`] unless `value` lies in `range`. NaN lies in no range.
    pub(crate) fn check_option(
        option: &'static str,
        value: f64,
        range: std::ops::RangeInclusive<f64>,
    ) -> Result<(), Self> {
        if range.contains(&value) {
            return Ok(());
        }
        let (min, max) = range.into_inner();
        Err(Self::Option {
            option,
            value,
            min,
            max,
        })
    }
}

/// Why an index file was not written or not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file system refused.
    #[error("{} could not be {action}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: "read" or "written".
        action: &'static str,
        /// The file system's error.
        source: std::io::Error,
    },
    /// Not an index file at all.
    #[error("{} is no index file of ranker", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer version of this crate.
    #[error("{} has format {found}, this version reads {supported}: upgrade or rebuild it", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The format that this version reads.
        supported: u32,
    },
    /// An index of another kind.
    #[error("{} holds an index of kind {found}, not {expected}", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// The kind expected.
        expected: &'static str,
        /// The kind found.
        found: &'static str,
    },
    /// Cut short or changed since it was written.
    #[error("{} is damaged ({what}): restore it or rebuild the index", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        what: &'static str,
    },
}

impl FileError {
    pub(crate) fn corrupt(path: &Path, what: &'static str) -> Self {
        Self::Corrupt {
            path: path.to_owned(),
            what,
        }
    }
}
