//! How often the members of each group are chosen.

use std::collections::BTreeMap;
use std::fmt;

use super::error::AuditError;
use super::fisher::fisher_exact;
use super::groups::{Groups, Served};
use super::interval::{clopper_pearson, wilson};

/// The impact ratio below which the four-fifths rule flags a group.
const FOUR_FIFTHS: f64 = 0.8;

/// The share of all candidates below which a group may be left out of impact ratios (New York City's
/// 6 RCNY § 5-301).
const LEAST_SHARE: f64 = 0.02;

/// Below so many candidates, or chosen or not chosen ones, a rate says little.
const FEW_CANDIDATES: usize = 30;
const FEW_OF_A_KIND: usize = 5;

/// One group's rate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupRate {
    /// The group.
    pub group: String,
    /// How many of its members stood in a ranking; in two rankings, two.
    pub candidates: usize,
    /// How many of these were chosen.
    pub chosen: usize,
    /// Their share, from 0 to 1; `None` without candidates.
    pub rate: Option<f64>,
    /// Wilson's 95 % interval of the rate.
    pub wilson: (f64, f64),
    /// Clopper and Pearson's.
    pub exact: (f64, f64),
    /// The rate as a share of the highest rate of a group of at least 2 %; `None` for smaller groups, and
    /// where nobody was chosen.
    pub impact_ratio: Option<f64>,
    /// Fisher's two-sided p against the group of the highest rate; `None` for that group and where there is
    /// no impact ratio. Not corrected for the number of groups.
    pub p: Option<f64>,
    /// Whether the impact ratio is below four fifths. With few candidates chance alone does that: read it
    /// beside `p`.
    pub below_four_fifths: bool,
    /// Whether so few were there, were chosen or were not chosen that the rate says little.
    pub few: bool,
}

/// What it means to be chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Chosen {
    /// To stand among so many first places.
    First(usize),
    /// To score above the median of all scores, which is this.
    AboveMedian(f64),
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First(places) => write!(f, "among the first {places}"),
            Self::AboveMedian(median) => write!(f, "scored above the median, {median:.4}"),
        }
    }
}

/// The rates of all groups.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// What being chosen means here.
    pub chosen_by: Chosen,
    /// What groups the candidates.
    pub attribute: String,
    /// A row a group, by name.
    pub rows: Vec<GroupRate>,
    /// How many candidates of unknown group stood in a ranking.
    pub unknown: usize,
    /// How many of these were chosen.
    pub unknown_chosen: usize,
}

/// Candidates and chosen ones.
type Count = (usize, usize);

impl Rates {
    /// Being chosen is to stand among the first `k` of a ranking: the selection rate.
    ///
    /// # Errors
    ///
    /// [`AuditError::NobodyKnown`]; [`AuditError::Option`] for no place.
    pub fn selection(served: &[Served], groups: &Groups, k: usize) -> Result<Self, AuditError> {
        if k == 0 {
            return Err(AuditError::Option {
                name: "the number of places",
                value: 0.0,
                range: "1 or more",
            });
        }
        let each = served
            .iter()
            .flat_map(|served| served.ids().iter().enumerate());
        Self::of(
            Chosen::First(k),
            groups,
            each.map(|(at, id)| (groups.group(id), at < k)),
        )
    }

    /// Being chosen is to score above the median of all scores: the scoring rate of New York City's Local
    /// Law 144 (6 RCNY § 5-301). Scores are comparable within one model; rankings without scores are left
    /// out.
    ///
    /// # Errors
    ///
    /// [`AuditError::NobodyKnown`].
    pub fn scoring<'s>(served: &'s [Served], groups: &Groups) -> Result<Self, AuditError> {
        let each = || {
            let scored = |served: &'s Served| served.ids().iter().zip(served.scores());
            served.iter().flat_map(scored)
        };
        let mut scores: Vec<f64> = each().map(|(_, score)| *score).collect();
        scores.sort_unstable_by(f64::total_cmp);
        let median = median(&scores);
        let above = each().map(|(id, score)| (groups.group(id), *score > median));
        Self::of(Chosen::AboveMedian(median), groups, above)
    }

    fn of<'g>(
        chosen_by: Chosen,
        groups: &Groups,
        candidates: impl Iterator<Item = (Option<&'g str>, bool)>,
    ) -> Result<Self, AuditError> {
        let mut counts: BTreeMap<&str, Count> = groups
            .names()
            .into_iter()
            .map(|name| (name, (0, 0)))
            .collect();
        let mut unknown: Count = (0, 0);
        for (group, chosen) in candidates {
            let count = match group {
                Some(group) => counts.get_mut(group).expect("every group has a row"),
                None => &mut unknown,
            };
            count.0 += 1;
            count.1 += usize::from(chosen);
        }
        let known: usize = counts.values().map(|count| count.0).sum();
        if known == 0 {
            return Err(AuditError::NobodyKnown {
                candidates: unknown.0,
                attribute: groups.attribute().to_owned(),
            });
        }
        let enough = LEAST_SHARE * (known + unknown.0) as f64;
        let compared = |count: &Count| count.0 > 0 && count.0 as f64 >= enough;
        let best = counts.values().copied().filter(compared);
        let best = best.max_by(|a, b| share(*a).total_cmp(&share(*b)));
        let best = best.filter(|best| best.1 > 0);
        let row = |(group, count): (&&str, &Count)| {
            row(
                (*group).to_owned(),
                *count,
                best.filter(|_| compared(count)),
            )
        };
        Ok(Self {
            chosen_by,
            attribute: groups.attribute().to_owned(),
            rows: counts.iter().map(row).collect(),
            unknown: unknown.0,
            unknown_chosen: unknown.1,
        })
    }
}

