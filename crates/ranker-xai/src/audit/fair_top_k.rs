//! FA*IR: the ranked group fairness test.

use super::binomial::prefixes;
use super::error::AuditError;

/// How finely [`FairTopK::adjusted`] looks for its significance.
const HALVINGS: usize = 60;

/// FA*IR (Zehlike et al. 2017): how many of a protected group must stand among the first 1, 2, ... `k`,
/// were everyone drawn with the group's share.
///
/// ```
/// use ranker_xai::audit::FairTopK;
///
/// let test = FairTopK::adjusted(20, 0.25, 0.1)?;
/// assert_eq!(test.needed()[..9], [0, 0, 0, 0, 0, 0, 0, 0, 1]);
/// assert_eq!(test.first_violation(&[false; 20]), Some(9));
/// # Ok::<(), ranker_xai::audit::AuditError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FairTopK {
    share: f64,
    significance: f64,
    needed: Vec<usize>,
}

impl FairTopK {
    /// The test of each head by itself, at a significance such as 0.1: with 20 places a fair ranking fails
    /// somewhere more often than that.
    ///
    /// # Errors
    ///
    /// [`AuditError::Option`] for a share or a significance that is not between 0 and 1.
    pub fn new(k: usize, share: f64, significance: f64) -> Result<Self, AuditError> {
        check(share, significance)?;
        Ok(Self::at(&prefixes(k, share), share, significance))
    }

    /// The test corrected for its many heads: the significance of each is lowered, by bisection, until the
    /// whole fails as nearly as can be as often as the one given.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn adjusted(k: usize, share: f64, significance: f64) -> Result<Self, AuditError> {
        check(share, significance)?;
        let chances = prefixes(k, share);
        let at = |significance| Self::at(&chances, share, significance);
        let (mut low, mut high) = (at(0.0), at(significance));
        let off = |test: &Self| (test.failure_probability() - significance).abs();
        for _ in 0..HALVINGS {
            let middle = at(f64::midpoint(low.significance, high.significance));
            let (below, above) = (middle.mass() - low.mass(), high.mass() - middle.mass());
            // No table lies between these: the nearest is chosen.
            if below <= 1 && above <= 1 {
                let best = [middle, low, high];
                let best = best.into_iter().min_by(|a, b| off(a).total_cmp(&off(b)));
                return Ok(best.expect("three"));
            }
            match middle.failure_probability() <= significance {
                true => low = middle,
                false => high = middle,
            }
        }
        Ok(if off(&low) <= off(&high) { low } else { high })
    }

    fn at(chances: &[Vec<f64>], share: f64, significance: f64) -> Self {
        let needed = |row: &Vec<f64>| {
            let mut sum = 0.0;
            let few = row.iter().position(|chance| {
                sum += chance;
                sum > significance
            });
            few.unwrap_or(row.len() - 1)
        };
        Self {
            share,
            significance,
            needed: chances.iter().map(needed).collect(),
        }
    }

    /// What is needed in all heads together: equal tables have equal masses.
    fn mass(&self) -> usize {
        self.needed.iter().sum()
    }

    /// The significance of each head's test.
    #[must_use]
    pub fn significance(&self) -> f64 {
        self.significance
    }

    /// How many of the protected must stand among the first 1, 2, ... `k`.
    #[must_use]
    pub fn needed(&self) -> &[usize] {
        &self.needed
    }

    /// The probability that a ranking drawn with the group's share fails somewhere.
    #[must_use]
    pub fn failure_probability(&self) -> f64 {
        // passed[n]: the probability that no head has failed and n of the protected stand in it.
        let mut passed = vec![1.0];
        for &needed in &self.needed {
            let mut next = vec![0.0; passed.len() + 1];
            for (n, chance) in passed.iter().enumerate() {
                next[n] += chance * (1.0 - self.share);
                next[n + 1] += chance * self.share;
            }
            next.iter_mut()
                .take(needed)
                .for_each(|chance| *chance = 0.0);
            passed = next;
        }
        1.0 - passed.iter().sum::<f64>()
    }

    /// The first head, by its length, that has too few of the protected; `None` where the test is passed.
    /// Places are given best first; those beyond `k` are not tested.
    #[must_use]
    pub fn first_violation(&self, protected: &[bool]) -> Option<usize> {
        let mut count = 0;
        let heads = protected.iter().zip(&self.needed).enumerate();
        let mut heads = heads.map(|(at, (&protected, &needed))| {
            count += usize::from(protected);
            (at + 1, count < needed)
        });
        heads.find_map(|(length, fails)| fails.then_some(length))
    }

    /// The order that passes the test and moves no more than it must: places of the old order, best first.
    /// Within the protected, and within the others, the order stays. Where the protected run out, the rest
    /// follows as it stood.
    #[must_use]
    pub fn rearranged(&self, protected: &[bool]) -> Vec<usize> {
        let places = |wanted: bool| (0..protected.len()).filter(move |&at| protected[at] == wanted);
        let (mut theirs, mut others) = (places(true).peekable(), places(false).peekable());
        let mut order = Vec::with_capacity(protected.len());
        let mut count = 0;
        while order.len() < protected.len() {
            let needed = self.needed.get(order.len()).copied().unwrap_or(0);
            let first = match (theirs.peek(), others.peek()) {
                (Some(a), Some(b)) => count < needed || a < b,
                (found, _) => found.is_some(),
            };
            count += usize::from(first);
            order.extend(if first { theirs.next() } else { others.next() });
        }
        order
    }
}

