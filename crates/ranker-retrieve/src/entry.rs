//! What a vector index keeps of a candidate.

use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile};

use crate::scan::Row;

/// A candidate and where it lies, perhaps with its profile.
///
/// Made from `(CandidateId, Embedding)` or `(Arc<Profile>, Embedding)`. An index of ids and vectors
/// alone drops the profile; an index that holds profiles refuses an entry without one.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub(crate) id: CandidateId,
    pub(crate) embedding: Embedding,
    pub(crate) profile: Option<Arc<Profile>>,
    /// The number of its row in a collection.
    pub(crate) number: Option<u64>,
}

impl Entry {
    /// A candidate with the number of its row in a collection.
    #[cfg(feature = "collection")]
    pub(crate) fn numbered(number: u64, id: CandidateId, embedding: Embedding) -> Self {
        Self {
            number: Some(number),
            ..(id, embedding).into()
        }
    }

    pub(crate) fn as_row(&self) -> Row<'_> {
        Row {
            id: &self.id,
            vector: self.embedding.as_slice(),
            profile: self.profile.as_ref(),
            number: self.number,
        }
    }
}

impl From<(CandidateId, Embedding)> for Entry {
    fn from(entry: (CandidateId, Embedding)) -> Self {
        let (id, embedding) = entry;
        Self {
            id,
            embedding,
            profile: None,
            number: None,
        }
    }
}

impl From<(Arc<Profile>, Embedding)> for Entry {
    fn from(entry: (Arc<Profile>, Embedding)) -> Self {
        let (profile, embedding) = entry;
        Self {
            id: profile.id().clone(),
            embedding,
            profile: Some(profile),
            number: None,
        }
    }
}

impl From<(Profile, Embedding)> for Entry {
    fn from(entry: (Profile, Embedding)) -> Self {
        let (profile, embedding) = entry;
        (Arc::new(profile), embedding).into()
    }
}
