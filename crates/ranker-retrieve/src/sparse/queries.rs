//! The vectors of the last few jobs: a fusion asks for the same job's several times.

use std::collections::VecDeque;
use std::sync::Mutex;

use ranker_core::SparseVector;

use crate::lock::lock;

/// Jobs whose vectors are kept.
const KEPT: usize = 16;

#[derive(Default)]
pub(super) struct Queries(Mutex<VecDeque<(String, SparseVector)>>);

impl Queries {
    pub(super) fn get(&self, text: &str) -> Option<SparseVector> {
        let known = lock(&self.0);
        let found = known.iter().find(|(other, _)| other == text);
        found.map(|(_, vector)| vector.clone())
    }

    pub(super) fn keep(&self, text: String, vector: SparseVector) {
        let mut known = lock(&self.0);
        known.push_front((text, vector));
        known.truncate(KEPT);
    }
}
