//! The attention that a place draws.

use std::collections::BTreeMap;

use super::groups::{Groups, Served};

/// What the places of a group are worth.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupExposure {
    /// The group.
    pub group: String,
    /// How many of its members stood in a ranking; in two rankings, two.
    pub candidates: usize,
    /// Their mean exposure: 1 for the first place, falling with its logarithm.
    pub mean: f64,
    /// The mean as a share of that of the group with the highest.
    pub ratio: f64,
}

/// The mean exposure of each group that stands in a ranking, by name, where place `r` (from 1) is worth
/// `1 / log2(1 + r)` (Singh and Joachims 2018). Candidates of unknown group keep their places and are not
/// counted.
#[must_use]
pub fn exposures(served: &[Served], groups: &Groups) -> Vec<GroupExposure> {
    let mut sums: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for (at, id) in served
        .iter()
        .flat_map(|served| served.ids().iter().enumerate())
    {
        if let Some(group) = groups.group(id) {
            let sum = sums.entry(group).or_default();
            sum.0 += 1;
            sum.1 += 1.0 / ((at + 2) as f64).log2();
        }
    }
    let mean = |(count, sum): (usize, f64)| sum / count as f64;
    let best = sums.values().map(|sum| mean(*sum)).fold(0.0, f64::max);
    let exposure = |(group, sum): (&str, (usize, f64))| GroupExposure {
        group: group.to_owned(),
        candidates: sum.0,
        mean: mean(sum),
        ratio: mean(sum) / best,
    };
    sums.into_iter().map(exposure).collect()
}

#[cfg(test)]
mod tests {
    use ranker_core::CandidateId;

    use super::*;

    #[test]
    fn a_place_is_worth_less_the_further_down_it_is() {
        let ids = ["a", "?", "b"].map(|id| CandidateId::new(id).unwrap());
        let members = [(ids[0].clone(), "a"), (ids[2].clone(), "b")];
        let groups = Groups::new("group", members).unwrap();
        let exposures = exposures(&[Served::new(ids.to_vec())], &groups);
        assert_eq!((exposures[0].mean, exposures[0].ratio), (1.0, 1.0));
        assert_eq!((exposures[1].mean, exposures[1].ratio), (0.5, 0.5));
    }
}
