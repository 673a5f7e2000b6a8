//! How far the heads of rankings are from a wanted mixture of groups.

use std::collections::BTreeMap;

use super::error::AuditError;
use super::groups::{Groups, Served};

/// The places between two cuts of [`rkl`].
const STEP: usize = 10;

/// A share for each group; together 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture(BTreeMap<String, f64>);

impl Mixture {
    /// Shares in the proportion of these weights.
    ///
    /// # Errors
    ///
    /// [`AuditError::Option`] for a weight that is negative or not finite, or where all are 0.
    pub fn new<G: Into<String>>(
        weights: impl IntoIterator<Item = (G, f64)>,
    ) -> Result<Self, AuditError> {
        let named = weights
            .into_iter()
            .map(|(group, weight)| (group.into(), weight));
        let weights: BTreeMap<String, f64> = named.collect();
        let sum: f64 = weights.values().sum();
        let wrong = weights
            .values()
            .find(|weight| !(0.0..f64::INFINITY).contains(*weight));
        let wrong = wrong.copied().or((sum <= 0.0).then_some(sum));
        if let Some(value) = wrong {
            return Err(AuditError::Option {
                name: "a weight of the mixture",
                value,
                range: "0 to infinity, one of them above 0",
            });
        }
        let share = |(group, weight)| (group, weight / sum);
        Ok(Self(weights.into_iter().map(share).collect()))
    }

    /// The mixture of everyone of known group who stands in these rankings.
    ///
    /// # Errors
    ///
    /// [`AuditError::NobodyKnown`].
    pub fn of(served: &[Served], groups: &Groups) -> Result<Self, AuditError> {
        let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
        let mut candidates = 0;
        for id in served.iter().flat_map(Served::ids) {
            candidates += 1;
            if let Some(group) = groups.group(id) {
                *counts.entry(group).or_default() += 1.0;
            }
        }
        if counts.is_empty() {
            let attribute = groups.attribute().to_owned();
            return Err(AuditError::NobodyKnown {
                candidates,
                attribute,
            });
        }
        Self::new(counts)
    }

    /// A group's share, from 0 to 1.
    #[must_use]
    pub fn share(&self, group: &str) -> f64 {
        self.0.get(group).copied().unwrap_or(0.0)
    }

    /// The groups with their shares, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(group, share)| (group.as_str(), *share))
    }
}

/// Skew at `k` (Geyik et al. 2019): for each group of the mixture, the logarithm of its share of the first
/// `k` over its wanted share; 0 is as wanted, minus infinity where nobody of it is there. Candidates of
/// unknown group are passed over.
///
/// # Errors
///
/// [`AuditError::NoShare`].
pub fn skew(
    served: &Served,
    groups: &Groups,
    mixture: &Mixture,
    k: usize,
) -> Result<BTreeMap<String, f64>, AuditError> {
    let head = &known(served, groups, mixture)?;
    let head = &head[..k.min(head.len())];
    let share = |group: &str| {
        let count = head.iter().filter(|other| **other == group).count();
        count as f64 / head.len().max(1) as f64
    };
    let skew = |(group, wanted): (&str, f64)| (group.to_owned(), (share(group) / wanted).ln());
    Ok(mixture
        .iter()
        .filter(|(_, wanted)| *wanted > 0.0)
        .map(skew)
        .collect())
}

/// The normalised discounted Kullback-Leibler divergence of every head of a ranking from the mixture
/// (NDKL, Geyik et al. 2019), in nats: 0 is as wanted at every place.
///
/// # Errors
///
/// [`AuditError::NoShare`].
pub fn ndkl(served: &Served, groups: &Groups, mixture: &Mixture) -> Result<f64, AuditError> {
    let order = known(served, groups, mixture)?;
    let cuts: Vec<usize> = (1..=order.len()).collect();
    let discount = |cut: usize| 1.0 / ((cut + 1) as f64).log2();
    Ok(discounted(&order, mixture, &cuts, discount))
}

/// rKL (Yang and Stoyanovich 2017): the divergence of the first 10, 20, ... and all from the mixture,
/// discounted by `1 / log2` of the cut and divided by what it is where the groups stand one behind the
/// other, the least share first or last, whichever is more: 0 to 1.
///
/// # Errors
///
/// [`AuditError::NoShare`].
pub fn rkl(served: &Served, groups: &Groups, mixture: &Mixture) -> Result<f64, AuditError> {
    let order = known(served, groups, mixture)?;
    let mut cuts: Vec<usize> = (STEP..=order.len()).step_by(STEP).collect();
    if !order.len().is_multiple_of(STEP) {
        cuts.push(order.len());
    }
    let discount = |cut: usize| 1.0 / (cut.max(2) as f64).log2();
    let found = discounted(&order, mixture, &cuts, discount);
    let worst = worst_orders(&order, mixture)
        .iter()
        .map(|order| discounted(order, mixture, &cuts, discount))
        .fold(0.0, f64::max);
    Ok(if worst > 0.0 {
        (found / worst).min(1.0)
    } else {
        0.0
    })
}

