//! Fisher's exact test.

use super::binomial::ln_factorials;

/// Tables as likely as the one seen count as well, which rounding must not decide.
const TIE: f64 = 1.0 + 1e-7;

/// The two-sided probability of a difference at least as unlikely as that between `a.0` of `a.1` and `b.0`
/// of `b.1`, were the two shares equal (Fisher 1935): the tables with the same sums that are no likelier
/// than this one.
#[must_use]
pub fn fisher_exact(a: (usize, usize), b: (usize, usize)) -> f64 {
    let (a, b) = ((a.0.min(a.1), a.1), (b.0.min(b.1), b.1));
    let (hits, all) = (a.0 + b.0, a.1 + b.1);
    let ln = ln_factorials(all);
    let ways = |n: usize, k: usize| ln[n] - ln[k] - ln[n - k];
    let chance = |x: usize| (ways(a.1, x) + ways(b.1, hits - x) - ways(all, hits)).exp();
    let seen = chance(a.0);
    let tables = hits.saturating_sub(b.1)..=hits.min(a.1);
    let as_unlikely = tables.map(chance).filter(|&p| p <= seen * TIE);
    as_unlikely.sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_by_hand() {
        // Tea tasting: 3 of 4 against 1 of 4; two-sided 34 / 70.
        assert!((fisher_exact((3, 4), (1, 4)) - 34.0 / 70.0).abs() < 1e-12);
        assert!((fisher_exact((4, 4), (0, 4)) - 2.0 / 70.0).abs() < 1e-12);
        assert!((fisher_exact((2, 4), (2, 4)) - 1.0).abs() < 1e-12);
        assert_eq!(fisher_exact((0, 0), (0, 5)), 1.0);
    }

    #[test]
    fn does_not_depend_on_the_order() {
        for (a, b) in [((3, 17), (9, 21)), ((0, 40), (5, 12)), ((12, 12), (1, 3))] {
            assert!((fisher_exact(a, b) - fisher_exact(b, a)).abs() < 1e-12);
        }
    }
}
