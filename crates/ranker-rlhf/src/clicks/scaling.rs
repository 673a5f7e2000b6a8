//! Features on one scale.

use super::rates::Count;

/// A mean and a spread of each feature that varies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scaling(Vec<(usize, f64, f64)>);

impl Scaling {
    /// Over rows that count as often as they were answered.
    pub(super) fn new(rows: &[&[f32]], counts: &[Count]) -> Self {
        let columns = rows.first().map_or(0, |row| row.len());
        let weights = || counts.iter().map(|count| count.yes + count.no);
        let total: f64 = weights().sum();
        let weighted = |at: usize, of: &dyn Fn(f64) -> f64| {
            let terms = rows.iter().zip(weights());
            let terms = terms.map(|(row, weight)| weight * of(f64::from(row[at])));
            terms.sum::<f64>() / total
        };
        let scale = |at: usize| {
            let mean = weighted(at, &|x| x);
            let spread = weighted(at, &|x| (x - mean) * (x - mean)).sqrt();
            // Below this share of the mean it is f32 rounding.
            let varies = spread > 1e-6 * mean.abs() && spread > 0.0;
            varies.then_some((at, mean, spread))
        };
        Self((0..columns).filter_map(scale).collect())
    }

    /// How many features vary.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// 1, then each feature that varies.
    pub(super) fn row(&self, row: &[f32]) -> Vec<f64> {
        let scaled = self.0.iter();
        let scaled = scaled.map(|&(at, mean, spread)| (f64::from(row[at]) - mean) / spread);
        std::iter::once(1.0).chain(scaled).collect()
    }

    /// The row of which nothing is known.
    pub(super) fn unknown(&self) -> Vec<f64> {
        let mut row = vec![0.0; 1 + self.0.len()];
        row[0] = 1.0;
        row
    }
}
