//! The binomial distribution.

/// `ln n!` for 0 to `most`.
pub(super) fn ln_factorials(most: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let rest = (1..=most).map(|n| {
        sum += (n as f64).ln();
        sum
    });
    std::iter::once(0.0)
        .chain(rest.collect::<Vec<_>>())
        .collect()
}

/// P(X ≤ `most`) of `trials` that succeed with probability `p`; `ln` holds [`ln_factorials`] of the trials
/// at least.
pub(super) fn at_most(ln: &[f64], most: usize, trials: usize, p: f64) -> f64 {
    if most >= trials || p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    let (hit, miss) = (p.ln(), (-p).ln_1p());
    let chance = |x: usize| {
        let ways = ln[trials] - ln[x] - ln[trials - x];
        (ways + x as f64 * hit + (trials - x) as f64 * miss).exp()
    };
    (0..=most).map(chance).sum::<f64>().min(1.0)
}

/// The distributions of 1 to `trials` draws: `[draws - 1][successes]` has their probability.
///
/// By addition of products alone, which keeps every entry to a few units in the last place.
pub(super) fn prefixes(trials: usize, p: f64) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(trials);
    for draws in 1..=trials {
        let one = [1.0];
        let last = rows.last().map_or(&one[..], Vec::as_slice);
        let stays = |successes: usize| last.get(successes).map_or(0.0, |chance| chance * (1.0 - p));
        let grows = |successes: usize| match successes {
            0 => 0.0,
            _ => last[successes - 1] * p,
        };
        rows.push((0..=draws).map(|x| stays(x) + grows(x)).collect());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree() {
        for p in [0.1, 0.25, 0.5, 0.9] {
            for (at, row) in prefixes(40, p).iter().enumerate() {
                let mut sum = 0.0;
                for (successes, chance) in row.iter().enumerate() {
                    sum += chance;
                    let direct = at_most(&ln_factorials(40), successes, at + 1, p);
                    assert!((sum - direct).abs() < 1e-12, "{p} {at} {successes}");
                }
            }
        }
    }

    #[test]
    fn the_ends_are_certain() {
        let at_most = |most, trials, p| at_most(&ln_factorials(5), most, trials, p);
        assert_eq!(at_most(3, 3, 0.5), 1.0);
        assert_eq!(at_most(0, 5, 0.0), 1.0);
        assert_eq!(at_most(4, 5, 1.0), 0.0);
        assert_eq!(at_most(0, 1, 0.25), 0.75);
    }
}
