//! Candidates that cannot be told apart.

use std::collections::BTreeMap;

use ranker_core::{FeatureMatrix, ScoreError, Scorer};
use ranker_score::LinearScorer;
use rayon::prelude::*;

use super::error::CalibrationError;
use crate::random::Stream;
use crate::stats::normal_cdf;
use crate::{BradleyTerry, Comparison, LearnError, Pull};

/// How sure a learned linear model is of its weights, by a Bayesian bootstrap over jobs.
///
/// Each replicate learns again with every job weighed by an exponential draw (Rubin 1981): jobs vary,
/// comparisons of one job together, and nothing is assumed of the model being right. The pull
/// towards the prior is the fit's in all replicates, so what the prior says counts as known.
#[derive(Debug, Clone, PartialEq)]
pub struct Uncertainty {
    scorer: LinearScorer,
    /// Off the mean, a row a replicate.
    deviations: Vec<Vec<f64>>,
}

/// Candidates in the order of their scores, in bands within which the order says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bands {
    /// The rows of each band, best first; the first band is the best.
    pub bands: Vec<Vec<usize>>,
}

impl Uncertainty {
    /// Learns `replicates` times from reweighed jobs, with the pull of the fit to all.
    ///
    /// # Errors
    ///
    /// [`CalibrationError::TooFewJobs`] under five jobs, [`CalibrationError::Setting`] unless the
    /// replicates are in `20..=10_000`, and [`CalibrationError::Learn`].
    pub fn bootstrap(
        comparisons: &[Comparison],
        prior: &LinearScorer,
        (replicates, seed): (usize, u64),
    ) -> Result<Self, CalibrationError> {
        if !(20..=10_000).contains(&replicates) {
            return Err(CalibrationError::Setting {
                setting: "the number of replicates",
                allowed: "20..=10000",
                value: replicates as f64,
            });
        }
        let jobs = places(comparisons);
        if jobs.len() < 5 {
            let (jobs, least) = (jobs.len(), 5);
            return Err(CalibrationError::TooFewJobs { jobs, least });
        }
        let fit = BradleyTerry::new().fit(comparisons, prior);
        let fit = fit.map_err(CalibrationError::Learn)?;
        let learner = BradleyTerry::new().with_pull(Pull::Fixed(fit.pull));
        let weights = (0..replicates).into_par_iter().map(|replicate| {
            let weights = job_weights(jobs.len(), (seed, replicate));
            let weighed = reweighed(comparisons, |c| weights[jobs[c.job()]])?;
            let fit = learner.fit(&weighed, prior)?;
            Ok(fit.scorer.weights().to_vec())
        });
        let weights: Result<Vec<Vec<f64>>, LearnError> = weights.collect();
        let mut deviations = weights.map_err(CalibrationError::Learn)?;
        centre(&mut deviations);
        Ok(Self {
            scorer: fit.scorer,
            deviations,
        })
    }

    /// The model that was learned from all jobs.
    #[must_use]
    pub fn scorer(&self) -> &LinearScorer {
        &self.scorer
    }

    /// The chance that the first row's candidate is better than the second's: a normal
    /// approximation to the replicates. A half where nothing tells them apart.
    ///
    /// # Errors
    ///
    /// [`CalibrationError::Score`] for other features.
    pub fn chance(
        &self,
        features: &FeatureMatrix,
        (first, second): (usize, usize),
    ) -> Result<f64, CalibrationError> {
        ScoreError::check_schema(self.scorer.schema(), features.schema())
            .map_err(CalibrationError::Score)?;
        let row = |at| features.row(at).unwrap_or_default();
        Ok(self.chance_of(row(first), row(second)))
    }

    /// Candidates best first, in bands: a candidate opens a new band when the present band's first
    /// is better than it with at least this confidence, in `0.5..1`. Within a band the order says
    /// nothing that can be relied on. The confidence is that of each such comparison.
    ///
    /// # Errors
    ///
    /// [`CalibrationError::Setting`], and [`CalibrationError::Score`] for other features.
    pub fn bands(
        &self,
        features: &FeatureMatrix,
        confidence: f64,
    ) -> Result<Bands, CalibrationError> {
        if !(0.5..1.0).contains(&confidence) {
            return Err(CalibrationError::Setting {
                setting: "the confidence",
                allowed: "0.5..1",
                value: confidence,
            });
        }
        let scores = self.scorer.score(features);
        let scores = scores.map_err(CalibrationError::Score)?;
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].cmp(&scores[a]).then(a.cmp(&b)));
        let row = |at| features.row(at).unwrap_or_default();
        let mut bands: Vec<Vec<usize>> = Vec::new();
        for at in order {
            match bands.last_mut() {
                Some(band) if self.chance_of(row(band[0]), row(at)) < confidence => band.push(at),
                _ => bands.push(vec![at]),
            }
        }
        Ok(Bands { bands })
    }

    fn chance_of(&self, first: &[f32], second: &[f32]) -> f64 {
        let pairs = first.iter().zip(second);
        let difference: Vec<f64> = pairs.map(|(&a, &b)| f64::from(a) - f64::from(b)).collect();
        let dot = |weights: &[f64]| {
            weights
                .iter()
                .zip(&difference)
                .map(|(w, d)| w * d)
                .sum::<f64>()
        };
        let margin = dot(self.scorer.weights());
        let squares: f64 = self.deviations.iter().map(|row| dot(row).powi(2)).sum();
        let error = (squares / (self.deviations.len() - 1) as f64).sqrt();
        if margin == 0.0 {
            return 0.5;
        }
        normal_cdf(margin / error.max(f64::MIN_POSITIVE))
    }
}

/// The place of each job, in the order of their names.
fn places(comparisons: &[Comparison]) -> BTreeMap<&str, usize> {
    let mut jobs: BTreeMap<&str, usize> = comparisons.iter().map(|c| (c.job(), 0)).collect();
    for (place, slot) in jobs.values_mut().enumerate() {
        *slot = place;
    }
    jobs
}

fn reweighed(
    comparisons: &[Comparison],
    by: impl Fn(&Comparison) -> f64,
) -> Result<Vec<Comparison>, LearnError> {
    let weighed = comparisons.iter().map(|c| {
        let weight = c.weight() * by(c);
        c.clone().with_weight(weight.clamp(1e-9, 1e9))
    });
    weighed.collect()
}

/// Exponential weights with mean 1.
fn job_weights(jobs: usize, (seed, replicate): (u64, usize)) -> Vec<f64> {
    let mut stream = Stream::numbered(seed, [replicate as u64, 1]);
    let draws: Vec<f64> = (0..jobs).map(|_| stream.exponential()).collect();
    let mean = draws.iter().sum::<f64>() / jobs as f64;
    draws.iter().map(|draw| draw / mean).collect()
}

fn centre(rows: &mut [Vec<f64>]) {
    let n = rows.len() as f64;
    for column in 0..rows[0].len() {
        let mean = rows.iter().map(|row| row[column]).sum::<f64>() / n;
        rows.iter_mut().for_each(|row| row[column] -= mean);
    }
}
