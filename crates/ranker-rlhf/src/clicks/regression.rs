//! What is expected of a candidate from its features.

use rayon::prelude::*;

use super::error::ClickError;
use super::log::ClickLog;
use super::logistic::{Logistic, Penalty, dot, log_loss, sigmoid};
use super::rates::{Count, trust};
use super::scaling::Scaling;

const FOLDS: usize = 5;

/// The ridges that cross-validation tries, strongest first: of equals the first is taken.
const RIDGES: [f64; 7] = [30_000.0, 10_000.0, 3_000.0, 1_000.0, 300.0, 100.0, 30.0];

/// The ridge where there are too few jobs to choose one.
const DEFAULT_RIDGE: f64 = 1_000.0;

/// Chances to be clicked once examined, from the features: logistic regression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Regression {
    /// By candidate.
    pub(super) chances: Vec<f64>,
    /// The ridge, chosen by the held-out likelihood of clicks over jobs.
    pub(super) ridge: f64,
    /// How many examinations a prediction counts as: what makes the answers of held-out jobs most
    /// likely when each candidate's chance is drawn from a Beta distribution around its prediction.
    /// Where nobody was examined twice nothing tells, and predictions count most.
    pub(super) trust: f64,
}

impl Regression {
    /// Fits to expected answers by candidate.
    ///
    /// # Errors
    ///
    /// [`ClickError::NoFeatures`] and [`ClickError::NotConverged`].
    pub(super) fn fit(log: &ClickLog, answers: &[Count]) -> Result<Self, ClickError> {
        if let Some(lacking) = log.lacking() {
            return Err(lacking);
        }
        let task = Task::new(log, answers);
        let (ridge, held_out) = task.choose()?;
        let whole = task.path(&[ridge], None)?;
        let chances = task.rows.iter().map(|row| sigmoid(dot(&whole[0], row)));
        Ok(Self {
            chances: chances.collect(),
            ridge,
            trust: trust(&held_out, answers),
        })
    }
}

struct Task<'a> {
    rows: Vec<Vec<f64>>,
    answers: &'a [Count],
    /// The fold of each candidate: jobs are dealt in turn.
    folds: Vec<usize>,
    count: usize,
}

impl<'a> Task<'a> {
    fn new(log: &ClickLog, answers: &'a [Count]) -> Self {
        let raw = log
            .rows
            .iter()
            .map(|row| row.as_deref().unwrap_or_default());
        let raw: Vec<&[f32]> = raw.collect();
        let scaling = Scaling::new(&raw, answers);
        let count = log.jobs().min(FOLDS);
        let mut folds = vec![0; answers.len()];
        for (number, job) in log.index.jobs.values().enumerate() {
            job.shown
                .values()
                .for_each(|&at| folds[at] = number % count);
        }
        Self {
            rows: raw.iter().map(|row| scaling.row(row)).collect(),
            answers,
            folds,
            count,
        }
    }

    /// A fit for each ridge in turn, each beginning where the last ended, to all folds but one.
    fn path(&self, ridges: &[f64], without: Option<usize>) -> Result<Vec<Vec<f64>>, ClickError> {
        let kept = self.answers.iter().zip(&self.folds);
        let kept = kept.map(|(&count, &fold)| match without {
            Some(without) if without == fold => Count::default(),
            _ => count,
        });
        let counts: Vec<Count> = kept.collect();
        let columns = self.rows.first().map_or(1, Vec::len);
        let mut x = vec![0.0; columns];
        let fits = ridges.iter().map(|&ridge| {
            let penalty = Penalty::ridge(ridge, columns);
            let problem = Logistic {
                rows: &self.rows,
                counts: &counts,
                penalty: &penalty,
            };
            x = problem.minimise(std::mem::take(&mut x))?;
            Ok(x.clone())
        });
        fits.collect()
    }

    /// The ridge, and what the fits to other jobs predict of each candidate.
    fn choose(&self) -> Result<(f64, Vec<f64>), ClickError> {
        let ridges: &[f64] = if self.count < FOLDS {
            &[DEFAULT_RIDGE]
        } else {
            &RIDGES
        };
        let without = |fold| (self.count > 1).then_some(fold);
        let fits = (0..self.count).into_par_iter();
        let fits = fits.map(|fold| self.path(ridges, without(fold)));
        let fits: Vec<Vec<Vec<f64>>> = fits.collect::<Result<_, ClickError>>()?;
        let held_out = |at: usize| {
            let odds = |row: usize| dot(&fits[self.folds[row]][at], &self.rows[row]);
            (0..self.rows.len()).map(odds).collect::<Vec<f64>>()
        };
        let loss = |at: usize| {
            let odds = held_out(at).into_iter().zip(self.answers);
            odds.map(|(odds, &count)| log_loss(odds, count))
                .sum::<f64>()
        };
        let losses = (0..ridges.len()).map(|at| (at, loss(at)));
        let best = losses.reduce(|best, other| if other.1 < best.1 { other } else { best });
        let best = best.map_or(0, |best| best.0);
        let chances = held_out(best).into_iter().map(sigmoid).collect();
        Ok((ridges[best], chances))
    }
}
