//! The record as bytes: written, read, verified, and with a person's part taken out.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ranker_core::{CandidateId, replace_file};
use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::parts::{CandidatePart, Making, Part, ShowingPart, Slot};
use super::{RecordError, check};

const FORMAT: &str = "ranker decision record";
pub(super) const VERSION: u64 = 1;

pub(super) const MAKING: &str = "ranker decision 1: making";
pub(super) const CANDIDATE: &str = "ranker decision 1: candidate";
pub(super) const SHOWING: &str = "ranker decision 1: showing";
const ROOT: &str = "ranker decision 1: root";

/// One ranking as it was served, in a form that can be verified, and made again.
///
/// It holds how the ranking was made (the job and how it was read, terms of expansion, encoder, model, settings), of
/// each candidate the place, score, features, facts and the hashes of the text, and who was shown which places. Each
/// of these parts has a hash (SHA-256 of its JSON), and the root is the hash over all of them: who keeps the root
/// elsewhere notices every change, and a person's part can be erased ([`Self::erase`]) without changing the root.
///
/// The bytes are canonical: one content has one form, and reading refuses every other.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionRecord(pub(super) Form);

/// The record as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    format: String,
    version: u64,
    root: Hash,
    pub(super) making: Slot<Making>,
    pub(super) candidates: Vec<Slot<CandidatePart>>,
    pub(super) showings: Vec<Slot<ShowingPart>>,
}

/// A record whose hashes and content hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The root, in 64 hexadecimal digits: the same as when the record was made, whatever was erased since.
    pub root: String,
    /// How many places the ranking had.
    pub places: usize,
    /// What was erased.
    pub erased: Vec<Part>,
}

/// What every version of the format begins with.
#[derive(Deserialize)]
struct Beginning {
    format: String,
    version: u64,
}

impl DecisionRecord {
    /// The most bytes that a record may have.
    pub const MAX_BYTES: u64 = 64 << 20;

    pub(super) fn new(
        making: Slot<Making>,
        candidates: Vec<Slot<CandidatePart>>,
        showings: Vec<Slot<ShowingPart>>,
    ) -> Result<Self, RecordError> {
        let mut form = Form {
            format: FORMAT.to_owned(),
            version: VERSION,
            root: Hash::of(ROOT, []),
            making,
            candidates,
            showings,
        };
        form.root = form.root_of_parts();
        // What is written can be read, and says what is meant, or it is not written.
        Self::from_bytes(&Self(form).to_bytes()?)
    }

