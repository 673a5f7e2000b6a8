//! Orders that keep to a wanted mixture at every place.

use std::collections::BTreeMap;

use super::groups::{Groups, Served};
use super::mixture::Mixture;

/// DetGreedy (Geyik et al. 2019, algorithm 1): at each place the best candidate of the groups that have
/// less than the whole number below their share of the head, else the best of those below the whole number
/// above it. Places of the old order, best first; candidates without a share stand wherever no group is
/// short.
#[must_use]
pub fn det_greedy(served: &Served, groups: &Groups, mixture: &Mixture) -> Vec<usize> {
    arranged(served, groups, mixture, |_, open| open)
}

/// DetRelaxed (Geyik et al. 2019, algorithm 2): as [`det_greedy`], but where no group is short, only those
/// that will be short first are open.
#[must_use]
pub fn det_relaxed(served: &Served, groups: &Groups, mixture: &Mixture) -> Vec<usize> {
    arranged(served, groups, mixture, |k, open| {
        let due = |group: &&str| {
            let share = mixture.share(group);
            ((share * k as f64).ceil() / share).ceil()
        };
        let first = open.iter().map(due).fold(f64::INFINITY, f64::min);
        open.into_iter()
            .filter(|group| due(group) <= first)
            .collect()
    })
}

/// The groups' candidates, each in their order; `choose` picks from the groups that may have the next
/// place, which is the `k`-th.
fn arranged<'g>(
    served: &Served,
    groups: &'g Groups,
    mixture: &'g Mixture,
    choose: impl Fn(usize, Vec<&'g str>) -> Vec<&'g str>,
) -> Vec<usize> {
    let group_of = |at: usize| {
        let group = groups.group(&served.ids()[at]);
        group.filter(|group| mixture.share(group) > 0.0)
    };
    let mut waiting: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for at in (0..served.ids().len()).rev() {
        waiting.entry(group_of(at)).or_default().push(at);
    }
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    let mut order = Vec::with_capacity(served.ids().len());
    for k in 1..=served.ids().len() {
        let there = |group: &str| {
            waiting
                .get(&Some(group))
                .is_some_and(|left| !left.is_empty())
        };
        let below = |bound: fn(f64) -> f64| -> Vec<&'g str> {
            let of_share = |(group, share): (&'g str, f64)| {
                let count = counts.get(group).copied().unwrap_or(0.0);
                (there(group) && count < bound(share * k as f64)).then_some(group)
            };
            mixture.iter().filter_map(of_share).collect()
        };
        let short = below(f64::floor);
        let open = match short.is_empty() {
            true => choose(k, below(f64::ceil)),
            false => short.clone(),
        };
        let may = |group: &Option<&str>| match group {
            Some(group) => open.contains(group),
            None => short.is_empty(),
        };
        // Where every group is full, whoever comes next.
        let best = |all: bool| {
            let left = waiting.iter().filter(|(group, _)| all || may(group));
            left.filter_map(|(_, left)| left.last().copied()).min()
        };
        let Some(at) = best(false).or_else(|| best(true)) else {
            break;
        };
        if let Some(left) = waiting.get_mut(&group_of(at)) {
            left.pop();
        }
        if let Some(group) = group_of(at) {
            *counts.entry(group).or_default() += 1.0;
        }
        order.push(at);
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ranker_core::CandidateId;

    use super::*;

    fn ranking(letters: &str) -> (Served, Groups) {
        let id = |(at, group): (usize, char)| CandidateId::new(format!("{group}{at}")).unwrap();
        let ids: Vec<CandidateId> = letters.chars().enumerate().map(id).collect();
        let known = ids.iter().filter(|id| !id.as_str().starts_with('?'));
        let members = known.map(|id| (id.clone(), id.as_str()[..1].to_owned()));
        let groups = Groups::new("group", members.collect::<Vec<_>>()).unwrap();
        (Served::new(ids), groups)
    }

    fn arranged_by(order: &[usize], letters: &str) -> String {
        let letters: Vec<char> = letters.chars().collect();
        order.iter().map(|&at| letters[at]).collect()
    }

    #[test]
    fn halves_alternate_as_far_as_both_are_there() {
        let letters = "aaaaabbb";
        let (served, groups) = ranking(letters);
        let mixture = Mixture::new([("a", 1.0), ("b", 1.0)]).unwrap();
        let greedy = det_greedy(&served, &groups, &mixture);
        assert_eq!(arranged_by(&greedy, letters), "abababaa");
        let relaxed = det_relaxed(&served, &groups, &mixture);
        assert_eq!(arranged_by(&relaxed, letters), "abababaa");
    }

    #[test]
    fn the_unknown_stand_where_no_group_is_short() {
        let (served, groups) = ranking("?a?bb");
        let mixture = Mixture::new([("a", 1.0), ("b", 1.0)]).unwrap();
        let order = det_greedy(&served, &groups, &mixture);
        assert_eq!(order[0], 0);
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4]);
    }

    proptest! {
        /// Every candidate has one place, and no group falls below the whole number under its share of a
        /// head while it has candidates left (two groups, for which the paper proves it).
        #[test]
        fn shares_are_kept(letters in "[ab]{1,40}", share in 0.1..0.9f64) {
            let (served, groups) = ranking(&letters);
            let mixture = Mixture::new([("a", share), ("b", 1.0 - share)]).unwrap();
            for order in [det_greedy(&served, &groups, &mixture), det_relaxed(&served, &groups, &mixture)] {
                let mut all = order.clone();
                all.sort_unstable();
                prop_assert_eq!(all, (0..letters.len()).collect::<Vec<_>>());
                let arranged = arranged_by(&order, &letters);
                for (group, share) in [('a', share), ('b', 1.0 - share)] {
                    let total = letters.chars().filter(|&other| other == group).count();
                    for k in 1..=letters.len() {
                        let count = arranged[..k].chars().filter(|&other| other == group).count();
                        let least = ((share * k as f64).floor() as usize).min(total);
                        prop_assert!(count >= least, "{arranged} {group} {k}");
                    }
                }
            }
        }
    }
}
