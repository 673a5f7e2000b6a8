//! The paired randomisation test.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::resampling::Resampling;
use super::{check, mean};
use crate::error::CompareError;

/// Up to this many differences, all sign patterns are gone through.
const EXACT_UP_TO: usize = 20;

/// How a p-value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// From all sign patterns.
    Exact,
    /// From random sign patterns.
    MonteCarlo {
        /// How many.
        draws: u32,
    },
}

/// The result of [`sign_flip_test`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SignFlipTest {
    /// The mean of the differences.
    pub mean_difference: f64,
    /// The two-sided p-value.
    pub p_value: f64,
    /// How it was found.
    pub method: Method,
}

/// The Fisher-Pitman randomisation test for paired differences, two-sided.
///
/// If the two systems were the same, each difference could as well have had the other sign.
/// The p-value is the part of sign patterns whose mean is at least as far from zero as the
/// observed one. With up to 20 differences that are not zero all patterns are counted;
/// otherwise `n` random ones, and with `c` of them as extreme the p-value is
/// `(c + 1) / (n + 1)`, which is valid for every `n` (Phipson and Smyth 2010, eq. 2).
/// Differences of zero change nothing.
///
/// ```
/// use ranker_eval::{Method, Resampling, sign_flip_test};
///
/// // Of the 8 sign patterns, only +++ and --- are as extreme.
/// let test = sign_flip_test(&[0.5, 0.25, 0.0, 0.125], &Resampling::new())?;
/// assert_eq!(test.p_value, 0.25);
/// assert_eq!(test.method, Method::Exact);
/// # Ok::<(), ranker_eval::CompareError>(())
/// ```
///
/// # Errors
///
/// [`CompareError::NoQueries`], [`CompareError::NotFinite`], and [`CompareError::NoDraws`] if
/// random draws are needed and none allowed.
pub fn sign_flip_test(
    differences: &[f64],
    resampling: &Resampling,
) -> Result<SignFlipTest, CompareError> {
    check(differences)?;
    let flips = Flips::new(differences);
    let (p_value, method) = if flips.differences.len() <= EXACT_UP_TO {
        (flips.exact(), Method::Exact)
    } else {
        let draws = resampling.draws;
        (flips.monte_carlo(resampling)?, Method::MonteCarlo { draws })
    };
    Ok(SignFlipTest {
        mean_difference: mean(differences),
        p_value,
        method,
    })
}

/// The differences that are not zero, scaled to at most 1.
struct Flips {
    differences: Vec<f64>,
    /// A sum this far from zero is as extreme as the observed one.
    bound: f64,
}

impl Flips {
    fn new(differences: &[f64]) -> Self {
        let largest = differences.iter().fold(0.0_f64, |max, d| max.max(d.abs()));
        let nonzero = differences.iter().filter(|d| **d != 0.0);
        let differences: Vec<_> = nonzero.map(|d| d / largest).collect();
        let observed: f64 = differences.iter().sum();
        let magnitude: f64 = differences.iter().map(|d| d.abs()).sum();
        Self {
            differences,
            // Equal sums differ by rounding; without the allowance, patterns that tie with the
            // observed one would be lost.
            bound: observed.abs() - 1e-10 * magnitude,
        }
    }

    fn exact(&self) -> f64 {
        let patterns = (1_u64 << self.differences.len()) as f64;
        self.count_from(0.0, &self.differences) as f64 / patterns
    }

    fn count_from(&self, sum: f64, rest: &[f64]) -> u64 {
        match rest.split_first() {
            None => u64::from(sum.abs() >= self.bound),
            Some((d, rest)) => self.count_from(sum + d, rest) + self.count_from(sum - d, rest),
        }
    }

    fn monte_carlo(&self, resampling: &Resampling) -> Result<f64, CompareError> {
        let counts = resampling.run(|rng, draws| {
            let extreme = (0..draws).filter(|_| self.draw(rng).abs() >= self.bound);
            extreme.count() as u64
        })?;
        let count: u64 = counts.iter().sum();
        Ok((count + 1) as f64 / (f64::from(resampling.draws) + 1.0))
    }

    /// The sum under random signs.
    fn draw(&self, rng: &mut ChaCha8Rng) -> f64 {
        let mut sum = 0.0;
        for chunk in self.differences.chunks(64) {
            let signs = rng.next_u64();
            for (bit, d) in chunk.iter().enumerate() {
                sum += if signs >> bit & 1 == 0 { *d } else { -d };
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(differences: &[f64]) -> f64 {
        sign_flip_test(differences, &Resampling::new())
            .unwrap()
            .p_value
    }

    #[test]
    fn known_cases() {
        assert_eq!(p(&[0.0, 0.0]), 1.0);
        assert_eq!(p(&[0.3]), 1.0);
        assert_eq!(p(&[0.1; 10]), 2.0 / 1024.0);
        assert_eq!(p(&[0.1, 0.3]), 0.5);
        // Several patterns sum to 0.4 in other orders, and tie only up to rounding.
        assert_eq!(p(&[0.1, 0.2, 0.3, -0.2]), 0.5);
    }

    #[test]
    fn extreme_magnitudes_do_not_overflow() {
        assert_eq!(p(&[f64::MAX, f64::MAX, f64::MAX]), 0.25);
        assert_eq!(p(&[f64::MIN_POSITIVE / 4.0; 3]), 0.25);
    }

    #[test]
    fn unusable_input_is_an_error() {
        let test =
            |differences: &[f64]| sign_flip_test(differences, &Resampling::new().with_draws(0));
        assert_eq!(test(&[]), Err(CompareError::NoQueries));
        assert!(matches!(
            test(&[0.0, f64::NAN]),
            Err(CompareError::NotFinite { index: 1, .. })
        ));
        assert_eq!(test(&[0.1; 21]), Err(CompareError::NoDraws));
    }

    #[test]
    fn random_patterns_agree_with_all_patterns() {
        let differences: Vec<f64> = (0..16).map(|i| (f64::from(i) * 1.7).sin() + 0.2).collect();
        let flips = Flips::new(&differences);
        let exact = flips.exact();
        let draws = 200_000;
        let sampled = flips
            .monte_carlo(&Resampling::new().with_draws(draws))
            .unwrap();
        let deviation = (exact * (1.0 - exact) / f64::from(draws)).sqrt();
        assert!(
            (sampled - exact).abs() < 4.0 * deviation,
            "{sampled} {exact}"
        );
    }

    #[test]
    fn no_p_value_from_random_patterns_is_zero() {
        let resampling = Resampling::new().with_draws(99);
        let test = sign_flip_test(&[0.1; 40], &resampling).unwrap();
        assert_eq!(test.method, Method::MonteCarlo { draws: 99 });
        assert_eq!(test.p_value, 1.0 / 100.0);
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let differences: Vec<f64> = (0..150).map(|i| (f64::from(i) * 1.3).sin() + 0.1).collect();
        let one = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let three = rayon::ThreadPoolBuilder::new()
            .num_threads(3)
            .build()
            .unwrap();
        let resampling = Resampling::new().with_seed(9).with_draws(10_001);
        let test = || sign_flip_test(&differences, &resampling).unwrap();
        assert_eq!(one.install(test), three.install(test));
    }
}
