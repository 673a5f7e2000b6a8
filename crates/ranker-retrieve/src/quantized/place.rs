//! Where rows lie in the collection.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ranker_core::CandidateId;

/// Rows of a chunk.
pub(super) const CHUNK: usize = 4096;

/// A row's place, `slot · CHUNK + row`. Rows of the tail (pieces and head) have the places that they
/// keep when the tail becomes a chunk.
pub(super) type Place = u64;

/// Each candidate's places: one a vector.
#[derive(Debug, Default)]
pub(super) struct Places {
    first: HashMap<CandidateId, Place>,
    /// The others, of those with several vectors.
    further: HashMap<CandidateId, Vec<Place>>,
}

impl Places {
    pub(super) fn with_capacity(candidates: usize) -> Self {
        Self {
            first: HashMap::with_capacity(candidates),
            further: HashMap::new(),
        }
    }

    /// How many candidates there are.
    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    pub(super) fn contains(&self, id: &CandidateId) -> bool {
        self.first.contains_key(id)
    }

    /// All places of a candidate; none of one who is unknown.
    pub(super) fn of(&self, id: &CandidateId) -> impl Iterator<Item = Place> + use<'_> {
        let first = self.first.get(id);
        // One lookup where each has one vector.
        let further = match first.is_some() && !self.further.is_empty() {
            true => self.further.get(id),
            false => None,
        };
        first
            .into_iter()
            .chain(further.into_iter().flatten())
            .copied()
    }

    /// One place of each candidate.
    pub(super) fn firsts(&self) -> impl Iterator<Item = (&CandidateId, Place)> {
        self.first.iter().map(|(id, place)| (id, *place))
    }

    /// Another place of a candidate, who may be new: whether that is so.
    pub(super) fn add(&mut self, id: &CandidateId, place: Place) -> bool {
        match self.first.entry(id.clone()) {
            Entry::Vacant(first) => {
                first.insert(place);
                true
            }
            Entry::Occupied(_) => {
                self.further.entry(id.clone()).or_default().push(place);
                false
            }
        }
    }

    /// Forgets a candidate, and returns where it was.
    pub(super) fn take(&mut self, id: &CandidateId) -> Option<Vec<Place>> {
        let mut places = vec![self.first.remove(id)?];
        if !self.further.is_empty() {
            places.extend(self.further.remove(id).into_iter().flatten());
        }
        Some(places)
    }

    /// A row was moved.
    pub(super) fn moved(&mut self, Moved { id, from, to }: Moved) {
        let place = match self.first.get_mut(&id) {
            Some(first) if *first == from => Some(first),
            _ => {
                let further = self.further.get_mut(&id);
                further.and_then(|further| further.iter_mut().find(|place| **place == from))
            }
        };
        if let Some(place) = place {
            *place = to;
        }
    }
}

/// A row that has another place now.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) id: CandidateId,
    pub(super) from: Place,
    pub(super) to: Place,
}

/// The chunk's slot and the row in it.
pub(super) fn split(place: Place) -> (usize, usize) {
    let place = place as usize;
    (place / CHUNK, place % CHUNK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_is_where_its_vectors_are() {
        let [a, b] = ["a", "b"].map(|id| CandidateId::new(id).unwrap());
        let mut places = Places::default();
        assert!(places.add(&a, 7) && places.add(&b, 8) && !places.add(&a, 9));
        assert!(!places.add(&a, 4));
        let of = |places: &Places, id: &CandidateId| places.of(id).collect::<Vec<_>>();
        assert_eq!((of(&places, &a), of(&places, &b)), (vec![7, 9, 4], vec![8]));
        for (from, to) in [(9, 1), (7, 2), (99, 3)] {
            let id = a.clone();
            places.moved(Moved { id, from, to });
        }
        assert_eq!(of(&places, &a), [2, 1, 4]);
        assert_eq!((places.len(), places.contains(&a)), (2, true));
        assert_eq!(places.take(&a), Some(vec![2, 1, 4]));
        assert_eq!((places.take(&a), of(&places, &a)), (None, vec![]));
        assert!(places.add(&a, 5) && of(&places, &a) == [5]);
    }
}
