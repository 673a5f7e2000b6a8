//! A linear model from judged lists, by policy gradient.

use ranker_core::{ScoreError, Scorer};
use ranker_score::{LinearScorer, Model};

use super::adamw::AdamW;
use super::problem::Problem;
use crate::learn::{Table, check_setting};
use crate::{Examples, JudgedList, LearnError, Learner};

/// Sampled lists for the numbers that a fit reports.
const REPORT_SAMPLES: usize = 200;

/// Learns a [`LinearScorer`] from judged lists by policy gradient: the lists that the model shows
/// shall earn more, without going far from those that the serving model shows.
///
/// The model's scores are the log-odds of a Plackett-Luce policy over lists. It climbs
/// `E[Σ_k θ_k gain(y_k)] - β · KL(policy ‖ serving policy)`, in the mean over lists, where `y` is a
/// list drawn from the policy and `θ_k = 1 / log₂(k + 1)`. The gradient is PL-Rank-3 (Oosterhuis
/// 2022), whose cost is that of sorting; that of the KL is derived likewise. Gains are divided by
/// the list's greatest.
///
/// - **The start** is the serving model, and so are the weights of features that are constant within
///   every list.
/// - **KL** is that of whole lists, in nats. `β` is its price: at 0 only the gains count; the
///   greater, the nearer the policy stays. The fit reports where it ended.
/// - **Monotone features.** A weight never contradicts its feature's direction.
/// - **Lists that say nothing** (one candidate, equal gains) are left out.
/// - **The optimiser** is AdamW over all lists at once, with a rate that falls to 0. The same seed
///   gives the same model, bit by bit, on any number of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PolicyGradient {
    beta: f64,
    temperature: f64,
    positions: usize,
    steps: usize,
    samples: usize,
    seed: u64,
}

/// A learned policy, and how it came to be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PolicyFit {
    /// The model. Its policy is Plackett-Luce at the learner's temperature.
    pub scorer: LinearScorer,
    /// The mean reward of the lists that it shows, on the lists that it learned from, estimated
    /// from 200 sampled lists each.
    pub reward: f64,
    /// The same of the serving model.
    pub serving_reward: f64,
    /// The mean divergence of its lists from the serving model's, in nats, estimated likewise.
    pub kl: f64,
    /// The price of a nat.
    pub beta: f64,
    /// How many lists it learned from.
    pub lists: usize,
    /// How many lists said nothing.
    pub left_out: usize,
}

impl Default for PolicyGradient {
    fn default() -> Self {
        Self {
            beta: 0.1,
            temperature: 1.0,
            positions: 10,
            steps: 200,
            samples: 8,
            seed: 0,
        }
    }
}

/// Moves the served model by the judged lists; [`Examples::start`] where that is not linear. Comparisons
/// are not read.
impl Learner for PolicyGradient {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        // In the table's order: which list draws which samples must not depend on the caller's.
        let lists = Table::new(examples.lists())?.judged()?;
        Ok(Model::Linear(self.fit(&lists, &examples.start()?)?.scorer))
    }
}

impl PolicyGradient {
    /// A learner with `β` 0.1, temperature 1, ten positions, 200 steps and 8 samples a list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the price of a nat of KL to the serving policy, in units of the best candidate's gain.
    #[must_use]
    pub fn with_beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }

    /// Sets what scores are divided by to give log-odds: take that of the [`crate::explore::ListPolicy`]
    /// which shows the lists.
    #[must_use]
    pub fn with_temperature(mut self, temperature: f64) -> Self {
        self.temperature = temperature;
        self
    }

    /// Sets how many positions count.
    #[must_use]
    pub fn with_positions(mut self, positions: usize) -> Self {
        self.positions = positions;
        self
    }

    /// Sets how many steps are taken.
    #[must_use]
    pub fn with_steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// Sets how many lists are sampled for each judged one in each step.
    #[must_use]
    pub fn with_samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// Sets the seed of the sampling.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Learns from lists whose features are the serving model's.
    ///
    /// # Errors
    ///
    /// [`LearnError`]: no list that says which candidate is better, no feature that differs within
    /// a list, other features, or a setting that cannot be used.
    pub fn fit(
        &self,
        lists: &[JudgedList],
        serving: &LinearScorer,
    ) -> Result<PolicyFit, LearnError> {
        self.check()?;
        for (place, list) in lists.iter().enumerate() {
            let actual = list.features().schema();
            if ScoreError::check_schema(serving.schema(), actual).is_err() {
                return Err(LearnError::ListFeatures { list: place });
            }
        }
        let discount = |k: usize| 1.0 / (k as f64 + 2.0).log2();
        let discounts = (0..self.positions).map(discount).collect();
        let problem = Problem::new(lists, serving, (self.temperature, discounts))?;
        let x = self.climb(&problem, serving);
        Ok(self.report(&problem, (&x, lists.len()), serving))
    }

    fn check(&self) -> Result<(), LearnError> {
        let settings = [
            ("beta", self.beta, 0.0..=1e6),
            ("temperature", self.temperature, 1e-6..=1e6),
            ("number of positions", self.positions as f64, 1.0..=1e4),
            ("number of steps", self.steps as f64, 1.0..=1e6),
            ("number of samples", self.samples as f64, 1.0..=1e6),
        ];
        for (name, value, allowed) in settings {
            check_setting(name, value, allowed)?;
        }
        Ok(())
    }

    fn climb(&self, problem: &Problem, serving: &LinearScorer) -> Vec<f64> {
        let all: Vec<usize> = (0..problem.lists.len()).collect();
        let mut x = problem.start.clone();
        problem.project(serving.schema(), &mut x);
        let mut adam = AdamW::new(&x, 0.05, 1e-3);
        for step in 0..self.steps {
            let seed = [self.seed, step as u64];
            let sampled = problem.sample(&all, &x, (self.beta, self.samples, seed));
            // Half a cosine, from 1 to 0.
            let done = step as f64 / self.steps as f64;
            let share = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
            adam.ascend(&mut x, &sampled.gradient, share);
            problem.project(serving.schema(), &mut x);
        }
        x
    }

    fn report(
        &self,
        problem: &Problem,
        (x, given): (&[f64], usize),
        serving: &LinearScorer,
    ) -> PolicyFit {
        let all: Vec<usize> = (0..problem.lists.len()).collect();
        let seed = [self.seed, u64::MAX];
        let sample = |x: &[f64]| problem.sample(&all, x, (0.0, REPORT_SAMPLES, seed));
        let (now, before) = (sample(x), sample(&problem.start));
        let mut weights = serving.weights().to_vec();
        for ((&at, scale), x) in problem.active.iter().zip(&problem.scales).zip(x) {
            weights[at] = x / scale * self.temperature;
        }
        let scorer = LinearScorer::with_bias(serving.schema().clone(), weights, serving.bias());
        PolicyFit {
            scorer: scorer.expect("steps of a bounded size stay finite"),
            reward: now.reward,
            serving_reward: before.reward,
            kl: now.kl.max(0.0),
            beta: self.beta,
            lists: problem.lists.len(),
            left_out: given - problem.lists.len(),
        }
    }
}
