//! Direct preference optimisation of a linear policy.

use std::sync::Arc;

use ranker_core::Scorer;
use ranker_score::{LinearScorer, Model};

use super::bradley_terry::{MOST_PAIRS, without_difference};
use super::comparison::Comparison;
use super::duels::{self, Duels};
use super::error::{LearnError, check_setting};
use super::folds::Tally;
use super::learner::{Examples, Learner};
use super::objective::Objective;
use super::scaled::Scaled;
use super::table::Table;

/// Learns a [`LinearScorer`] from preferences by direct preference optimisation (Rafailov et al.
/// 2023) for rankings.
///
/// Under a Plackett-Luce policy the log-odds of showing a above b rather than b above a are their
/// score difference, so DPO's loss of a preference is
/// `-log σ(β · [(s_a - s_b) - (r_a - r_b)])`, where `s` are the learned scores and `r` the frozen
/// reference's. Ties follow Davidson's model in the same difference, as in [`super::BradleyTerry`]
/// (Chen et al., On extending DPO to accommodate ties, 2024).
///
/// The optimum is the policy of the most reward less `β` nats of KL to the reference: what was
/// learned is added to the reference, divided by `β`. A small `β` lets the policy go far, a great
/// one holds it. [`Dpo::with_ridge`] is needed beside it: preferences that never contradict each
/// other have no finite optimum of their own.
///
/// L-BFGS within the bounds of monotone features, in f64; the same on any number of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dpo {
    beta: f64,
    ridge: f64,
}

/// A learned model, and how it came to be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DpoFit {
    /// The model.
    pub scorer: LinearScorer,
    /// The price of a nat of KL.
    pub beta: f64,
    /// Davidson's ν; `None` where there were no ties.
    pub nu: Option<f64>,
    /// How many comparisons there were, ties included.
    pub comparisons: usize,
    /// How many steps the solver took.
    pub iterations: usize,
    /// `-log P` of the mean comparison.
    pub loss: f64,
    /// The mean of `β · [(s_a - s_b) - (r_a - r_b)]` over the preferences: how far the model moved
    /// towards what people said, in log-odds.
    pub margin: f64,
}

impl Default for Dpo {
    fn default() -> Self {
        Self {
            beta: 1.0,
            ridge: 1.0,
        }
    }
}

/// Learns from the comparisons, and from the pairs of different gain within lists, what moves the served
/// model; [`Examples::start`] where that is not linear.
impl Learner for Dpo {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        let mut comparisons = examples.comparisons().to_vec();
        if !examples.lists().is_empty() {
            let rows = Table::new(examples.lists())?;
            comparisons.extend(duels::comparisons(&rows, MOST_PAIRS)?);
        }
        Ok(Model::Linear(
            self.fit(&comparisons, &examples.start()?)?.scorer,
        ))
    }
}

impl Dpo {
    /// A learner with `β` 1 and a ridge of 1 comparison.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the price of a nat of KL to the reference, in `1e-6..=1e6`.
    #[must_use]
    pub fn with_beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }

    /// Sets the strength of the L2 penalty on what is learned, in comparisons, in `1e-6..=1e9`.
    #[must_use]
    pub fn with_ridge(mut self, ridge: f64) -> Self {
        self.ridge = ridge;
        self
    }

    /// Learns from comparisons whose rows have the reference's features.
    ///
    /// # Errors
    ///
    /// [`LearnError`]: no comparisons, nothing but ties, no difference between the candidates, rows
    /// of another length, a setting that cannot be used, or no convergence.
    pub fn fit(
        &self,
        comparisons: &[Comparison],
        reference: &LinearScorer,
    ) -> Result<DpoFit, LearnError> {
        self.check()?;
        let schema = reference.schema();
        let pairs = Duels::of_comparisons(comparisons, schema)?;
        let scaled = Scaled::by_differences(&pairs).map_err(without_difference(&pairs))?;
        let mut frozen = scaled.coefficients(reference.weights());
        frozen.iter_mut().for_each(|weight| *weight *= self.beta);
        let objective = Objective {
            scaled: &scaled,
            duels: &pairs.duels,
            prior: &frozen,
            pull: self.ridge,
            ties: pairs.ties() > 0,
            reference: &frozen,
        };
        let minimum = objective.minimise(&scaled.directions(schema))?;
        let learned: Vec<f64> = minimum.x.iter().map(|v| v / self.beta).collect();
        let mut weights = reference.weights().to_vec();
        scaled.set_weights(&mut weights, &learned);
        let scorer = LinearScorer::with_bias(Arc::clone(schema), weights, reference.bias());
        let tally = Tally::of(&objective, &minimum.x);
        Ok(DpoFit {
            scorer: scorer.expect("the solver's numbers are finite"),
            beta: self.beta,
            nu: objective.ties.then(|| minimum.x[frozen.len()].exp()),
            comparisons: comparisons.len(),
            iterations: minimum.iterations,
            loss: tally.log_loss(),
            margin: tally.margin(),
        })
    }

    fn check(&self) -> Result<(), LearnError> {
        check_setting("beta", self.beta, 1e-6..=1e6)?;
        check_setting("ridge", self.ridge, 1e-6..=1e9)
    }
}
