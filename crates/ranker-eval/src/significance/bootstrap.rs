//! The paired bootstrap.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::check;
use super::resampling::Resampling;
use crate::error::CompareError;

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// The confidence level, such as 0.95.
    pub level: f64,
}

/// The percentile bootstrap interval of the mean difference (Efron and Tibshirani 1993,
/// ch. 13): queries are drawn with replacement, each with its pair of values.
///
/// The ends are quantiles of the drawn means, interpolated linearly. With few queries (under
/// some 20) the interval is known to be too narrow; trust the test more.
///
/// # Errors
///
/// [`CompareError::NoQueries`], [`CompareError::NotFinite`], [`CompareError::NoDraws`], or
/// [`CompareError::Level`] for a level outside of (0, 1).
pub fn bootstrap_interval(
    differences: &[f64],
    level: f64,
    resampling: &Resampling,
) -> Result<Interval, CompareError> {
    check(differences)?;
    check_level(level)?;
    let means = resampling.run(|rng, draws| -> Vec<f64> {
        (0..draws).map(|_| drawn_mean(differences, rng)).collect()
    })?;
    let mut means = means.concat();
    means.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Ok(Interval {
        lower: quantile(&means, tail),
        upper: quantile(&means, 1.0 - tail),
        level,
    })
}

pub(crate) fn check_level(level: f64) -> Result<(), CompareError> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(CompareError::Level { level })
}

fn drawn_mean(differences: &[f64], rng: &mut ChaCha8Rng) -> f64 {
    let count = differences.len();
    // Multiply and shift: a bias of at most count / 2^64, and no retries.
    let draw = |_| differences[((u128::from(rng.next_u64()) * count as u128) >> 64) as usize];
    (0..count).map(draw).map(|d| d / count as f64).sum()
}

/// The quantile of sorted values, by linear interpolation (Hyndman and Fan's type 7).
fn quantile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_queries_have_twenty_seven_draws() {
        let differences = [0.0, 0.3, 0.9];
        let mut means: Vec<f64> = (0..27)
            .map(|i| {
                [i / 9, i / 3 % 3, i % 3]
                    .map(|j| differences[j] / 3.0)
                    .iter()
                    .sum()
            })
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        let interval = bootstrap_interval(&differences, 0.8, &Resampling::new()).unwrap();
        // The 10 % and 90 % points of the 27 means lie inside of steps of the distribution.
        assert!((interval.lower - means[2]).abs() < 1e-12, "{interval:?}");
        assert!((interval.upper - means[24]).abs() < 1e-12, "{interval:?}");
    }

    #[test]
    fn many_queries_come_close_to_the_normal_interval() {
        let differences: Vec<f64> = (0..500).map(|i| (f64::from(i) * 1.7).sin() + 0.1).collect();
        let mean = super::super::mean(&differences);
        let squares: f64 = differences.iter().map(|d| (d - mean).powi(2)).sum();
        let half = 1.959_964 * (squares / 500.0 / 500.0).sqrt();
        let interval =
            bootstrap_interval(&differences, 0.95, &Resampling::new().with_seed(3)).unwrap();
        assert!(
            (interval.lower - (mean - half)).abs() < 0.03 * half,
            "{interval:?}"
        );
        assert!(
            (interval.upper - (mean + half)).abs() < 0.03 * half,
            "{interval:?}"
        );
    }

    #[test]
    fn unusable_input_is_an_error() {
        let resampling = Resampling::new();
        for level in [0.0, 1.0, -0.5, f64::NAN] {
            let error = bootstrap_interval(&[0.1], level, &resampling).unwrap_err();
            assert!(matches!(error, CompareError::Level { .. }));
        }
        let none = bootstrap_interval(&[0.1], 0.9, &resampling.with_draws(0));
        assert_eq!(none, Err(CompareError::NoDraws));
        assert_eq!(
            bootstrap_interval(&[], 0.9, &resampling),
            Err(CompareError::NoQueries)
        );
    }

    #[test]
    fn one_draw_is_its_own_interval() {
        let interval = bootstrap_interval(&[0.1], 0.9, &Resampling::new().with_draws(1)).unwrap();
        assert_eq!((interval.lower, interval.upper), (0.1, 0.1));
    }
}
