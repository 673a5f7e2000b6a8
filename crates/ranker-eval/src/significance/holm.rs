//! Holm's correction.

/// Corrects p-values for being several (Holm 1979): if those below `alpha` are called real,
/// the chance that any of them is not is at most `alpha`, however they depend on each other.
///
/// The results are in the order of the input. The `i`-th smallest of `m` p-values becomes
/// the largest of `(m - j + 1) p_j` for `j <= i`, at most 1.
///
/// ```
/// assert_eq!(ranker_eval::holm(&[0.25, 0.125, 0.0625]), [0.25, 0.25, 0.1875]);
/// ```
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<_> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (place, index) in order.into_iter().enumerate() {
        let still = (p_values.len() - place) as f64;
        largest = largest.max(still * p_values[index]).min(1.0);
        corrected[index] = largest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_cases() {
        assert!(holm(&[]).is_empty());
        assert_eq!(holm(&[0.5]), [0.5]);
        assert_eq!(holm(&[0.75, 0.75]), [1.0, 1.0]);
        // 4 * 0.005, 3 * 0.01, 2 * 0.03, then 0.04 raised to the one before.
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-15);
        }
    }
}
