//! Features on one scale.

use super::error::LearnError;
use super::table::Table;

/// A feature whose spread is this share of its largest value is constant but for rounding.
const ROUNDING: f64 = 1e-6;

/// A table's features that vary, with a mean of 0 and a mean square of 1.
#[derive(Debug)]
pub(super) struct Scaled {
    /// The places of these features in the schema.
    pub(super) active: Vec<usize>,
    pub(super) centres: Vec<f64>,
    pub(super) spreads: Vec<f64>,
    /// Row-major, `rows × active`.
    pub(super) values: Vec<f64>,
}

impl Scaled {
    /// # Errors
    ///
    /// [`LearnError::ConstantFeatures`] if none varies.
    pub(super) fn new(table: &Table) -> Result<Self, LearnError> {
        let rows = table.len();
        let mut scaled = Self {
            active: Vec::new(),
            centres: Vec::new(),
            spreads: Vec::new(),
            values: Vec::new(),
        };
        for feature in 0..table.columns() {
            let values = || (0..rows).map(|row| f64::from(table.row(row)[feature]));
            let weighted = || values().zip(&table.weights);
            let total: f64 = table.weights.iter().sum();
            let mean = weighted().map(|(v, w)| v * w).sum::<f64>() / total;
            let squares: f64 = weighted().map(|(v, w)| (v - mean).powi(2) * w).sum();
            let spread = (squares / total).sqrt();
            let largest = values().map(f64::abs).fold(0.0, f64::max);
            if spread > ROUNDING * largest {
                scaled.active.push(feature);
                scaled.centres.push(mean);
                scaled.spreads.push(spread);
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

    pub(super) fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.active.len())
    }
}
