//! Team-draft interleaving.

use std::collections::HashSet;

use ranker_core::CandidateId;

use crate::random::Stream;

/// Whose candidate it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Team {
    /// The first ranker's.
    A,
    /// The second ranker's.
    B,
}

/// Shows the lists of two rankers as one, and knows which ranker each candidate came from.
///
/// Team-draft interleaving (Radlinski, Kurup and Joachims 2008): as captains pick teams, the ranker
/// with fewer candidates so far adds its best that is not shown yet; with equal teams a coin
/// decides. Where both rankers agree from the top on, nobody's candidate is better: those positions
/// belong to no team, which leaves the expectation as it is and takes noise away.
///
/// ```
/// use ranker_core::CandidateId;
/// use ranker_rlhf::interleave::{Tally, Team, TeamDraft};
///
/// let ids = |names: &str| -> Vec<CandidateId> {
///     names.split(' ').map(|id| CandidateId::new(id).unwrap()).collect()
/// };
/// let draft = TeamDraft::new(7).draft("ranking 1", [&ids("a b c d"), &ids("a d c b")], 3);
/// assert_eq!(draft.teams[0], None);
/// let mut tally = Tally::default();
/// tally.add(draft.credit(&[0.0, 1.0, 0.0]));
/// assert_eq!(tally.result().impressions, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamDraft {
    seed: u64,
}

/// One list of two rankers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interleaved {
    /// Who is shown, from the top.
    pub order: Vec<CandidateId>,
    /// Whose candidate each is; nobody's where both rankers agree from the top on.
    pub teams: Vec<Option<Team>>,
}

impl TeamDraft {
    /// Coins from (seed, ranking id): a list can be drafted again.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The list of a ranking: the first `shown` positions, or fewer where the rankers have fewer.
    /// A candidate that a ranker lists twice counts at its first place.
    #[must_use]
    pub fn draft(&self, ranking: &str, [a, b]: [&[CandidateId]; 2], shown: usize) -> Interleaved {
        let mut coins = Stream::named(self.seed, ranking);
        let agreed = a
            .iter()
            .zip(b)
            .take_while(|(a, b)| a == b)
            .count()
            .min(shown);
        let mut list = Interleaved {
            order: Vec::new(),
            teams: Vec::new(),
        };
        let mut seen: HashSet<&CandidateId> = HashSet::new();
        for candidate in &a[..agreed] {
            if seen.insert(candidate) {
                list.push(candidate, None);
            }
        }
        let (mut of_a, mut of_b) = (0, 0);
        while list.order.len() < shown {
            let next = |list: &'_ [CandidateId]| list.iter().position(|c| !seen.contains(c));
            let team = match (next(a), next(b)) {
                (None, None) => break,
                (Some(_), None) => Team::A,
                (None, Some(_)) => Team::B,
                (Some(_), Some(_)) if of_a < of_b => Team::A,
                (Some(_), Some(_)) if of_b < of_a => Team::B,
                (Some(_), Some(_)) if coins.coin() => Team::A,
                (Some(_), Some(_)) => Team::B,
            };
            let (from, count) = match team {
                Team::A => (a, &mut of_a),
                Team::B => (b, &mut of_b),
            };
            *count += 1;
            if let Some(candidate) = from.iter().find(|c| !seen.contains(c)) {
                seen.insert(candidate);
                list.push(candidate, Some(team));
            }
        }
        list
    }
}

impl Interleaved {
    fn push(&mut self, candidate: &CandidateId, team: Option<Team>) {
        self.order.push(candidate.clone());
        self.teams.push(team);
    }

    /// What the first ranker's candidates earned less what the second's did. Positions past the
    /// rewards earned nothing, and a reward that is no number counts as nothing.
    #[must_use]
    pub fn credit(&self, rewards: &[f64]) -> f64 {
        let earned = self.teams.iter().zip(rewards);
        let earned = earned.filter(|(_, reward)| reward.is_finite());
        let signed = earned.map(|(team, reward)| match team {
            Some(Team::A) => *reward,
            Some(Team::B) => -reward,
            None => 0.0,
        });
        signed.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &str) -> Vec<CandidateId> {
        names
            .split_whitespace()
            .map(|id| CandidateId::new(id).unwrap())
            .collect()
    }

    #[test]
    fn the_teams_differ_by_one_at_most_and_nobody_is_shown_twice() {
        let (a, b) = (ids("a b c d e f"), ids("c a f x y"));
        for ranking in 0..200 {
            let list = TeamDraft::new(3).draft(&ranking.to_string(), [&a, &b], 6);
            assert_eq!(list.order.iter().collect::<HashSet<_>>().len(), 6);
            for end in 1..=6 {
                let of = |team| {
                    list.teams[..end]
                        .iter()
                        .filter(|t| **t == Some(team))
                        .count()
                };
                assert!(of(Team::A).abs_diff(of(Team::B)) <= 1);
            }
        }
    }

    #[test]
    fn agreement_from_the_top_is_nobodys() {
        let list = TeamDraft::new(0).draft("r", [&ids("a b c d"), &ids("a b d c")], 4);
        assert_eq!(list.teams[..2], [None, None]);
        assert!(list.teams[2..].iter().all(Option::is_some));
        assert_eq!(list.credit(&[1.0, 1.0, f64::NAN]), 0.0);
    }

    #[test]
    fn short_and_empty_lists_are_used_up() {
        let draft = TeamDraft::new(0);
        let list = draft.draft("r", [&ids("a"), &ids("b c d")], 10);
        assert_eq!(list.order.len(), 4);
        assert!(draft.draft("r", [&[], &[]], 10).order.is_empty());
        assert!(draft.draft("r", [&ids("a"), &ids("a")], 0).order.is_empty());
        assert_eq!(
            draft.draft("r", [&ids("a a b"), &ids("a a b")], 5).order,
            ids("a b")
        );
    }
}
