//! A linear model from pairwise preferences.

use std::cmp::Ordering;
use std::sync::Arc;

use ranker_core::{Direction, Scorer};
use ranker_score::{LinearScorer, Model};
use rayon::prelude::*;

use super::comparison::Comparison;
use super::duels::{Duel, Duels};
use super::error::LearnError;
use super::folds::{Folds, Tally, rightness};
use super::learner::{Examples, Learner};
use super::objective::Objective;
use super::scaled::Scaled;

/// Held-out parts of cross-validation.
const FOLDS: usize = 5;

/// The strengths that cross-validation tries, strongest first: of equals the first is taken.
const PULLS: [f64; 7] = [1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0];

/// The strength where there are too few jobs to choose one, in jobs.
const DEFAULT_PULL: f64 = 10.0;

/// Pairs of one judged list.
pub(super) const MOST_PAIRS: usize = 200;

/// The spread of the prior's score differences, in log-odds, that is taken as it is.
const SPREAD: (f64, f64) = (1.0, 5.0);

/// The most that the prior's weights are stretched.
const MOST_STRETCH: f64 = 100.0;

/// How strongly the learned weights are pulled towards the prior's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Pull {
    /// The strength of 1, 3, 10 … 1000 with the least held-out loss in cross-validation over jobs;
    /// where fewer than five jobs have comparisons, as many as ten jobs like them have: what the candidates of one job
    /// agree on says little of other jobs, however many they are.
    #[default]
    CrossValidated,
    /// This strength, in comparisons: the data begins to outweigh the prior once that many
    /// comparisons agree on something.
    Fixed(f64),
}

/// Learns a [`LinearScorer`] from pairwise preferences and ties: Bradley and Terry's model, with
/// ties after Davidson.
///
/// Candidate a is preferred to b with the odds `e^{d/2}`, they tie with `ν`, and b is preferred with
/// `e^{-d/2}`, where `d` is a's score less b's (Davidson 1970). `ν` is estimated with the weights;
/// without ties it is 0 and `P(a) = σ(d)` (Bradley and Terry 1952). Learned scores are therefore
/// log-odds: a candidate that scores 1 more than another is preferred in 73 of 100 decisions.
///
/// - **Prior.** An L2 penalty of strength [`Pull`] draws the weights of the standardised features
///   (scaled to a root mean square difference of 1) to the prior's. A similarity says which
///   candidate is better but not how surely, so the prior's weights are first stretched until its
///   score differences over the data have a root mean square of at least 1 (at most 100 times), or
///   shrunk until it is at most 5. Without data to the contrary the order stays the prior's.
/// - **Monotone features.** A weight never contradicts its feature's [`Direction`].
/// - **Constant features** keep the prior's weight, stretched like all others.
/// - **Contradictions** (a over b over c over a, or both a over b and b over a) pull the scores
///   together; they are no error.
/// - **The bias** is the prior's: preferences say nothing of it.
/// - **The solver** is L-BFGS within bounds, in f64. The loss is strictly convex, so the
///   answer is the only one; it is the same, bit by bit, on any number of threads, and has converged
///   when the largest component of the gradient is at most 1e-8 per unit of weight.
///
/// ```
/// use ranker_core::FeatureExtractor;
/// use ranker_rlhf::{BradleyTerry, Comparison, Outcome};
/// use ranker_score::{Features, LinearScorer};
///
/// let schema = Features::new().schema().clone();
/// let skilled = schema.position("skills_found").unwrap();
/// let plain_row = vec![0.5_f32; schema.len()];
/// let mut skilled_row = plain_row.clone();
/// skilled_row[skilled] = 0.8;
/// let comparisons = (0..20)
///     .map(|job| {
///         let job = format!("job {job}");
///         Comparison::new(job, Outcome::Preferred, skilled_row.clone(), plain_row.clone())
///     })
///     .collect::<Result<Vec<_>, _>>()?;
///
/// let fit = BradleyTerry::new().fit(&comparisons, &LinearScorer::prior(&schema))?;
/// assert!(fit.scorer.weights()[skilled] > 0.0);
/// assert_eq!(fit.held_out.unwrap().accuracy, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BradleyTerry {
    pull: Pull,
}

/// A learned model, and how it came to be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Fit {
    /// The model.
    pub scorer: LinearScorer,
    /// The strength of the pull towards the prior.
    pub pull: f64,
    /// Davidson's ν, the odds of a tie between equals; `None` where there were no ties.
    pub nu: Option<f64>,
    /// How many comparisons there were, ties included.
    pub comparisons: usize,
    /// How many of them were ties.
    pub ties: usize,
    /// How many jobs they were about.
    pub jobs: usize,
    /// How many steps the solver took.
    pub iterations: usize,
    /// `-log P` of the mean comparison under the model, without the pull.
    pub loss: f64,
    /// The largest component of the gradient, per unit of weight.
    pub gradient_norm: f64,
    /// How well the method does on jobs that it has not seen; `None` with one job only.
    pub held_out: Option<HeldOut>,
}

