//! Some candidates, with the lists that find them.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{Filter, Profile, SparseVector};

use crate::scored::Scored;
use crate::top_k::TopK;

/// Candidates of a block: their sums are 16 kB, which stay in a core's fastest cache while lists are added up.
pub(super) const ROWS: usize = 4096;

/// Up to [`ROWS`] candidates.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// `None` where one was removed.
    rows: Vec<Option<Row>>,
    /// Whom each entry of the vocabulary weighs something for, by row.
    lists: HashMap<u32, Vec<Posting>>,
    free: Vec<u16>,
}

/// A candidate.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) profile: Arc<Profile>,
    pub(super) vector: SparseVector,
}

#[derive(Debug, Clone, Copy)]
struct Posting {
    row: u16,
    weight: f32,
}

impl Block {
    pub(super) fn has_room(&self) -> bool {
        self.rows.len() < ROWS || !self.free.is_empty()
    }

    /// Adds a candidate to a block that has room, and returns its row.
    pub(super) fn insert(&mut self, row: Row) -> u16 {
        let at = match self.free.pop() {
            Some(free) => free,
            None => {
                self.rows.push(None);
                (self.rows.len() - 1) as u16
            }
        };
        for (id, weight) in row.vector.iter() {
            let list = self.lists.entry(id).or_default();
            let place = list.partition_point(|posting| posting.row < at);
            list.insert(place, Posting { row: at, weight });
        }
        self.rows[usize::from(at)] = Some(row);
        at
    }

    pub(super) fn remove(&mut self, at: u16) {
        let Some(row) = self.rows[usize::from(at)].take() else {
            return;
        };
        for id in row.vector.ids() {
            let Some(list) = self.lists.get_mut(id) else {
                continue;
            };
            if let Ok(place) = list.binary_search_by_key(&at, |posting| posting.row) {
                list.remove(place);
            }
            if list.is_empty() {
                self.lists.remove(id);
            }
        }
        self.free.push(at);
    }

    pub(super) fn get(&self, at: u16) -> Option<&Row> {
        self.rows.get(usize::from(at))?.as_ref()
    }

    /// The best that pass, and the best score of anyone; sums are by ascending id, as [`SparseVector::dot`] has them.
    pub(super) fn search(
        &self,
        query: &SparseVector,
        (k, filter): (usize, &Filter),
    ) -> (TopK<Scored<'_>>, f32) {
        let mut sums = vec![0.0_f32; self.rows.len()];
        for (id, asked) in query.iter() {
            for posting in self.lists.get(&id).into_iter().flatten() {
                sums[usize::from(posting.row)] += asked * posting.weight;
            }
        }
        let (mut top, mut best) = (TopK::new(k), 0.0_f32);
        for (row, &score) in self.rows.iter().zip(&sums) {
            let Some(row) = row.as_ref().filter(|_| score > 0.0) else {
                continue;
            };
            best = best.max(score);
            let scored = Scored {
                score,
                id: row.profile.id(),
                profile: Some(&row.profile),
                number: None,
            };
            // Facts are read of those alone who would be kept.
            if top.wants(&scored) && filter.matches(row.profile.facts()) {
                top.push(scored);
            }
        }
        (top, best)
    }
}
