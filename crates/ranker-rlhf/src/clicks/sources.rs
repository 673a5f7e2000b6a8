//! How much one source can weigh.

/// The most that one source weighs, as a share of all sessions, where there are sources enough.
const MOST: f64 = 0.1;

/// With few sources: this many equal shares.
const SHARES: f64 = 1.5;

/// How many sessions a source counts as, at most: the largest cap `c` with `c ≤ share · Σ min(n, c)`
/// over all sources' counts `n`. `share` is a tenth, or one and a half equal shares if that is
/// more; a single source is not capped.
pub(super) fn cap(counts: &[usize]) -> f64 {
    let mut sorted: Vec<f64> = counts.iter().map(|&n| n as f64).collect();
    sorted.sort_by(f64::total_cmp);
    let share = MOST.max(SHARES / sorted.len() as f64);
    let all: f64 = sorted.iter().sum();
    let most = sorted.last().copied().unwrap_or(0.0);
    if most <= share * all {
        return most;
    }
    // With the `capped` largest at c and the rest as they are: c = share (rest + capped c).
    let mut rest = all;
    for (capped, at) in (0..sorted.len()).rev().enumerate() {
        rest -= sorted[at];
        let slope = 1.0 - share * (capped + 1) as f64;
        let cap = share * rest / slope;
        let below = at.checked_sub(1).map_or(0.0, |below| sorted[below]);
        if slope > 0.0 && cap >= below {
            return cap;
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_weighs_a_tenth() {
        let mut counts = vec![1; 90];
        counts.push(100_000);
        let cap = cap(&counts);
        assert!((cap / (90.0 + cap) - 0.1).abs() < 1e-12, "{cap}");
    }

    #[test]
    fn few_sources_weigh_what_they_say_within_bounds() {
        assert_eq!(cap(&[50]), 50.0);
        assert_eq!(cap(&[10, 12]), 12.0);
        assert!((cap(&[10, 10_000]) - 30.0).abs() < 1e-12);
        assert_eq!(cap(&[3; 20]), 3.0);
        assert_eq!(cap(&[]), 0.0);
    }

    #[test]
    fn two_floods_are_both_capped() {
        let mut counts = vec![2; 100];
        counts.extend([5_000, 9_000]);
        let cap = cap(&counts);
        assert!((cap / (200.0 + 2.0 * cap) - 0.1).abs() < 1e-12, "{cap}");
    }
}
