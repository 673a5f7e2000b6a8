//! A small neural reward model.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use ranker_core::{Direction, FeatureSchema};
use ranker_score::{MlpScorer, Model, Network};

use super::comparison::Comparison;
use super::duels::Duels;
use super::error::{LearnError, check_setting, check_whole};
use super::judged::JudgedList;
use super::lbfgs::{Stop, minimise};
use super::learner::{Examples, Learner};
use super::network::Shape;
use super::scaled::Scaled;

/// Pairs of one list: more say little that is new.
const MOST_PAIRS: usize = 2000;

/// The share of the value that a step must bring: the loss is not convex, and its last digits are not
/// worth their time.
const PROGRESS: f64 = 1e-11;

/// Learns an [`MlpScorer`], a reward model of one hidden layer, from comparisons or judged lists.
///
/// It minimises `-log P` of the outcomes, after Bradley and Terry, and with ties after Davidson (as
/// [`BradleyTerry`](crate::BradleyTerry) does), and an L2 penalty on all weights, by L-BFGS from
/// a start drawn by seed. The hidden units are hyperbolic tangents that all count positively; a
/// feature with a [`Direction`] enters every unit with its sign, so that more of it never turns
/// against it.
///
/// The same data gives the same model, bit by bit, on any number of threads; judged lists in any
/// order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mlp {
    units: usize,
    penalty: f64,
    iterations: usize,
    seed: u64,
}

impl Default for Mlp {
    fn default() -> Self {
        Self {
            units: 8,
            penalty: 10.0,
            iterations: 200,
            seed: 0,
        }
    }
}

impl Mlp {
    /// Eight hidden units, a penalty of 10, at most 200 iterations, seed 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of hidden units (1 to 1024; 8).
    #[must_use]
    pub fn with_units(mut self, units: usize) -> Self {
        self.units = units;
        self
    }

    /// Sets the strength of the penalty (1e-6 to 1e9; 10): the data begins to outweigh it
    /// once that many comparisons, or rows of lists, agree on something.
    #[must_use]
    pub fn with_penalty(mut self, penalty: f64) -> Self {
        self.penalty = penalty;
        self
    }

    /// Sets the most iterations (1 to 100,000; 200).
    #[must_use]
    pub fn with_iterations(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// Sets the seed of the start (0).
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Learns from comparisons whose rows have the features of `schema`.
    ///
    /// # Errors
    ///
    /// [`LearnError`]: no comparisons, nothing but ties, no feature that varies, rows of another
    /// length, a setting out of its range, or numbers beyond all numbers.
    pub fn fit(
        &self,
        comparisons: &[Comparison],
        schema: &Arc<FeatureSchema>,
    ) -> Result<MlpScorer, LearnError> {
        self.solve(&Duels::of_comparisons(comparisons, schema)?)
    }

    /// Learns from the pairs of different gain within judged lists (at most 2000 a list); a list's
    /// pairs together weigh as much as its rows.
    ///
    /// # Errors
    ///
    /// [`LearnError`]: no lists, no contrast of gains, no feature that varies, lists of other
    /// features, a setting out of its range, or numbers beyond all numbers.
    pub fn fit_lists(&self, lists: &[JudgedList]) -> Result<MlpScorer, LearnError> {
        self.solve(&Duels::of_lists(lists, MOST_PAIRS)?)
    }

    fn solve(&self, Duels { table, duels }: &Duels) -> Result<MlpScorer, LearnError> {
        check_whole("number of hidden units", self.units, 1..=Network::MAX_UNITS)?;
        check_whole("number of iterations", self.iterations, 1..=100_000)?;
        check_setting("penalty", self.penalty, 1e-6..=1e9)?;
        let scaled = Scaled::by_rows(table)?;
        let shape = Shape {
            units: self.units,
            inputs: scaled.active.len(),
            ties: duels.iter().any(|duel| duel.tie),
        };
        let bounds = shape.bounds(&scaled.directions(&table.schema));
        let start = self.start(&shape, &bounds);
        let total: f64 = duels.iter().map(|duel| duel.weight).sum();
        let stop = Stop {
            iterations: self.iterations,
            gradient: 1e-6 * total,
            progress: PROGRESS,
        };
        let loss = |x: &[f64]| shape.loss((&scaled, duels), self.penalty, x);
        let minimum = minimise(loss, start, &bounds, stop);
        if !minimum.gradient_norm.is_finite() {
            return Err(LearnError::Overflow);
        }
        let network = network(&shape, table.columns(), &scaled, &minimum.x);
        Ok(MlpScorer::new(&table.schema, network)?)
    }

    /// Small random weights, on the right side of their bounds.
    fn start(&self, shape: &Shape, bounds: &[Direction]) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let reach = 1.0 / (shape.inputs as f64).sqrt();
        let mut draw = || {
            // The upper 53 bits, as many as a number between 0 and 1 holds.
            let unit = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
            reach * (2.0 * unit - 1.0)
        };
        let mut x: Vec<f64> = bounds
            .iter()
            .map(|bound| match bound {
                Direction::Any => draw(),
                Direction::Increasing => draw().abs(),
                Direction::Decreasing => -draw().abs(),
            })
            .collect();
        if shape.ties {
            x.push(0.0);
        }
        x
    }
}

impl Learner for Mlp {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        self.fit_lists(examples.lists()).map(Model::Mlp)
    }
}

/// The network of these parameters, for all features; those that do not vary get no weight.
fn network(shape: &Shape, columns: usize, scaled: &Scaled, x: &[f64]) -> Network {
    let (inner, biases, outer) = shape.parts(x);
    let mut network = Network {
        centres: vec![0.0; columns],
        scales: vec![0.0; columns],
        inner: vec![0.0; shape.units * columns],
        biases: biases.to_vec(),
        outer: outer.to_vec(),
    };
    for (place, &at) in scaled.active.iter().enumerate() {
        network.centres[at] = scaled.centres[place];
        network.scales[at] = 1.0 / scaled.spreads[place];
        for unit in 0..shape.units {
            network.inner[unit * columns + at] = inner[unit * shape.inputs + place];
        }
    }
    network
}
