//! NDCG of gains on any scale.

/// NDCG in the first `places`, as [`of_rows`] has it. `None` where all rows gain the same; negative
/// gains are counted from the lowest.
pub(super) fn ndcg(gains: &[f64], scores: &[f64], places: usize) -> Option<f64> {
    let first = gains.first()?;
    let least = gains.iter().copied().fold(0.0, f64::min);
    let rows = scores.iter().zip(gains);
    let rows = rows.map(|(&score, gain)| (score, gain - least));
    let tells = gains.iter().any(|gain| gain != first);
    tells.then(|| of_rows(rows.collect(), places)).flatten()
}

/// NDCG in the first `places` of rows of score and gain, no gain below 0: the expectation over all
/// orders of rows with equal scores (McSherry and Najork 2008). `None` where nothing is gained.
pub(crate) fn of_rows(mut rows: Vec<(f64, f64)>, places: usize) -> Option<f64> {
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let gains = rows.iter().map(|row| row.1);
    let ideal: f64 = gains
        .zip(discounts(places))
        .map(|(gain, discount)| gain * discount)
        .sum();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut discounts = discounts(places);
    let found: f64 = rows
        .chunk_by(|a, b| a.0 == b.0)
        .map(|tied| {
            let mean = tied.iter().map(|row| row.1).sum::<f64>() / tied.len() as f64;
            mean * discounts.by_ref().take(tied.len()).sum::<f64>()
        })
        .sum();
    (ideal > 0.0).then(|| found / ideal)
}

/// `1 / log2(place + 1)` for places from 1.
fn discounts(places: usize) -> impl Iterator<Item = f64> {
    (0..places).map(|place| 1.0 / (place as f64 + 2.0).log2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_order_counts_one_and_ties_their_mean() {
        assert_eq!(ndcg(&[3.0, 1.0, 0.0], &[9.0, 8.0, 7.0], 10), Some(1.0));
        let second = 1.0 / 3.0_f64.log2();
        let close = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-12;
        assert!(close(ndcg(&[0.0, 1.0], &[2.0, 1.0], 10), second));
        assert!(close(
            ndcg(&[0.0, 1.0], &[1.0, 1.0], 10),
            (1.0 + second) / 2.0
        ));
        assert!(close(ndcg(&[0.0, 1.0], &[1.0, 1.0], 1), 0.5));
        assert!(close(ndcg(&[-2.0, -1.0], &[2.0, 1.0], 10), second));
    }

    #[test]
    fn nothing_to_rank_has_none() {
        assert_eq!(ndcg(&[], &[], 10), None);
        assert_eq!(ndcg(&[2.0, 2.0], &[1.0, 0.0], 10), None);
        assert_eq!(ndcg(&[0.0], &[1.0], 10), None);
    }
}
