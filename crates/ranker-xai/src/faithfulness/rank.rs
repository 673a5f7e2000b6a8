//! Orders of segments, and how far two agree.

use crate::shapley::below;

/// The segments by their numbers, greatest first; of equals the one that stands first in the text.
#[must_use]
pub fn order(attributions: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..attributions.len()).collect();
    order.sort_by(|&a, &b| attributions[b].total_cmp(&attributions[a]).then(a.cmp(&b)));
    order
}

/// An order by chance: the same for the same seed, on any machine.
#[must_use]
pub fn chance(segments: usize, seed: u64) -> Vec<usize> {
    let mut state = seed;
    let mut order: Vec<usize> = (0..segments).collect();
    for i in (1..segments).rev() {
        order.swap(i, below(&mut state, i + 1));
    }
    order
}

/// Kendall's τ-b of two lists of numbers about the same things, in `-1..=1`: pairs in the same order less pairs in the
/// opposite one, with ties taken out of what could agree (Kendall 1945). `None` where one of them tells nothing apart, or
/// they are of two lengths.
#[must_use]
pub fn kendall_tau(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (mut agree, mut in_a, mut in_b) = (0_i64, 0_i64, 0_i64);
    for i in 0..a.len() {
        for j in i + 1..a.len() {
            let (one, other) = (sign(a[i], a[j]), sign(b[i], b[j]));
            agree += one * other;
            in_a += one.abs();
            in_b += other.abs();
        }
    }
    let most = (in_a as f64 * in_b as f64).sqrt();
    (most > 0.0).then(|| agree as f64 / most)
}

fn sign(a: f64, b: f64) -> i64 {
    match a.partial_cmp(&b) {
        Some(std::cmp::Ordering::Less) => -1,
        Some(std::cmp::Ordering::Greater) => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greatest_first_and_ties_by_place() {
        assert_eq!(order(&[0.0, 2.0, -1.0, 2.0, 0.0]), [1, 3, 0, 4, 2]);
    }

    #[test]
    fn chance_is_an_order_and_follows_from_its_seed() {
        let mut drawn = chance(20, 7);
        assert_eq!(drawn, chance(20, 7));
        assert_ne!(drawn, chance(20, 8));
        drawn.sort_unstable();
        assert!(drawn.into_iter().eq(0..20));
    }

    #[test]
    fn tau_by_hand() {
        let tau = |a: &[f64], b: &[f64]| kendall_tau(a, b);
        assert_eq!(tau(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), Some(1.0));
        assert_eq!(tau(&[1.0, 2.0, 3.0], &[6.0, 5.0, 4.0]), Some(-1.0));
        // Pairs 12, 13, 23: agree, agree, disagree.
        assert_eq!(tau(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]), Some(1.0 / 3.0));
        // scipy.stats.kendalltau([1, 2, 2, 3], [1, 2, 3, 3]) = 0.8: 4 of 5 pairs that either tells apart.
        let tied = tau(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 3.0]);
        assert!((tied.unwrap() - 0.8).abs() < 1e-12, "{tied:?}");
        assert_eq!(tau(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(tau(&[1.0], &[1.0, 2.0]), None);
    }
}
