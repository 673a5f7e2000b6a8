//! The features of rows on one scale.

use ranker_core::{Direction, FeatureSchema};
use rayon::prelude::*;

use super::duels::{Duel, Duels};
use super::error::LearnError;
use super::table::Table;

/// A feature whose spread is this share of its largest value is constant but for rounding.
const ROUNDING: f64 = 1e-6;

/// The least spread of a bounded feature's differences, as a share of its range: a feature that hardly
/// varies in the data would otherwise get a weight without measure.
const LEAST_SHARE: f64 = 0.01;

/// Rows that one task goes through. Fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 256;

/// A table's features that vary, with a mean of 0 and a scale of 1.
#[derive(Debug)]
pub(super) struct Scaled {
    /// The places of these features in the schema.
    pub(super) active: Vec<usize>,
    pub(super) centres: Vec<f64>,
    /// A coefficient of a scaled feature is `weight · spread`.
    pub(super) spreads: Vec<f64>,
    /// Row-major, `rows × active`.
    pub(super) values: Vec<f64>,
}

impl Scaled {
    /// To a mean square of 1 over the rows: for what depends on where a row stands.
    ///
    /// # Errors
    ///
    /// [`LearnError::ConstantFeatures`] if none varies.
    pub(super) fn by_rows(table: &Table) -> Result<Self, LearnError> {
        let total: f64 = table.weights.iter().sum();
        Self::new(table, |feature, mean| {
            let weighted = column(table, feature).zip(&table.weights);
            let squares: f64 = weighted.map(|(v, w)| (v - mean).powi(2) * w).sum();
            Spread {
                measured: (squares / total).sqrt(),
                least: 0.0,
            }
        })
    }

    /// To a mean square of 1 over the differences of pairs: for what depends on these alone.
    ///
    /// # Errors
    ///
    /// [`LearnError::ConstantFeatures`] if none varies.
    pub(super) fn by_differences(duels: &Duels) -> Result<Self, LearnError> {
        let table = &duels.table;
        let total: f64 = duels.duels.iter().map(|duel| duel.weight).sum();
        Self::new(table, |feature, _| {
            let value = |row: usize| f64::from(table.row(row)[feature]);
            let square = |duel: &Duel| (value(duel.first) - value(duel.second)).powi(2);
            let squares = duels.duels.iter().map(|duel| duel.weight * square(duel));
            let spec = &table.schema.columns()[feature];
            let range = f64::from(spec.max) - f64::from(spec.min);
            Spread {
                measured: (squares.sum::<f64>() / total).sqrt(),
                least: if range.is_finite() {
                    LEAST_SHARE * range
                } else {
                    0.0
                },
            }
        })
    }

    /// `spread` tells each feature's, of its place and its mean.
    fn new(table: &Table, spread: impl Fn(usize, f64) -> Spread) -> Result<Self, LearnError> {
        let rows = table.len();
        let mut scaled = Self {
            active: Vec::new(),
            centres: Vec::new(),
            spreads: Vec::new(),
            values: Vec::new(),
        };
        let total: f64 = table.weights.iter().sum();
        for feature in 0..table.columns() {
            let weighted = column(table, feature).zip(&table.weights);
            let mean = weighted.map(|(v, w)| v * w).sum::<f64>() / total;
            let spread = spread(feature, mean);
            let largest = column(table, feature).map(f64::abs).fold(0.0, f64::max);
            if spread.measured > ROUNDING * largest {
                scaled.active.push(feature);
                scaled.centres.push(mean);
                scaled.spreads.push(spread.measured.max(spread.least));
            }
        }
        if scaled.active.is_empty() {
            return Err(LearnError::ConstantFeatures { rows });
        }
        scaled.values = (0..rows)
            .flat_map(|row| scaled.of(table.row(row)))
            .collect();
        Ok(scaled)
    }

    fn of(&self, row: &[f32]) -> Vec<f64> {
        let units = self.centres.iter().zip(&self.spreads);
        let columns = self.active.iter().zip(units);
        columns
            .map(|(&at, (centre, spread))| (f64::from(row[at]) - centre) / spread)
            .collect()
    }

    /// The directions of the features that vary.
    pub(super) fn directions(&self, schema: &FeatureSchema) -> Vec<Direction> {
        let active = self.active.iter();
        active.map(|&at| schema.columns()[at].direction).collect()
    }

    /// The coefficients of these weights of all features.
    pub(super) fn coefficients(&self, weights: &[f64]) -> Vec<f64> {
        let active = self.active.iter().zip(&self.spreads);
        active.map(|(&at, spread)| weights[at] * spread).collect()
    }

    /// Sets the weights of the features that vary to those of these coefficients.
    pub(super) fn set_weights(&self, weights: &mut [f64], coefficients: &[f64]) {
        let active = self.active.iter().zip(&self.spreads);
        for ((&at, spread), coefficient) in active.zip(coefficients) {
            weights[at] = coefficient / spread;
        }
    }

    pub(super) fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.active.len())
    }

    /// Each row's product with `v`.
    pub(super) fn times(&self, v: &[f64]) -> Vec<f64> {
        let rows = self.values.par_chunks_exact(self.active.len());
        let dot = |row: &[f64]| row.iter().zip(v).map(|(z, v)| z * v).sum();
        rows.with_min_len(CHUNK).map(dot).collect()
    }

    /// The sum of the rows, each times its factor.
    pub(super) fn transposed_times(&self, factors: &[f64]) -> Vec<f64> {
        let columns = self.active.len();
        let of_chunk = |(rows, factors): (&[f64], &[f64])| {
            let mut sum = vec![0.0; columns];
            for (row, factor) in rows.chunks_exact(columns).zip(factors) {
                for (sum, z) in sum.iter_mut().zip(row) {
                    *sum += factor * z;
                }
            }
            sum
        };
        let chunks = self.values.par_chunks(CHUNK * columns);
        let chunks = chunks.zip(factors.par_chunks(CHUNK));
        let sums: Vec<Vec<f64>> = chunks.map(of_chunk).collect();
        let mut total = vec![0.0; columns];
        for part in sums {
            for (total, part) in total.iter_mut().zip(part) {
                *total += part;
            }
        }
        total
    }
}

/// How much a feature varies, and the least that it is taken to vary if it does.
struct Spread {
    measured: f64,
    least: f64,
}

fn column(table: &Table, feature: usize) -> impl Iterator<Item = f64> {
    (0..table.len()).map(move |row| f64::from(table.row(row)[feature]))
}