/// How well a method does on jobs that it has not seen.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct HeldOut {
    /// Into how many parts the jobs were cut, each held out once.
    pub folds: usize,
    /// The share of preferences, by weight, whose better candidate scores more; equal scores count
    /// a half.
    pub accuracy: f64,
    /// The same of the prior.
    pub prior_accuracy: f64,
    /// `-log P` of the mean comparison, ties included.
    pub log_loss: f64,
}

impl BradleyTerry {
    /// A learner with a cross-validated pull.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the strength of the pull towards the prior.
    #[must_use]
    pub fn with_pull(mut self, pull: Pull) -> Self {
        self.pull = pull;
        self
    }

    /// Learns from comparisons whose rows have the features of the prior's schema.
    ///
    /// # Errors
    ///
    /// [`LearnError`]: no comparisons, nothing but ties, no difference between the candidates, rows
    /// of another length, a pull that cannot be used, or no convergence.
    pub fn fit(&self, comparisons: &[Comparison], prior: &LinearScorer) -> Result<Fit, LearnError> {
        let pairs = Duels::of_comparisons(comparisons, prior.schema())?;
        self.fit_pairs(&pairs, prior)
            .map_err(without_difference(&pairs))
    }

    fn fit_pairs(&self, pairs: &Duels, prior: &LinearScorer) -> Result<Fit, LearnError> {
        self.check()?;
        let scaled = Scaled::by_differences(pairs)?;
        let task = Task::new(pairs, &scaled, prior);
        let (pull, held_out) = self.choose(&task)?;
        let objective = task.objective(&pairs.duels, pull);
        let minimum = objective.minimise(&task.directions)?;
        Ok(Fit {
            scorer: task.scorer(&minimum.x),
            pull,
            nu: task.ties.then(|| minimum.x[task.centre.len()].exp()),
            comparisons: pairs.duels.len(),
            ties: pairs.ties(),
            jobs: task.folds.jobs,
            iterations: minimum.iterations,
            loss: Tally::of(&objective, &minimum.x).log_loss(),
            gradient_norm: minimum.gradient_norm,
            held_out,
        })
    }

    fn check(&self) -> Result<(), LearnError> {
        match self.pull {
            Pull::Fixed(pull) if !(1e-6..=1e9).contains(&pull) => Err(LearnError::Pull { pull }),
            Pull::Fixed(_) | Pull::CrossValidated => Ok(()),
        }
    }

    /// The strength of the pull, and how well it does on held-out jobs.
    fn choose(&self, task: &Task<'_>) -> Result<(f64, Option<HeldOut>), LearnError> {
        let pulls = match self.pull {
            Pull::Fixed(pull) => vec![pull],
            Pull::CrossValidated if task.folds.jobs < FOLDS => vec![task.of_jobs(DEFAULT_PULL)],
            Pull::CrossValidated => PULLS.to_vec(),
        };
        if task.folds.count < 2 {
            return Ok((pulls[0], None));
        }
        let tallies = pulls.iter().map(|&pull| Ok((pull, task.hold_out(pull)?)));
        let tallies: Vec<(f64, Tally)> = tallies.collect::<Result<_, LearnError>>()?;
        let best = tallies.into_iter().reduce(|best, other| {
            if other.1.log_loss() < best.1.log_loss() {
                other
            } else {
                best
            }
        });
        let (pull, tally) = best.unwrap_or((pulls[0], Tally::default()));
        let held_out = HeldOut {
            folds: task.folds.count,
            accuracy: tally.accuracy(),
            prior_accuracy: task.prior_accuracy,
            log_loss: tally.log_loss(),
        };
        Ok((pull, Some(held_out)))
    }
}

/// From judged lists it learns from the pairs of different gain, at most 200 a list
/// ([`JudgedList::comparisons`](crate::JudgedList::comparisons)), beside the comparisons with their ties. It begins at
/// [`LinearScorer::prior`], not at the model served: that one was learned from the same examples, which
/// would count twice.
impl Learner for BradleyTerry {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        if !examples.comparisons().is_empty() {
            return self.learn_from_both(examples);
        }
        let pairs = Duels::of_lists(examples.lists(), MOST_PAIRS)?;
        let prior = LinearScorer::prior(&pairs.table.schema);
        Ok(Model::Linear(self.fit_pairs(&pairs, &prior)?.scorer))
    }
}