fn check(share: f64, significance: f64) -> Result<(), AuditError> {
    for (name, value) in [("the share", share), ("the significance", significance)] {
        if !(value > 0.0 && value < 1.0) {
            let range = "0 to 1, without the ends";
            return Err(AuditError::Option { name, value, range });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(counts: &[(usize, usize)]) -> Vec<usize> {
        let each = counts.iter();
        each.flat_map(|&(needed, times)| vec![needed; times])
            .collect()
    }

    /// The values that fairsearchcore documents for 20 places, a quarter, 0.1.
    #[test]
    fn golden() {
        let plain = FairTopK::new(20, 0.25, 0.1).unwrap();
        assert_eq!(plain.needed(), table(&[(0, 8), (1, 6), (2, 5), (3, 1)]));
        // The reference leaves out a requirement that begins at the very last place, as this one does.
        let needed = plain.needed[..19].to_vec();
        let without_last = FairTopK {
            needed,
            ..plain.clone()
        };
        let golden = 0.115_175_069_309_771_06;
        assert!((without_last.failure_probability() - golden).abs() < 1e-12);
        assert!(plain.failure_probability() > golden);
        let adjusted = FairTopK::adjusted(20, 0.25, 0.1).unwrap();
        assert!((adjusted.significance() - 0.078_125).abs() < 1e-12);
        assert_eq!(adjusted.needed(), table(&[(0, 8), (1, 7), (2, 5)]));
        assert!((adjusted.failure_probability() - 0.105_152_473_552_151_52).abs() < 1e-12);
    }

    #[test]
    fn a_ranking_that_fails_is_mended_by_the_least_that_is_needed() {
        let test = FairTopK::new(20, 0.25, 0.1).unwrap();
        let mut protected = vec![false; 17];
        protected.extend([true; 3]);
        assert_eq!(test.first_violation(&protected), Some(9));
        let order = test.rearranged(&protected);
        let mended: Vec<bool> = order.iter().map(|&at| protected[at]).collect();
        assert_eq!(test.first_violation(&mended), None);
        assert_eq!(order[..10], [0, 1, 2, 3, 4, 5, 6, 7, 17, 8]);
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
        assert_eq!(
            test.rearranged(&mended),
            (0..20).collect::<Vec<_>>(),
            "passes as it is"
        );
    }

    #[test]
    fn where_the_protected_run_out_the_rest_follows() {
        let test = FairTopK::new(20, 0.5, 0.1).unwrap();
        assert_eq!(test.rearranged(&[false, false, false]), [0, 1, 2]);
        assert_eq!(test.rearranged(&[]), [0_usize; 0]);
    }

    #[test]
    fn settings_lie_between_0_and_1() {
        for (share, significance) in [(0.0, 0.1), (1.0, 0.1), (f64::NAN, 0.1), (0.3, 0.0)] {
            assert!(FairTopK::adjusted(5, share, significance).is_err());
        }
    }
}
