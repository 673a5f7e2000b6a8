//! Exact search over rows.

use std::sync::Arc;

use ranker_core::{CandidateId, Filter, Hit, Profile, RetrieveError};

use crate::dot::dot;
use crate::scored::{Scored, hits};
use crate::top_k::TopK;

/// Multiplications below which a scan is faster than handing it to other threads.
pub(crate) const SMALL: usize = 1 << 20;

/// One indexed candidate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) id: &'a CandidateId,
    pub(crate) vector: &'a [f32],
    /// Further vectors, one after the other; none of most.
    pub(crate) further: &'a [f32],
    pub(crate) profile: Option<&'a Arc<Profile>>,
    /// The number by which a collection knows the candidate.
    pub(crate) number: Option<u64>,
}

impl Row<'_> {
    /// The best score of its vectors.
    pub(crate) fn score(&self, query: &[f32]) -> f32 {
        let first = dot(query, self.vector);
        match self.further {
            [] => first,
            further => {
                let further = further.chunks_exact(query.len().max(1));
                let scores = further.map(|vector| dot(query, vector));
                scores.fold(first, f32::max)
            }
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan<'q> {
    pub(crate) query: &'q [f32],
    pub(crate) k: usize,
    pub(crate) filter: &'q Filter,
}

/// The best rows that pass, and the best score of anyone.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    best: f32,
    top: TopK<Scored<'a>>,
}

impl<'a> Found<'a> {
    pub(crate) fn nothing(k: usize) -> Self {
        Self {
            best: f32::NEG_INFINITY,
            top: TopK::new(k),
        }
    }

    /// Scores every row, also those that the filter refuses: their scores count for the best of
    /// the query. The filter is evaluated only for rows good enough to be kept, which are few.
    pub(crate) fn scan(mut self, scan: Scan<'_>, rows: impl Iterator<Item = Row<'a>>) -> Self {
        let everyone = scan.filter.is_all();
        for row in rows {
            let scored = Scored {
                score: row.score(scan.query),
                id: row.id,
                profile: row.profile,
                number: row.number,
            };
            self.best = self.best.max(scored.score);
            let passes = || {
                let facts = row.profile.map(|profile| profile.facts());
                everyone || facts.is_some_and(|facts| scan.filter.matches(facts))
            };
            if self.top.wants(&scored) && passes() {
                self.top.push(scored);
            }
        }
        self
    }

    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            best: self.best.max(other.best),
            top: self.top.merge(other.top),
        }
    }

    pub(crate) fn into_top(self) -> TopK<Scored<'a>> {
        self.top
    }

    /// Hits with the one leg `name`.
    pub(crate) fn into_hits(self, name: &Arc<str>) -> Result<Vec<Hit>, RetrieveError> {
        hits(self.top, self.best, name)
    }
}