/// The candidates by the groups in their order of share, and the other way round.
fn worst_orders<'g>(order: &[&'g str], mixture: &Mixture) -> [Vec<&'g str>; 2] {
    let mut sorted = order.to_vec();
    sorted.sort_by(|a, b| mixture.share(b).total_cmp(&mixture.share(a)).then(a.cmp(b)));
    let reversed = sorted.iter().rev().copied().collect();
    [sorted, reversed]
}

/// The mean divergence over cuts, weighted by their discounts.
fn discounted(
    order: &[&str],
    mixture: &Mixture,
    cuts: &[usize],
    discount: impl Fn(usize) -> f64,
) -> f64 {
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    let (mut sum, mut weights, mut taken) = (0.0, 0.0, 0);
    for &cut in cuts {
        for group in &order[taken..cut] {
            *counts.entry(group).or_default() += 1.0;
        }
        taken = cut;
        let divergence = counts.iter().map(|(group, count)| {
            let share = count / cut as f64;
            share * (share / mixture.share(group)).ln()
        });
        sum += discount(cut) * divergence.sum::<f64>();
        weights += discount(cut);
    }
    if weights > 0.0 { sum / weights } else { 0.0 }
}

/// The groups of the candidates of known group, best first.
fn known<'g>(
    served: &Served,
    groups: &'g Groups,
    mixture: &Mixture,
) -> Result<Vec<&'g str>, AuditError> {
    let known = served.ids().iter().filter_map(|id| groups.group(id));
    let wanted = |group: &'g str| match mixture.share(group) > 0.0 {
        true => Ok(group),
        false => Err(AuditError::NoShare {
            group: group.to_owned(),
        }),
    };
    known.map(wanted).collect()
}

#[cfg(test)]
mod tests {
    use ranker_core::CandidateId;

    use super::*;

    /// A ranking of a letter a candidate, which is its group.
    fn ranking(groups: &str) -> (Served, Groups) {
        let id = |(at, group): (usize, char)| CandidateId::new(format!("{group}{at}")).unwrap();
        let ids: Vec<CandidateId> = groups.chars().enumerate().map(id).collect();
        let members = ids
            .iter()
            .map(|id| (id.clone(), id.as_str()[..1].to_owned()));
        let groups = Groups::new("group", members.collect::<Vec<_>>()).unwrap();
        (Served::new(ids), groups)
    }

    fn halves() -> Mixture {
        Mixture::new([("a", 2.0), ("b", 2.0)]).unwrap()
    }

    #[test]
    fn skew_is_the_logarithm_of_the_shares() {
        let (served, groups) = ranking("aaabab");
        let skew = |k| skew(&served, &groups, &halves(), k).unwrap();
        assert_eq!(skew(2)["a"], 2.0_f64.ln());
        assert_eq!(skew(2)["b"], f64::NEG_INFINITY);
        assert_eq!(skew(4)["a"], 1.5_f64.ln());
        assert_eq!(skew(4)["b"], 0.5_f64.ln());
    }

    #[test]
    fn ndkl_as_by_hand() {
        let (served, groups) = ranking("ab");
        let found = ndkl(&served, &groups, &halves()).unwrap();
        let (first, second) = (1.0, 1.0 / 3.0_f64.log2());
        assert!((found - first * 2.0_f64.ln() / (first + second)).abs() < 1e-12);
    }

    #[test]
    fn rkl_is_one_at_the_worst_and_less_when_mixed() {
        let even = "ab".repeat(20);
        let apart = format!("{}{}", "a".repeat(20), "b".repeat(20));
        let rkl = |order: &str| {
            let (served, groups) = ranking(order);
            rkl(&served, &groups, &halves()).unwrap()
        };
        assert_eq!(rkl(&apart), 1.0);
        assert_eq!(rkl(&even), 0.0);
        assert!((0.0..1.0).contains(&rkl(&"aab".repeat(13))));
    }

    #[test]
    fn a_group_without_a_share_is_named() {
        let (served, groups) = ranking("abc");
        let error = ndkl(&served, &groups, &halves()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"c\" has no share of the wanted mixture, but stands in a ranking"
        );
        assert!(Mixture::new([("a", -1.0)]).is_err());
        assert!(Mixture::new([("a", 0.0)]).is_err());
    }
}
