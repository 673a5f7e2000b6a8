//! Searching the state of one moment.

use std::sync::Arc;

use ranker_core::{Embedding, Hit, RetrieveError};
use rayon::prelude::*;

use super::graph::Graph;
use crate::entry::Entry;
use crate::scan::{Found, SMALL, Scan};

/// Entries that one thread scans at a time.
const BLOCK: usize = 4096;

/// What a search needs. Cheap to take; a search holds no lock while it computes.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) graph: Arc<Graph>,
    /// The points struck from the graph.
    pub(super) removed: Arc<Vec<bool>>,
    /// The points that are not.
    pub(super) live_points: usize,
    /// Entries beside the graph.
    pub(super) added: Arc<Vec<Entry>>,
    /// The most points that a search of the graph finds.
    pub(super) ef: usize,
}

impl View {
    /// The multiplications of one exact search.
    pub(super) fn work(&self) -> usize {
        let of = |entries: &[Entry]| {
            let first = entries.first();
            first.map_or(0, |entry| entry.embedding.dimension() * entries.len())
        };
        of(&self.graph.entries).saturating_add(of(&self.added))
    }

    /// Hits by way of the graph where it can answer; by comparing with all entries where there is a
    /// filter, where more is requested than a search of the graph keeps in view, or where so many
    /// of the points found were removed that too few are left.
    pub(super) fn search(
        &self,
        query: &Embedding,
        scan: Scan<'_>,
        name: &Arc<str>,
    ) -> Result<Vec<Hit>, RetrieveError> {
        if scan.k == 0 {
            return Ok(Vec::new());
        }
        let by_graph = scan.filter.is_all() && scan.k <= self.ef;
        let near = by_graph.then(|| self.near(query));
        let near = near.filter(|near| near.len() >= scan.k.min(self.live_points));
        let of_graph = match near {
            Some(near) => {
                let rows = near.into_iter().map(|at| self.graph.entries[at].as_row());
                Found::nothing(scan.k).scan(scan, rows)
            }
            None => self.scan_all(scan, &self.graph.entries, |at| !self.removed[at]),
        };
        let of_added = self.scan_all(scan, &self.added, |_| true);
        of_graph.merge(of_added).into_hits(name)
    }

    fn near(&self, query: &Embedding) -> Vec<usize> {
        let mut points = self.graph.near(query);
        points.retain(|&point| !self.removed[point]);
        points
    }

    /// Compares with every entry that is live.
    fn scan_all<'a>(
        &self,
        scan: Scan<'_>,
        entries: &'a [Entry],
        live: impl Fn(usize) -> bool + Sync,
    ) -> Found<'a> {
        let nothing = || Found::nothing(scan.k);
        let block = |from: usize, to: usize| {
            let at = (from..to).filter(|&at| live(at));
            nothing().scan(scan, at.map(|at| entries[at].as_row()))
        };
        let len = entries.len();
        if self.work() <= SMALL {
            return block(0, len);
        }
        (0..len.div_ceil(BLOCK))
            .into_par_iter()
            .map(|i| block(i * BLOCK, len.min((i + 1) * BLOCK)))
            .reduce(nothing, Found::merge)
    }
}
