//! The graph over a fixed set of vectors.

use std::fmt;
use std::sync::{Arc, Mutex};

use instant_distance::{Builder, Hnsw, Search};
use ranker_core::Embedding;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::options::HnswOptions;
use crate::dot::dot;
use crate::entry::Entry;
use crate::lock::lock;

/// A vector as a point of the graph. It shares the embedding's memory.
#[derive(Debug, Clone)]
pub(crate) struct Point(pub(crate) Embedding);

impl instant_distance::Point for Point {
    /// Falls as the cosine of unit vectors rises.
    fn distance(&self, other: &Self) -> f32 {
        1.0 - dot(self.0.as_slice(), other.0.as_slice())
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let vector = Vec::deserialize(from)?;
        let vector = Embedding::unit(vector).map_err(serde::de::Error::custom)?;
        Ok(Self(vector))
    }
}

/// The graph, and the candidates of its points. Never changed: a change is kept beside it until a rebuild.
pub(crate) struct Graph {
    pub(super) hnsw: Arc<Hnsw<Point>>,
    /// The points' candidates, in the graph's order; their vectors are the graph's own.
    pub(super) entries: Vec<Entry>,
    /// Working memory of searches, a byte a point each.
    searches: Mutex<Vec<Search>>,
}

impl Graph {
    /// Links the entries, on rayon's threads.
    pub(super) fn build(entries: Vec<Entry>, options: HnswOptions) -> Self {
        let points = entries.iter().map(|entry| Point(entry.embedding.clone()));
        let (hnsw, places) = Builder::default()
            .ef_search(options.ef_search as usize)
            .ef_construction(options.ef_construction as usize)
            .seed(options.seed)
            .build_hnsw(points.collect());
        // The builder shuffles the points and returns the new place of each.
        let mut placed: Vec<_> = places.into_iter().zip(entries).collect();
        placed.sort_unstable_by_key(|(place, _)| *place);
        Self::new(
            Arc::new(hnsw),
            placed.into_iter().map(|(_, entry)| entry).collect(),
        )
    }

    /// Joins a graph and its points' candidates.
    pub(super) fn new(hnsw: Arc<Hnsw<Point>>, entries: Vec<Entry>) -> Self {
        Self {
            hnsw,
            entries,
            searches: Mutex::default(),
        }
    }

    /// The same graph, with its points' candidates changed.
    pub(super) fn map_entries(&self, change: impl FnMut(&Entry) -> Entry) -> Self {
        let entries = self.entries.iter().map(change).collect();
        Self::new(Arc::clone(&self.hnsw), entries)
    }

    pub(super) fn dimension(&self) -> Option<usize> {
        let first = self.entries.first()?;
        Some(first.embedding.dimension())
    }

    /// Points near the query, at most `ef_search` of them; most of the nearest are among them.
    pub(super) fn near(&self, query: &Embedding) -> Vec<usize> {
        let mut search = lock(&self.searches).pop().unwrap_or_default();
        let found = self.hnsw.search(&Point(query.clone()), &mut search);
        let points = found.map(|item| item.pid.into_inner() as usize).collect();
        lock(&self.searches).push(search);
        points
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("points", &self.entries.len())
            .field("dimension", &self.dimension())
            .finish_non_exhaustive()
    }
}
