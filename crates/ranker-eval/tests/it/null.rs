//! The tests under the null hypothesis: what they promise is a rate of false alarms.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use ranker_eval::{Resampling, bootstrap_interval, sign_flip_test};

const STUDIES: usize = 1000;

/// Symmetric around zero and heavy-tailed, as differences of reciprocal ranks are.
fn difference(rng: &mut ChaCha8Rng) -> f64 {
    let uniform = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    (2.0 * uniform - 1.0).powi(5)
}

/// The p-values of studies in which the two systems are the same, sorted.
fn p_values(queries: usize, draws: u32) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut study = |seed: usize| {
        let differences: Vec<f64> = (0..queries).map(|_| difference(&mut rng)).collect();
        let resampling = Resampling::new().with_draws(draws).with_seed(seed as u64);
        sign_flip_test(&differences, &resampling).unwrap().p_value
    };
    let mut p_values: Vec<_> = (0..STUDIES).map(&mut study).collect();
    p_values.sort_by(f64::total_cmp);
    p_values
}

/// The Kolmogorov-Smirnov distance to the uniform distribution.
fn distance(sorted: &[f64]) -> f64 {
    let count = sorted.len() as f64;
    let gap = |(place, p): (usize, &f64)| {
        (p - place as f64 / count)
            .abs()
            .max((p - (place as f64 + 1.0) / count).abs())
    };
    sorted.iter().enumerate().map(gap).fold(0.0, f64::max)
}

#[test]
fn p_values_are_uniform_without_a_difference() {
    for (queries, draws) in [(12, 1), (40, 999)] {
        // 1.63 / sqrt(n) is passed by chance once in a hundred; the seed is fixed.
        let distance = distance(&p_values(queries, draws));
        assert!(
            distance < 1.63 / (STUDIES as f64).sqrt(),
            "{queries} queries: {distance}"
        );
    }
}

#[test]
fn intervals_cover_the_truth_about_as_often_as_they_say() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let covered = (0..STUDIES).filter(|seed| {
        let differences: Vec<f64> = (0..60).map(|_| difference(&mut rng)).collect();
        let resampling = Resampling::new().with_draws(500).with_seed(*seed as u64);
        let interval = bootstrap_interval(&differences, 0.9, &resampling).unwrap();
        interval.lower <= 0.0 && 0.0 <= interval.upper
    });
    let rate = covered.count() as f64 / STUDIES as f64;
    assert!((0.86..0.93).contains(&rate), "{rate}");
}
