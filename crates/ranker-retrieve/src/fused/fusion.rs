//! Ways to make one score of several.

use std::collections::HashMap;

use ranker_core::{CandidateId, Hit, LegScore, Score};

/// How the legs' scores become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Fusion {
    /// `Σ wᵢ · shareᵢ`: a leg's share is the candidate's score over the best score that the leg
    /// gives anyone for this query, in `0..=1` ([`LegScore::share`]). A good match stays a good
    /// match however many are better.
    #[default]
    Weighted,
    /// `Σ wᵢ / (k + rankᵢ)` (Cormack, Clarke and Büttcher, 2009, with `k` = 60), ranks from 1: for
    /// legs whose scores give only an order.
    ReciprocalRank {
        /// How little the first ranks differ.
        k: u32,
    },
}

impl Fusion {
    /// Reciprocal rank fusion with the `k` of its paper, 60.
    #[must_use]
    pub fn reciprocal_rank() -> Self {
        Self::ReciprocalRank { k: 60 }
    }
}

/// Where a leg ranks a candidate among all candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// From 1.
    At(usize),
    /// Behind all that were requested.
    Beyond,
    /// Not at all: the leg returned all it would, without this one.
    Never,
}

/// Each candidate's rank in a leg's `hits`, of which `depth` were requested.
pub(super) fn ranks(hits: &[Hit], depth: usize, ids: &[CandidateId]) -> Vec<Rank> {
    let places: HashMap<&CandidateId, usize> = hits.iter().map(Hit::id).zip(1..).collect();
    let otherwise = if hits.len() < depth {
        Rank::Never
    } else {
        Rank::Beyond
    };
    let rank = |id| places.get(id).map_or(otherwise, |&place| Rank::At(place));
    ids.iter().map(rank).collect()
}

/// Ranks those [`Rank::Beyond`] `depth` among themselves, by the scores that the leg gives them.
///
/// A filter leaves many of them, and they must not all be equal; without one there are few, and
/// their true ranks are not worth a search.
pub(super) fn settle(
    ranks: &mut [Rank],
    depth: usize,
    ids: &[CandidateId],
    scores: &[Option<LegScore>],
) {
    let mut beyond: Vec<(Score, &CandidateId, usize)> = (0..ranks.len())
        .filter(|&at| ranks[at] == Rank::Beyond)
        .filter_map(|at| Some((scores[at].as_ref()?.score, &ids[at], at)))
        .collect();
    beyond.sort_by(|a, b| Score::best_first((a.0, a.1), (b.0, b.1)));
    for ((_, _, at), place) in beyond.into_iter().zip(depth + 1..) {
        ranks[at] = Rank::At(place);
    }
}

/// What a leg of weight `weight` adds for a candidate at `rank`.
pub(super) fn reciprocal(weight: f64, k: u32, rank: Rank) -> f64 {
    match rank {
        Rank::At(rank) => weight / (f64::from(k) + rank as f64),
        Rank::Beyond | Rank::Never => 0.0,
    }
}

/// The sum of the legs' parts, in an order of its own: the legs' order must not show in the last
/// bit, which would break ties.
pub(super) fn sum(parts: impl IntoIterator<Item = f64>) -> f64 {
    let mut parts: Vec<f64> = parts.into_iter().collect();
    parts.sort_by(f64::total_cmp);
    parts.into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> CandidateId {
        CandidateId::new(text).unwrap()
    }

    fn score(value: f64) -> Score {
        Score::new(value).unwrap()
    }

    #[test]
    fn ranks_count_from_one_and_settle_behind_the_depth() {
        let hits = ["a", "b"].map(|name| Hit::new(id(name), score(1.0)));
        let ids = ["b", "x", "y", "z"].map(id);
        assert_eq!(
            ranks(&hits, 3, &ids),
            [Rank::At(2), Rank::Never, Rank::Never, Rank::Never],
            "fewer came than were requested: those are all"
        );
        let mut found = ranks(&hits, 2, &ids);
        let scored = |value| Some(LegScore::new("leg", score(value), score(1.0)));
        settle(
            &mut found,
            2,
            &ids,
            &[scored(0.9), scored(0.1), None, scored(0.5)],
        );
        assert_eq!(found, [Rank::At(2), Rank::At(4), Rank::Beyond, Rank::At(3)]);
    }

    #[test]
    fn a_rank_counts_its_reciprocal() {
        assert_eq!(reciprocal(2.0, 60, Rank::At(1)), 2.0 / 61.0);
        assert_eq!(reciprocal(2.0, 60, Rank::Never), 0.0);
    }
}