impl BradleyTerry {
    fn learn_from_both(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        let prior = LinearScorer::prior(examples.schema()?);
        let mut comparisons = Vec::new();
        for list in examples.lists() {
            comparisons.extend(list.comparisons(MOST_PAIRS)?);
        }
        // Sums depend on the order of their terms, which must not be that of the lists.
        comparisons.sort_by(by_content);
        comparisons.extend_from_slice(examples.comparisons());
        Ok(Model::Linear(self.fit(&comparisons, &prior)?.scorer))
    }
}

fn by_content(a: &Comparison, b: &Comparison) -> Ordering {
    let rows = |pair: &Comparison| [pair.better().to_vec(), pair.worse().to_vec()].concat();
    let (left, right) = (rows(a), rows(b));
    let mut orders = left.iter().zip(&right).map(|(a, b)| a.total_cmp(b));
    a.job()
        .cmp(b.job())
        .then_with(|| {
            orders
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        })
        .then_with(|| a.weight().total_cmp(&b.weight()))
}

/// The error of [`Scaled`] in terms of comparisons, of which a caller knows, not of rows.
pub(super) fn without_difference(pairs: &Duels) -> impl Fn(LearnError) -> LearnError {
    let comparisons = pairs.duels.len();
    move |error| match error {
        LearnError::ConstantFeatures { .. } => LearnError::NoDifference { comparisons },
        error => error,
    }
}

/// What all fits to one set of pairs share.
struct Task<'a> {
    pairs: &'a Duels,
    scaled: &'a Scaled,
    prior: &'a LinearScorer,
    directions: Vec<Direction>,
    folds: Folds,
    ties: bool,
    /// What the prior's weights are multiplied by.
    stretch: f64,
    /// The prior's coefficients, stretched.
    centre: Vec<f64>,
    prior_accuracy: f64,
}

impl<'a> Task<'a> {
    /// The comparisons, by weight, that so many jobs have on average.
    fn of_jobs(&self, jobs: f64) -> f64 {
        let all: f64 = self.pairs.duels.iter().map(|duel| duel.weight).sum();
        jobs * all / self.folds.jobs.max(1) as f64
    }

    fn new(pairs: &'a Duels, scaled: &'a Scaled, prior: &'a LinearScorer) -> Self {
        let mut centre = scaled.coefficients(prior.weights());
        let (stretch, prior_accuracy) = judge(&pairs.duels, &scaled.times(&centre));
        centre.iter_mut().for_each(|weight| *weight *= stretch);
        Self {
            pairs,
            scaled,
            prior,
            directions: scaled.directions(prior.schema()),
            folds: Folds::new(pairs, FOLDS),
            ties: pairs.ties() > 0,
            stretch,
            centre,
            prior_accuracy,
        }
    }

    fn objective<'s>(&'s self, duels: &'s [Duel], pull: f64) -> Objective<'s> {
        Objective {
            scaled: self.scaled,
            duels,
            prior: &self.centre,
            pull,
            ties: self.ties,
            reference: &[],
        }
    }

    /// Fits to all folds but one, and tallies that one; for each.
    fn hold_out(&self, pull: f64) -> Result<Tally, LearnError> {
        let folds = (0..self.folds.count).into_par_iter();
        let tallies = folds.map(|fold| {
            let (kept, held_out) = self.folds.split(&self.pairs.duels, fold);
            let minimum = self.objective(&kept, pull).minimise(&self.directions)?;
            Ok(Tally::of(&self.objective(&held_out, pull), &minimum.x))
        });
        let tallies: Vec<Tally> = tallies.collect::<Result<_, LearnError>>()?;
        Ok(tallies.into_iter().fold(Tally::default(), Tally::add))
    }

    fn scorer(&self, coefficients: &[f64]) -> LinearScorer {
        let prior = self.prior.weights().iter();
        let mut weights: Vec<f64> = prior.map(|weight| weight * self.stretch).collect();
        self.scaled.set_weights(&mut weights, coefficients);
        let schema = Arc::clone(self.prior.schema());
        LinearScorer::with_bias(schema, weights, self.prior.bias())
            .expect("the solver's numbers are finite")
    }
}

/// How much to stretch the prior's coefficients, and the share of preferences that its scores predict.
fn judge(duels: &[Duel], scores: &[f64]) -> (f64, f64) {
    let (mut squares, mut total, mut right, mut preferences) = (0.0, 0.0, 0.0, 0.0);
    for duel in duels {
        let margin = scores[duel.first] - scores[duel.second];
        squares += duel.weight * margin * margin;
        total += duel.weight;
        if !duel.tie {
            right += duel.weight * rightness(margin);
            preferences += duel.weight;
        }
    }
    let spread = (squares / total).sqrt();
    let stretch = if spread > 0.0 && spread.is_finite() {
        (spread.clamp(SPREAD.0, SPREAD.1) / spread).min(MOST_STRETCH)
    } else {
        1.0
    };
    (stretch, right / preferences)
}
