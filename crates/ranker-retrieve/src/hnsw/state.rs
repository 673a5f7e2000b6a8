//! The graph and what has changed since it was built.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile};

use super::graph::Graph;
use super::options::HnswOptions;
use super::view::View;
use crate::entry::Entry;
use crate::error::IndexError;

/// Where a live candidate is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Point(usize),
    Added(usize),
}

/// The graph, tombstones on its points, and entries added since.
#[derive(Debug)]
pub(super) struct State {
    pub(super) options: HnswOptions,
    pub(super) holds_profiles: bool,
    graph: Arc<Graph>,
    removed: Arc<Vec<bool>>,
    removed_points: usize,
    added: Arc<Vec<Entry>>,
    places: HashMap<CandidateId, Place>,
    /// How many changes there have been, ever.
    changes: u64,
    /// How many of them the graph has seen.
    built_at: u64,
    /// The last change of each candidate that the graph has not seen.
    unseen: HashMap<CandidateId, u64>,
}

impl State {
    /// A graph all of whose points are live.
    pub(super) fn new(graph: Graph, holds_profiles: bool, options: HnswOptions) -> Self {
        let points = graph.entries.iter().zip(0..);
        let places = points.map(|(entry, at)| (entry.id.clone(), Place::Point(at)));
        Self {
            options,
            holds_profiles,
            places: places.collect(),
            removed: Arc::new(vec![false; graph.entries.len()]),
            removed_points: 0,
            graph: Arc::new(graph),
            added: Arc::default(),
            changes: 0,
            built_at: 0,
            unseen: HashMap::new(),
        }
    }

    /// What a file holds: a graph, which of its points were removed, and what was added since.
    /// `None` where ids or dimensions clash.
    pub(super) fn restore(
        graph: Graph,
        removed: &[bool],
        added: Vec<(CandidateId, Embedding)>,
        options: HnswOptions,
    ) -> Option<Self> {
        let points = graph.entries.len();
        let mut state = Self::new(graph, false, options);
        if state.places.len() != points {
            return None;
        }
        for point in (0..points).filter(|&point| removed[point]) {
            let id = state.graph.entries[point].id.clone();
            state.remove(&id).ok()?;
        }
        for entry in added {
            state.insert(entry.into()).ok()?;
        }
        Some(state)
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Entries beside the graph and points struck from it.
    pub(super) fn pending(&self) -> usize {
        self.added.len() + self.removed_points
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn dimension(&self) -> Option<usize> {
        let of_added = || Some(self.added.first()?.embedding.dimension());
        self.graph.dimension().or_else(of_added)
    }

    pub(super) fn view(&self) -> View {
        View {
            graph: Arc::clone(&self.graph),
            removed: Arc::clone(&self.removed),
            live_points: self.graph.entries.len() - self.removed_points,
            added: Arc::clone(&self.added),
            ef: self.options.ef_search as usize,
        }
    }

    pub(super) fn get(&self, id: &CandidateId) -> Option<&Entry> {
        self.places.get(id).map(|&place| self.at(place))
    }

    fn at(&self, place: Place) -> &Entry {
        match place {
            Place::Point(at) => &self.graph.entries[at],
            Place::Added(at) => &self.added[at],
        }
    }

    /// All live entries, to build a graph of.
    pub(super) fn live(&self) -> Vec<Entry> {
        let points = self.graph.entries.iter().zip(self.removed.iter());
        let points = points.filter(|(_, removed)| !**removed);
        let points = points.map(|(entry, _)| entry);
        points.chain(self.added.iter()).cloned().collect()
    }

    pub(super) fn insert(&mut self, entry: Entry) -> Result<(), IndexError> {
        if self.places.contains_key(&entry.id) {
            return Err(IndexError::DuplicateId { id: entry.id });
        }
        let entry = self.admit(entry)?;
        self.add(entry);
        Ok(())
    }

    pub(super) fn update(&mut self, entry: Entry) -> Result<(), IndexError> {
        if !self.places.contains_key(&entry.id) {
            return Err(IndexError::UnknownId { id: entry.id });
        }
        let entry = self.admit(entry)?;
        self.remove(&entry.id.clone())?;
        self.add(entry);
        Ok(())
    }

    pub(super) fn remove(&mut self, id: &CandidateId) -> Result<(), IndexError> {
        let unknown = || IndexError::UnknownId { id: id.clone() };
        match self.places.remove(id).ok_or_else(unknown)? {
            Place::Point(at) => self.strike(at),
            Place::Added(at) => {
                let added = Arc::make_mut(&mut self.added);
                added.swap_remove(at);
                if let Some(moved) = added.get(at) {
                    self.places.insert(moved.id.clone(), Place::Added(at));
                }
            }
        }
        self.changed(id.clone());
        Ok(())
    }

    /// The entry as this index keeps it.
    fn admit(&self, mut entry: Entry) -> Result<Entry, IndexError> {
        if !entry.further.is_empty() {
            return Err(IndexError::SeveralVectors { id: entry.id });
        }
        let actual = entry.embedding.dimension();
        if let Some(expected) = self.dimension().filter(|&expected| expected != actual) {
            return Err(IndexError::Dimension { expected, actual });
        }
        if self.holds_profiles && entry.profile.is_none() {
            return Err(IndexError::NoProfile { id: entry.id });
        }
        entry.profile = entry.profile.filter(|_| self.holds_profiles);
        Ok(entry)
    }

    fn add(&mut self, entry: Entry) {
        let place = Place::Added(self.added.len());
        self.places.insert(entry.id.clone(), place);
        self.changed(entry.id.clone());
        Arc::make_mut(&mut self.added).push(entry);
    }

    /// Puts a tombstone on a point.
    pub(super) fn strike(&mut self, point: usize) {
        Arc::make_mut(&mut self.removed)[point] = true;
        self.removed_points += 1;
    }

    fn changed(&mut self, id: CandidateId) {
        self.changes += 1;
        self.unseen.insert(id, self.changes);
    }

    /// Takes a graph of all entries that were live when there had been `seen` changes, and makes good
    /// what has changed since. A graph older than the present one is dropped.
    pub(super) fn replace_graph(&mut self, graph: Graph, seen: u64) {
        if seen < self.built_at {
            return;
        }
        self.unseen.retain(|_, change| *change > seen);
        let changed = self.unseen.keys().filter_map(|id| self.get(id).cloned());
        let changed: Vec<Entry> = changed.collect();
        let mut next = Self::new(graph, self.holds_profiles, self.options);
        for id in self.unseen.keys() {
            if let Some(Place::Point(at)) = next.places.remove(id) {
                next.strike(at);
            }
        }
        for entry in changed {
            next.add(entry);
        }
        next.changes = self.changes;
        next.built_at = seen;
        next.unseen = std::mem::take(&mut self.unseen);
        *self = next;
    }

    /// Gives every live candidate its profile; those removed need none.
    pub(super) fn hold_profiles(
        &mut self,
        profiles: &HashMap<CandidateId, Arc<Profile>>,
    ) -> Result<(), IndexError> {
        let missing = self.places.keys().filter(|id| !profiles.contains_key(*id));
        if let Some(id) = missing.min() {
            return Err(IndexError::NoProfile { id: id.clone() });
        }
        let give = |entry: &Entry| Entry {
            profile: profiles.get(&entry.id).cloned(),
            ..entry.clone()
        };
        self.added = Arc::new(self.added.iter().map(give).collect());
        self.graph = Arc::new(self.graph.map_entries(give));
        self.holds_profiles = true;
        Ok(())
    }
}
