//! What a change of the resumes that has nothing to do with the work does to rankings.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use ranker_core::CandidateId;

use super::error::AuditError;
use super::groups::Served;

/// The persistence of [`rank_biased_overlap`] in reports: the first ten places have 86 % of the weight.
const PERSISTENCE: f64 = 0.9;

/// How rankings differ before and after one change of all resumes: other names, pronouns or addresses.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Swap {
    /// How many rankings there are of each.
    pub rankings: usize,
    /// The mean absolute change of the scores of candidates whom both rankings show.
    pub mean_shift: f64,
    /// The largest.
    pub largest_shift: f64,
    /// The mean of [`rank_biased_overlap`] with a persistence of 0.9: 1 where nobody moved.
    pub overlap: f64,
    /// How many rankings have another first place.
    pub flips: usize,
}

impl Swap {
    /// Compares rankings before and after, job by job, in the same order.
    ///
    /// # Errors
    ///
    /// [`AuditError::Option`] for no rankings, or another number after than before; [`AuditError::ScoreCount`] for
    /// rankings without scores.
    pub fn of(before: &[Served], after: &[Served]) -> Result<Self, AuditError> {
        if before.is_empty() || before.len() != after.len() {
            return Err(AuditError::Option {
                name: "the number of rankings after the change",
                value: after.len() as f64,
                range: "as many as before, 1 at least",
            });
        }
        let (mut shifts, mut overlap, mut flips) = (Vec::new(), 0.0, 0);
        for (before, after) in before.iter().zip(after) {
            shifts.extend(shifts_of(before, after)?);
            overlap += rank_biased_overlap(before.ids(), after.ids(), PERSISTENCE)?;
            flips += usize::from(before.ids().first() != after.ids().first());
        }
        Ok(Self {
            rankings: before.len(),
            mean_shift: shifts.iter().sum::<f64>() / shifts.len().max(1) as f64,
            largest_shift: shifts.iter().copied().fold(0.0, f64::max),
            overlap: overlap / before.len() as f64,
            flips,
        })
    }
}

/// By how much the score of each candidate of both rankings changed.
fn shifts_of(before: &Served, after: &Served) -> Result<Vec<f64>, AuditError> {
    for served in [before, after] {
        let (candidates, scores) = (served.ids().len(), served.scores().len());
        if candidates != scores {
            return Err(AuditError::ScoreCount { candidates, scores });
        }
    }
    let new = after.ids().iter().zip(after.scores().iter().copied());
    let new: HashMap<&CandidateId, f64> = new.collect();
    let old = before.ids().iter().zip(before.scores());
    Ok(old
        .filter_map(|(id, score)| Some((new.get(id)? - score).abs()))
        .collect())
}

/// How far two rankings agree, with most weight on the first places: the extrapolated rank-biased overlap of Webber,
/// Moffat and Zobel 2010 (equation 32 for lists of one length), over the places that both have. From 0 to 1; 1 for two
/// empty rankings.
///
/// # Errors
///
/// [`AuditError::Option`] for a persistence that is not between 0 and 1.
pub fn rank_biased_overlap<I: Eq + Hash>(
    one: &[I],
    other: &[I],
    persistence: f64,
) -> Result<f64, AuditError> {
    if !(persistence > 0.0 && persistence < 1.0) {
        return Err(AuditError::Option {
            name: "the persistence",
            value: persistence,
            range: "0 to 1, both excluded",
        });
    }
    let depth = one.len().min(other.len());
    if depth == 0 {
        return Ok(if one.len() == other.len() { 1.0 } else { 0.0 });
    }
    if one[..depth] == other[..depth] {
        return Ok(1.0);
    }
    let (mut left, mut right) = (HashSet::new(), HashSet::new());
    let (mut shared, mut sum, mut weight) = (0_usize, 0.0, 1.0);
    for (at, (a, b)) in one.iter().zip(other).enumerate() {
        left.insert(a);
        right.insert(b);
        shared += usize::from(right.contains(a)) + usize::from(a != b && left.contains(b));
        weight *= persistence;
        sum += shared as f64 / (at + 1) as f64 * weight;
    }
    let rest = shared as f64 / depth as f64 * weight;
    Ok(rest + (1.0 - persistence) / persistence * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(ids: &str, scores: &[f64]) -> Served {
        let ids = ids
            .chars()
            .map(|id| CandidateId::new(id.to_string()).unwrap());
        Served::new(ids.collect())
            .with_scores(scores.to_vec())
            .unwrap()
    }

    #[test]
    fn overlap_is_the_formula_by_hand() {
        let overlap = |one: &str, other: &str| {
            let list = |text: &str| text.chars().collect::<Vec<_>>();
            rank_biased_overlap(&list(one), &list(other), 0.9).unwrap()
        };
        assert_eq!(overlap("abc", "abc"), 1.0);
        assert_eq!(overlap("abc", "xyz"), 0.0);
        // Agreement 0, 1, 1 at depths 1, 2, 3.
        let by_hand = 0.729 + 0.1 / 0.9 * (0.81 + 0.729);
        assert!((overlap("abc", "bac") - by_hand).abs() < 1e-12);
        // Agreement 1, 1/2, 2/3.
        let by_hand = 2.0 / 3.0 * 0.729 + 0.1 / 0.9 * (0.9 + 0.405 + 2.0 / 3.0 * 0.729);
        assert!((overlap("abc", "axb") - by_hand).abs() < 1e-12);
        assert!(rank_biased_overlap(&[1], &[1], 1.0).is_err());
    }

    #[test]
    fn a_swap_counts_shifts_and_flips() {
        let before = [served("ab", &[0.5, 0.25]), served("ab", &[1.0, 0.0])];
        let after = [served("ba", &[0.5, 0.25]), served("ab", &[1.0, 0.0])];
        let swap = Swap::of(&before, &after).unwrap();
        assert_eq!((swap.rankings, swap.flips), (2, 1));
        assert_eq!((swap.mean_shift, swap.largest_shift), (0.125, 0.25));
        assert!(swap.overlap < 1.0);
        let same = Swap::of(&before, &before).unwrap();
        assert_eq!((same.mean_shift, same.overlap, same.flips), (0.0, 1.0, 0));
        assert!(Swap::of(&before, &after[..1]).is_err());
    }
}