    /// Reads a record, and verifies it.
    ///
    /// # Errors
    ///
    /// As [`Self::verify`]; [`RecordError::Malformed`], [`RecordError::Version`], [`RecordError::TooLong`], and
    /// [`RecordError::NotCanonical`] for bytes that say the same otherwise.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() as u64 > Self::MAX_BYTES {
            return Err(too_long());
        }
        let beginning: Beginning = parsed(bytes)?;
        if beginning.format != FORMAT {
            return Err(RecordError::Malformed("it is of another format".into()));
        }
        if beginning.version != VERSION {
            return Err(RecordError::Version {
                found: beginning.version,
                supported: VERSION,
            });
        }
        let record = Self(parsed(bytes)?);
        if record.to_bytes()? != bytes {
            return Err(RecordError::NotCanonical);
        }
        record.verify()?;
        Ok(record)
    }

    /// The record as bytes: JSON on one line.
    ///
    /// # Errors
    ///
    /// [`RecordError::TooLong`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        let bytes = serde_json::to_vec(&self.0);
        let mut bytes = bytes.map_err(|error| RecordError::Malformed(error.into()))?;
        bytes.push(b'\n');
        match bytes.len() as u64 > Self::MAX_BYTES {
            true => Err(too_long()),
            false => Ok(bytes),
        }
    }

    /// Reads a record from a file, and verifies it.
    ///
    /// # Errors
    ///
    /// As [`Self::from_bytes`]; [`RecordError::Io`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, RecordError> {
        let path = path.as_ref();
        let mut bytes = Vec::new();
        let read = File::open(path)
            .and_then(|file| file.take(Self::MAX_BYTES + 1).read_to_end(&mut bytes));
        read.map_err(failed(path, "read"))?;
        Self::from_bytes(&bytes)
    }

    /// Writes it to a file, which is replaced as a whole or not at all, and is on the disk on return.
    ///
    /// # Errors
    ///
    /// [`RecordError::Io`] and [`RecordError::TooLong`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), RecordError> {
        let path = path.as_ref();
        replace_file(path, &self.to_bytes()?).map_err(failed(path, "written"))
    }

    /// Verifies every hash and that the content agrees with itself: places from 1, best scores first, a value a
    /// feature, and, of a linear model, scores that follow from features and weights.
    ///
    /// It needs nothing but the record. That nobody wrote another record in its place is seen by its root alone,
    /// by whoever kept that.
    ///
    /// # Errors
    ///
    /// [`RecordError::PartChanged`], [`RecordError::RootChanged`] and [`RecordError::Unsound`].
    pub fn verify(&self) -> Result<Verified, RecordError> {
        let form = &self.0;
        form.making.check(MAKING, Part::Making)?;
        for (at, slot) in form.candidates.iter().enumerate() {
            slot.check(CANDIDATE, Part::Candidate(at + 1))?;
        }
        for (at, slot) in form.showings.iter().enumerate() {
            slot.check(SHOWING, Part::Showing(at + 1))?;
        }
        if form.root_of_parts() != form.root {
            return Err(RecordError::RootChanged);
        }
        check::sound(form)?;
        Ok(Verified {
            root: form.root.as_str().to_owned(),
            places: form.candidates.len(),
            erased: self.erased(),
        })
    }

    /// The hash over all parts, in 64 hexadecimal digits.
    #[must_use]
    pub fn root(&self) -> &str {
        self.0.root.as_str()
    }

    /// What was erased, in order.
    #[must_use]
    pub fn erased(&self) -> Vec<Part> {
        let gone = |(at, is_gone): (usize, bool)| is_gone.then_some(at + 1);
        let candidates = self.0.candidates.iter().map(|slot| slot.part.is_none());
        let candidates = candidates.enumerate().filter_map(gone);
        let showings = self.0.showings.iter().map(|slot| slot.part.is_none());
        let showings = showings.enumerate().filter_map(gone);
        let candidates = candidates.map(Part::Candidate);
        candidates.chain(showings.map(Part::Showing)).collect()
    }

    /// Erases what is recorded of a person: id, place, score, features, facts and hashes of texts. What stays is that
    /// somebody had this place, and a hash that nobody can find by trying, for its salt goes too. The root stays, and the
    /// record still verifies. Returns the part.
    ///
    /// The file that it was read from is the caller's to replace ([`Self::write`]), and so are copies of it.
    ///
    /// # Errors
    ///
    /// [`RecordError::NoSuchCandidate`].
    pub fn erase(&mut self, id: &CandidateId) -> Result<Part, RecordError> {
        let has = |slot: &Slot<CandidatePart>| {
            let part = slot.part.as_ref();
            part.is_some_and(|part| part.id == id.as_str())
        };
        match self.0.candidates.iter().position(has) {
            Some(at) => {
                self.0.candidates[at].part = None;
                Ok(Part::Candidate(at + 1))
            }
            None => Err(RecordError::NoSuchCandidate { id: id.clone() }),
        }
    }

    /// Erases what is recorded of somebody who was shown places; returns the parts, none where there is no such viewer.
    pub fn erase_viewer(&mut self, viewer: &str) -> Vec<Part> {
        let mut erased = Vec::new();
        for (at, slot) in self.0.showings.iter_mut().enumerate() {
            if slot.part.as_ref().is_some_and(|part| part.viewer == viewer) {
                slot.part = None;
                erased.push(Part::Showing(at + 1));
            }
        }
        erased
    }
}

impl Form {
    pub(super) fn making(&self) -> Result<&Making, RecordError> {
        let making = self.making.part.as_ref();
        making.ok_or_else(|| check::unsound("how the ranking was made is not there"))
    }

    fn root_of_parts(&self) -> Hash {
        let counts = [self.candidates.len(), self.showings.len()].map(|n| (n as u64).to_le_bytes());
        let hashes = std::iter::once(&self.making.sha256);
        let hashes = hashes.chain(self.candidates.iter().map(|slot| &slot.sha256));
        let hashes = hashes.chain(self.showings.iter().map(|slot| &slot.sha256));
        let hashes = hashes.map(|hash| hash.as_str().as_bytes());
        let counts = counts.iter().map(<[u8; 8]>::as_slice);
        Hash::of(ROOT, counts.chain(hashes))
    }
}

fn parsed<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, RecordError> {
    serde_json::from_slice(bytes).map_err(|error| RecordError::Malformed(error.into()))
}

fn too_long() -> RecordError {
    RecordError::TooLong {
        most: DecisionRecord::MAX_BYTES,
    }
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> RecordError {
    let path = path.to_owned();
    move |source| RecordError::Io {
        path,
        action,
        source,
    }
}
