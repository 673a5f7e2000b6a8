//! 95 % confidence intervals of a share.

use super::binomial::{at_most, ln_factorials};

/// The standard normal's 97.5 % quantile.
const Z: f64 = 1.959_963_984_540_054;

/// What either side of the interval leaves out.
const TAIL: f64 = 0.025;

/// Wilson's score interval of `hits` in `trials`, at 95 % (Wilson 1927): holds its level in the mean over
/// shares. `(0, 1)` without trials.
#[must_use]
pub fn wilson(hits: usize, trials: usize) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let n = trials as f64;
    let share = hits.min(trials) as f64 / n;
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At the ends the formula gives the end, but for rounding.
    let low = if hits == 0 { 0.0 } else { middle - half };
    let high = if hits >= trials { 1.0 } else { middle + half };
    (low.max(0.0), high.min(1.0))
}

/// Clopper and Pearson's exact interval of `hits` in `trials`, at 95 % or more whatever the share (1934).
/// `(0, 1)` without trials.
#[must_use]
pub fn clopper_pearson(hits: usize, trials: usize) -> (f64, f64) {
    let hits = hits.min(trials);
    let ln = ln_factorials(trials);
    // P(X ≥ hits) grows with the share, P(X ≤ hits) falls.
    let low = match hits {
        0 => 0.0,
        _ => bisected(|p| 1.0 - at_most(&ln, hits - 1, trials, p) < TAIL),
    };
    let high = match hits == trials {
        true => 1.0,
        false => bisected(|p| at_most(&ln, hits, trials, p) > TAIL),
    };
    (low, high)
}

/// The share below which `below` holds.
fn bisected(below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: (f64, f64), wanted: (f64, f64)) {
        assert!((found.0 - wanted.0).abs() < 5e-7, "{found:?}");
        assert!((found.1 - wanted.1).abs() < 5e-7, "{found:?}");
    }

    #[test]
    fn as_tables_have_them() {
        // By closed forms: no hit in n gives 1 - 0.025^(1/n) above.
        near(clopper_pearson(0, 10), (0.0, 1.0 - 0.025_f64.powf(0.1)));
        near(clopper_pearson(10, 10), (0.025_f64.powf(0.1), 1.0));
        near(clopper_pearson(5, 10), (0.187_086_0, 0.812_914_0));
        near(wilson(5, 10), (0.236_593_1, 0.763_406_9));
        near(wilson(0, 10), (0.0, Z * Z / (10.0 + Z * Z)));
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        assert_eq!(clopper_pearson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn the_exact_interval_covers_what_it_promises() {
        for trials in [1, 7, 30] {
            let ln = ln_factorials(trials);
            for p in [0.03, 0.2, 0.5, 0.77] {
                let inside = |hits: &usize| {
                    let (low, high) = clopper_pearson(*hits, trials);
                    (low..=high).contains(&p)
                };
                let chance = |hits: usize| match hits {
                    0 => at_most(&ln, 0, trials, p),
                    _ => at_most(&ln, hits, trials, p) - at_most(&ln, hits - 1, trials, p),
                };
                let covered: f64 = (0..=trials).filter(inside).map(chance).sum();
                assert!(covered >= 0.95, "{trials} {p}: {covered}");
            }
        }
    }
}
