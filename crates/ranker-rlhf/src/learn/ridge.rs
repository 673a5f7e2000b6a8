//! A linear model of gains.

use std::sync::Arc;

use ranker_core::Direction;
use ranker_score::{LinearScorer, Model};

use super::dense::Matrix;
use super::error::{LearnError, check_setting};
use super::judged::JudgedList;
use super::learner::{Examples, Learner};
use super::scaled::Scaled;
use super::table::Table;

/// Rounds of coordinate descent, and the change of a weight that counts as none.
const MOST_ROUNDS: usize = 1000;
const TOLERANCE: f64 = 1e-10;

/// Learns a [`LinearScorer`] by ridge regression on gains: the rival that a ranking loss must beat.
///
/// It minimises `Σ weight · (gain - score)² + penalty · ‖w‖²` over the weights of the standardised
/// features, by coordinate descent. A weight never contradicts its feature's [`Direction`]; constant
/// features weigh 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ridge {
    penalty: f64,
}

impl Default for Ridge {
    fn default() -> Self {
        Self { penalty: 100.0 }
    }
}

impl Ridge {
    /// A learner with a penalty of 100.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the strength of the penalty, in rows (1e-6 to 1e9; 100).
    #[must_use]
    pub fn with_penalty(mut self, penalty: f64) -> Self {
        self.penalty = penalty;
        self
    }

    /// Learners of several strengths, for [`Best`](crate::Best).
    #[must_use]
    pub fn grid() -> Vec<Arc<dyn Learner>> {
        let learner = |penalty| Arc::new(Self { penalty }) as Arc<dyn Learner>;
        [10_000.0, 3000.0, 1000.0, 300.0, 100.0].map(learner).into()
    }

    /// Learns from judged lists, all with the same features.
    ///
    /// # Errors
    ///
    /// [`LearnError`]: no lists, no contrast of gains, no feature that varies, lists of other
    /// features, a penalty out of its range, or numbers beyond all numbers.
    pub fn fit(&self, lists: &[JudgedList]) -> Result<LinearScorer, LearnError> {
        check_setting("penalty", self.penalty, 1e-6..=1e9)?;
        let table = Table::new(lists)?;
        let scaled = Scaled::by_rows(&table)?;
        // The weights' mean is 1.
        let gains = || table.gains.iter().zip(&table.weights);
        let mean = gains().map(|(gain, weight)| gain * weight).sum::<f64>() / table.len() as f64;
        let (products, target) = self.normal(&table, &scaled, mean);
        let x = descend(&products, &target, &scaled.directions(&table.schema));
        let mut weights = vec![0.0; table.columns()];
        scaled.set_weights(&mut weights, &x);
        let centres = scaled.active.iter().zip(&scaled.centres);
        let bias = centres.fold(mean, |bias, (&at, centre)| bias - weights[at] * centre);
        Ok(LinearScorer::with_bias(table.schema, weights, bias)?)
    }

    /// The matrix and the right-hand side of the normal equations.
    fn normal(&self, table: &Table, scaled: &Scaled, mean: f64) -> (Matrix, Vec<f64>) {
        let columns = scaled.active.len();
        let mut products = Matrix::zero(columns);
        let mut target = vec![0.0; columns];
        for (at, row) in scaled.rows().enumerate() {
            let weight = table.weights[at];
            for (i, z) in row.iter().enumerate() {
                products.add_row(i, weight * z, &row[..=i]);
                target[i] += weight * z * (table.gains[at] - mean);
            }
        }
        for at in 0..columns {
            *products.at(at, at) += self.penalty;
        }
        products.mirror();
        (products, target)
    }
}

impl Learner for Ridge {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        self.fit(examples.lists()).map(Model::Linear)
    }
}

/// Minimises `½ xᵀ M x - bᵀ x` within bounds, one weight after the other.
fn descend(products: &Matrix, target: &[f64], directions: &[Direction]) -> Vec<f64> {
    let mut x = vec![0.0; target.len()];
    // The gradient.
    let mut slopes: Vec<f64> = target.iter().map(|b| -b).collect();
    for _ in 0..MOST_ROUNDS {
        let (mut largest, mut moved) = (0.0_f64, 0.0_f64);
        for at in 0..x.len() {
            let best = x[at] - slopes[at] / products.get(at, at);
            let best = match directions[at] {
                Direction::Any => best,
                Direction::Increasing => best.max(0.0),
                Direction::Decreasing => best.min(0.0),
            };
            let step = best - x[at];
            x[at] = best;
            if step != 0.0 {
                for (other, slope) in slopes.iter_mut().enumerate() {
                    *slope += step * products.get(at, other);
                }
            }
            moved = moved.max(step.abs());
            largest = largest.max(best.abs());
        }
        if moved <= TOLERANCE * largest {
            break;
        }
    }
    x
}
