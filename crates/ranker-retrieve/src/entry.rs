//! What a vector index keeps of a candidate.

use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile};

use crate::scan::Row;

/// A candidate and where it lies, perhaps with its profile.
///
/// Made from `(CandidateId, Embedding)` or `(Arc<Profile>, Embedding)`. An index of ids and vectors
/// alone drops the profile; an index that holds profiles refuses an entry without one.
///
/// With [further vectors](Self::with_further) a candidate lies in several places: an index returns it once,
/// with the best score of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub(crate) id: CandidateId,
    pub(crate) embedding: Embedding,
    /// Further vectors; none of most.
    pub(crate) further: Vec<Embedding>,
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

    /// Sets further vectors, each of the first one's dimension.
    #[must_use]
    pub fn with_further(mut self, further: Vec<Embedding>) -> Self {
        self.further = further;
        self
    }

    /// All vectors, the first one first.
    pub(crate) fn vectors(&self) -> impl Iterator<Item = &Embedding> {
        std::iter::once(&self.embedding).chain(&self.further)
    }

    /// An entry for each vector.
    pub(crate) fn parts(mut self) -> impl Iterator<Item = Self> {
        let further = std::mem::take(&mut self.further);
        // Most have one vector, and are not cloned.
        let own = (!further.is_empty()).then(|| self.clone());
        let part = move |(own, embedding): (Self, Embedding)| Self { embedding, ..own };
        let others = own.into_iter().flat_map(std::iter::repeat).zip(further);
        std::iter::once(self).chain(others.map(part))
    }

    pub(crate) fn as_row(&self) -> Row<'_> {
        Row {
            id: &self.id,
            vector: self.embedding.as_slice(),
            further: &[],
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
            further: Vec::new(),
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
            further: Vec::new(),
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
