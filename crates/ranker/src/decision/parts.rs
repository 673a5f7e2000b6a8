//! What a record consists of: the parts that its hashes are made of.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::RecordError;
use super::forms::{FactForm, JobForm};
use super::hash::Hash;

/// A part of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Part {
    /// How the ranking came to be: job, encoder, model, settings.
    Making,
    /// The candidate at this place, from 1.
    Candidate(usize),
    /// Who was shown places: the first, second, ... time, from 1.
    Showing(usize),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Making => f.write_str("how the ranking was made"),
            Self::Candidate(place) => write!(f, "the candidate at place {place}"),
            Self::Showing(number) => write!(f, "showing {number}"),
        }
    }
}

/// How a ranking came to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Making {
    /// The version of this library.
    pub(super) library: String,
    pub(super) machine: String,
    pub(super) encoder: String,
    pub(super) engine: Option<String>,
    pub(super) model: ModelForm,
    pub(super) features: Vec<String>,
    /// A hash over what the features are and which way each goes.
    pub(super) definitions: String,
    pub(super) job: JobForm,
    pub(super) expansion: Vec<TermForm>,
    pub(super) index: Option<IndexForm>,
    pub(super) retriever: String,
    pub(super) settings: Settings,
    /// What the reader of the ranking was told, but for what is about one person.
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelForm {
    pub(super) id: String,
    /// BLAKE3 over all its numbers; none for a scorer of a team's own, which is known by its id alone.
    pub(super) blake3: Option<String>,
    pub(super) linear: Option<Linear>,
}

/// All of a linear model: scores can be checked by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Linear {
    pub(super) bias: f64,
    pub(super) weights: Vec<f64>,
}

/// A term that was added to the job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TermForm {
    pub(super) text: String,
    pub(super) weight: f32,
    pub(super) source: String,
    pub(super) reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexForm {
    pub(super) name: String,
    pub(super) version: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) top_k: usize,
    pub(super) candidates: usize,
    /// The name of the form in which profiles are read.
    pub(super) profiles: String,
}

/// One person's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CandidatePart {
    /// Makes the hash one that nobody can find by trying ids and texts once the part is erased.
    pub(super) salt: String,
    pub(super) place: usize,
    pub(super) id: String,
    pub(super) score: f64,
    /// In the order of [`Making::features`].
    pub(super) features: Vec<f32>,
    /// Of title and text as they were given.
    pub(super) text_sha256: Hash,
    /// Of what was read of them for this job.
    pub(super) read_sha256: Hash,
    pub(super) facts: BTreeMap<String, FactForm>,
    pub(super) notes: Vec<String>,
}

/// Who was shown what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowingPart {
    pub(super) salt: String,
    pub(super) viewer: String,
    /// Milliseconds since 1970, as the caller gave them.
    pub(super) at: u64,
    pub(super) first: usize,
    pub(super) last: usize,
}

/// A part with its hash, or the hash alone where it was erased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slot<P> {
    pub(super) sha256: Hash,
    pub(super) part: Option<P>,
}

impl<P: Serialize> Slot<P> {
    pub(super) fn new(label: &str, part: P) -> Result<Self, RecordError> {
        Ok(Self {
            sha256: hash(label, &part)?,
            part: Some(part),
        })
    }

    /// Whether the part is the one that the hash was made of; an erased one cannot be another.
    pub(super) fn check(&self, label: &str, name: Part) -> Result<(), RecordError> {
        match &self.part {
            Some(part) if hash(label, part)? != self.sha256 => {
                Err(RecordError::PartChanged { part: name })
            }
            _ => Ok(()),
        }
    }
}

fn hash<P: Serialize>(label: &str, part: &P) -> Result<Hash, RecordError> {
    let bytes = serde_json::to_vec(part).map_err(|error| RecordError::Malformed(error.into()))?;
    Ok(Hash::of(label, [bytes.as_slice()]))
}