fn share((candidates, chosen): Count) -> f64 {
    chosen as f64 / candidates as f64
}

/// A group's row, beside the count of the group of the highest rate.
fn row(group: String, count: Count, best: Option<Count>) -> GroupRate {
    let (candidates, chosen) = count;
    let impact_ratio = best.map(|best| share(count) / share(best));
    let others = best.filter(|best| share(*best) > share(count));
    GroupRate {
        group,
        candidates,
        chosen,
        rate: (candidates > 0).then(|| share(count)),
        wilson: wilson(chosen, candidates),
        exact: clopper_pearson(chosen, candidates),
        impact_ratio,
        p: others.map(|best| fisher_exact((chosen, candidates), (best.1, best.0))),
        below_four_fifths: impact_ratio.is_some_and(|ratio| ratio < FOUR_FIFTHS),
        few: candidates < FEW_CANDIDATES || chosen.min(candidates - chosen) < FEW_OF_A_KIND,
    }
}

/// The median of sorted numbers: between the middle two where their number is even.
fn median(sorted: &[f64]) -> f64 {
    match (sorted.len() / 2, sorted.len() % 2) {
        (0, 0) => 0.0,
        (middle, 1) => sorted[middle],
        (middle, _) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use ranker_core::CandidateId;

    use super::*;

    fn ids(names: impl IntoIterator<Item = String>) -> Vec<CandidateId> {
        let id = |name| CandidateId::new(name).unwrap();
        names.into_iter().map(id).collect()
    }

    /// 60 of group a, 40 of group b, 1 of c, 9 unknown, by the numbers that are chosen of each.
    fn sample(chosen: [usize; 4]) -> (Served, Groups, usize) {
        let sizes = [("a", 60), ("b", 40), ("c", 1), ("?", 9)];
        let name = |group: &str, at: usize| format!("{group}{at}");
        let part = |chosen_ones: bool| {
            let each = sizes.iter().zip(chosen);
            each.flat_map(move |((group, size), chosen)| {
                let range = if chosen_ones {
                    0..chosen
                } else {
                    chosen..*size
                };
                range.map(move |at| name(group, at))
            })
        };
        let served = Served::new(ids(part(true).chain(part(false))));
        let known = served
            .ids()
            .iter()
            .filter(|id| !id.as_str().starts_with('?'));
        let members = known.map(|id| (id.clone(), id.as_str()[..1].to_owned()));
        let groups = Groups::new("group", members.collect::<Vec<_>>()).unwrap();
        (served, groups, chosen.iter().sum())
    }

    #[test]
    fn selection_is_counted_by_group() {
        let (served, groups, k) = sample([30, 12, 1, 3]);
        let rates = Rates::selection(&[served], &groups, k).unwrap();
        let [a, b, c] = &rates.rows[..] else { panic!() };
        assert_eq!((a.candidates, a.chosen, a.rate), (60, 30, Some(0.5)));
        assert_eq!(
            (a.impact_ratio, a.p, a.below_four_fifths),
            (Some(1.0), None, false)
        );
        assert_eq!(b.rate, Some(0.3));
        assert_eq!(b.impact_ratio, Some(0.6));
        assert!(b.below_four_fifths && !b.few);
        assert_eq!(b.p, Some(fisher_exact((12, 40), (30, 60))));
        assert_eq!(
            (c.rate, c.impact_ratio, c.few),
            (Some(1.0), None, true),
            "below 2 %"
        );
        assert_eq!((rates.unknown, rates.unknown_chosen), (9, 3));
    }

    #[test]
    fn nobody_chosen_has_no_ratio() {
        let (served, groups, _) = sample([0, 0, 0, 1]);
        let rates = Rates::selection(&[served], &groups, 1).unwrap();
        assert!(
            rates
                .rows
                .iter()
                .all(|row| row.impact_ratio.is_none() && !row.below_four_fifths)
        );
    }

    #[test]
    fn scoring_is_above_the_median_of_all() {
        let names = ["a1", "a2", "b1", "b2", "?1"].map(String::from);
        let served = Served::new(ids(names)).with_scores(vec![5.0, 3.0, 4.0, 1.0, 2.0]);
        let members = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b")];
        let members = members.map(|(id, group)| (CandidateId::new(id).unwrap(), group));
        let groups = Groups::new("group", members).unwrap();
        let rates = Rates::scoring(&[served.unwrap()], &groups).unwrap();
        assert_eq!(
            rates.chosen_by.to_string(),
            "scored above the median, 3.0000"
        );
        let rates: Vec<_> = rates.rows.iter().map(|row| row.rate).collect();
        assert_eq!(
            rates,
            [Some(0.5), Some(0.5)],
            "the median itself is not above it"
        );
    }

    #[test]
    fn what_cannot_be_audited_is_an_error() {
        let nobody = Groups::new("sex", Vec::<(CandidateId, String)>::new()).unwrap();
        let served = [Served::new(ids(["p".to_owned()]))];
        let error = Rates::selection(&served, &nobody, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "none of the 1 candidates shown has a value of sex"
        );
        let error = Rates::selection(&served, &nobody, 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the number of places is 0; it must lie in 1 or more"
        );
    }
}
