//! People who read a short list, with a known truth.

use std::sync::Arc;

use ranker_core::{Direction, FeatureMatrix, Score, Scorer};
use ranker_rlhf::JudgedList;
use ranker_rlhf::explore::ListPolicy;
use ranker_rlhf::off_policy::{LoggedList, ShownRow};
use ranker_score::LinearScorer;

use crate::support::{Random, schema};

pub(crate) const SERVING: [f64; 3] = [0.2, 0.3, 0.1];

/// Jobs of four candidates; position k is looked at with chance 1/k, whoever is above.
pub(crate) struct World {
    pub(crate) jobs: Vec<FeatureMatrix>,
    appeal: Vec<Vec<f64>>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let schema = schema(&[Direction::Any; 3]);
        let jobs: Vec<FeatureMatrix> = (0..30)
            .map(|_| {
                let values = (0..12).map(|_| random.within(-2.0..2.0) as f32).collect();
                FeatureMatrix::new(Arc::clone(&schema), values).unwrap()
            })
            .collect();
        let appeal = |row: &[f32]| 1.0 / (1.0 + (0.5 - f64::from(row[0])).exp());
        let appeal = jobs
            .iter()
            .map(|job| job.rows().map(appeal).collect())
            .collect();
        Self { jobs, appeal }
    }

    pub(crate) fn policy() -> ListPolicy {
        ListPolicy::plackett_luce(1.0).unwrap()
    }

    pub(crate) fn scorer(&self, weights: &[f64; 3]) -> LinearScorer {
        LinearScorer::new(self.jobs[0].schema().clone(), weights.to_vec()).unwrap()
    }

    pub(crate) fn log(&self, scorer: &LinearScorer, lists: usize, seed: u64) -> Vec<LoggedList> {
        let mut random = Random(seed.wrapping_mul(7_919) + 1);
        let policy = Self::policy().with_seed(seed);
        let one = |at: usize| {
            let job = (random.bits() % self.jobs.len() as u64) as usize;
            let scores: Vec<Score> = scorer.score(&self.jobs[job]).unwrap();
            let drawn = policy.draw(&scores, &at.to_string(), 4);
            let shown = drawn.order.iter().zip(&drawn.propensities).enumerate();
            let shown = shown.map(|(k, (&row, &chance))| {
                let clicks = random.within(0.0..1.0) < self.appeal[job][row] / (k + 1) as f64;
                ShownRow::new(row, chance, if clicks { 1.0 } else { 0.0 })
            });
            let list = LoggedList::new(
                format!("job {job}"),
                self.jobs[job].clone(),
                shown.collect(),
            );
            let marginals = policy.marginals(&scores, 4).unwrap();
            list.unwrap()
                .with_marginals(marginals.of(&drawn.order))
                .unwrap()
        };
        (0..lists).map(one).collect()
    }

    /// The true value of the policy of these weights.
    pub(crate) fn value(&self, weights: &[f64; 3]) -> f64 {
        let scorer = self.scorer(weights);
        let jobs = self.jobs.iter().zip(&self.appeal).map(|(job, appeal)| {
            let marginals = Self::policy()
                .marginals(&scorer.score(job).unwrap(), 4)
                .unwrap();
            let cell =
                |(k, row): (usize, usize)| marginals.chance(k, row) * appeal[row] / (k + 1) as f64;
            (0..4)
                .flat_map(|k| (0..4).map(move |row| (k, row)))
                .map(cell)
                .sum::<f64>()
        });
        jobs.sum::<f64>() / self.jobs.len() as f64
    }

    pub(crate) fn judged(&self) -> Vec<JudgedList> {
        let jobs = self.jobs.iter().zip(&self.appeal).enumerate();
        jobs.map(|(at, (job, appeal))| {
            JudgedList::new(format!("job {at}"), job.clone(), appeal.clone()).unwrap()
        })
        .collect()
    }
}
