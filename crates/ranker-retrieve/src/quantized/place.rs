//! Where rows lie in the collection.

use std::collections::HashMap;

use ranker_core::CandidateId;

/// Rows of a chunk.
pub(super) const CHUNK: usize = 4096;

/// A row's place, `slot · CHUNK + row`. Rows of the tail (pieces and head) have the places that they
/// keep when the tail becomes a chunk.
pub(super) type Place = u64;

/// Each candidate's place.
pub(super) type Places = HashMap<CandidateId, Place>;

/// The chunk's slot and the row in it.
pub(super) fn split(place: Place) -> (usize, usize) {
    let place = place as usize;
    (place / CHUNK, place % CHUNK)
}
