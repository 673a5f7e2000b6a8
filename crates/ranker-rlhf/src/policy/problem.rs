//! Judged lists on standardised features.

use ranker_core::{Direction, FeatureSchema, Scorer};
use ranker_score::LinearScorer;
use rayon::prelude::*;

use super::pl_rank::{Sampled, Task};
use crate::random::Stream;
use crate::{JudgedList, LearnError};

/// The least scale of a bounded feature, as a share of its range.
const LEAST_SCALE: f64 = 0.01;

/// Lists with something to tell apart, their features on a common scale.
#[derive(Debug)]
pub(super) struct Problem {
    /// The feature of each coefficient.
    pub(super) active: Vec<usize>,
    /// A coefficient is `weight · scale`.
    pub(super) scales: Vec<f64>,
    pub(super) lists: Vec<Rows>,
    /// The serving model's coefficients.
    pub(super) start: Vec<f64>,
    discounts: Vec<f64>,
}

#[derive(Debug)]
pub(super) struct Rows {
    /// Row-major, standardised.
    values: Vec<f64>,
    /// The serving model's log-odds from the features that are constant in all lists.
    reference: Vec<f64>,
    gains: Vec<f64>,
}

impl Problem {
    /// `discounts` weighs the positions; scores are divided by `temperature`.
    pub(super) fn new(
        lists: &[JudgedList],
        serving: &LinearScorer,
        (temperature, discounts): (f64, Vec<f64>),
    ) -> Result<Self, LearnError> {
        let useful: Vec<&JudgedList> = lists.iter().filter(|list| list.has_contrast()).collect();
        if useful.is_empty() {
            return Err(match lists.len() {
                0 => LearnError::NoLists,
                lists => LearnError::NoContrast { lists },
            });
        }
        let schema = serving.schema();
        let scaled = (0..schema.len()).filter_map(|at| Some((at, scale(schema, at, &useful)?)));
        let (active, scales): (Vec<usize>, Vec<f64>) = scaled.unzip();
        if active.is_empty() {
            return Err(LearnError::NoDifference {
                comparisons: lists.len(),
            });
        }
        let columns = active.iter().zip(&scales);
        let start = columns.map(|(&at, scale)| serving.weights()[at] * scale / temperature);
        let start: Vec<f64> = start.collect();
        let rows = |list: &&JudgedList| Rows::new(list, (&active, &scales), &start);
        Ok(Self {
            lists: useful.iter().map(rows).collect(),
            active,
            scales,
            start,
            discounts,
        })
    }

    /// The mean of lists under coefficients `x`: reward, KL and the gradient by `x`.
    pub(super) fn sample(
        &self,
        chosen: &[usize],
        x: &[f64],
        (beta, samples, seed): (f64, usize, [u64; 2]),
    ) -> Sampled {
        let each = chosen.par_iter().map(|&at| {
            let list = &self.lists[at];
            let odds = list.odds(x);
            let task = Task {
                odds: &odds,
                reference: &list.reference,
                gains: &list.gains,
                discounts: &self.discounts,
                beta,
            };
            let mut stream = Stream::numbered(seed[0], [seed[1], at as u64]);
            let mut sampled = task.sample(samples, &mut stream);
            sampled.gradient = list.pull_back(&sampled.gradient, x.len());
            sampled
        });
        let each: Vec<Sampled> = each.collect();
        let share = 1.0 / chosen.len() as f64;
        let mut mean = Sampled {
            reward: each.iter().map(|s| s.reward).sum::<f64>() * share,
            kl: each.iter().map(|s| s.kl).sum::<f64>() * share,
            gradient: vec![0.0; x.len()],
        };
        for sampled in &each {
            let pairs = mean.gradient.iter_mut().zip(&sampled.gradient);
            pairs.for_each(|(sum, g)| *sum += g * share);
        }
        mean
    }

    /// Moves coefficients to where no weight contradicts its feature's direction.
    pub(super) fn project(&self, schema: &FeatureSchema, x: &mut [f64]) {
        for (x, &at) in x.iter_mut().zip(&self.active) {
            *x = match schema.columns()[at].direction {
                Direction::Increasing => x.max(0.0),
                Direction::Decreasing => x.min(0.0),
                Direction::Any => *x,
            };
        }
    }
}

impl Rows {
    fn new(list: &JudgedList, (active, scales): (&[usize], &[f64]), start: &[f64]) -> Self {
        let mut rows = Self {
            values: Vec::new(),
            reference: Vec::new(),
            gains: Vec::new(),
        };
        let most = list
            .gains()
            .iter()
            .fold(0.0_f64, |most, gain| most.max(gain.abs()));
        let judged = list.features().rows().zip(list.gains()).zip(list.weights());
        for ((row, gain), weight) in judged.filter(|(_, weight)| **weight > 0.0) {
            let columns = active.iter().zip(scales);
            rows.values
                .extend(columns.map(|(&at, scale)| f64::from(row[at]) / scale));
            rows.gains.push(gain / most * weight);
        }
        rows.reference = rows.odds(start);
        rows
    }

    fn odds(&self, x: &[f64]) -> Vec<f64> {
        let rows = self.values.chunks_exact(x.len());
        rows.map(|row| row.iter().zip(x).map(|(z, x)| z * x).sum())
            .collect()
    }

    /// From the gradient by log-odds to that by coefficients.
    fn pull_back(&self, by_odds: &[f64], columns: usize) -> Vec<f64> {
        let mut gradient = vec![0.0; columns];
        for (row, g) in self.values.chunks_exact(columns).zip(by_odds) {
            for (sum, z) in gradient.iter_mut().zip(row) {
                *sum += g * z;
            }
        }
        gradient
    }
}

/// The root mean square of a feature within lists, around the lists' means; `None` where it is
/// constant within every list: it moves no candidate.
fn scale(schema: &FeatureSchema, at: usize, lists: &[&JudgedList]) -> Option<f64> {
    let (mut squares, mut count, mut largest) = (0.0, 0.0, 0.0_f64);
    for list in lists {
        let values: Vec<f64> = list
            .features()
            .rows()
            .map(|row| f64::from(row[at]))
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        squares += values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        count += values.len() as f64;
        largest = values.iter().fold(largest, |most, x| most.max(x.abs()));
    }
    let scale = (squares / count).sqrt();
    let column = &schema.columns()[at];
    let range = f64::from(column.max) - f64::from(column.min);
    let least = if range.is_finite() {
        LEAST_SCALE * range
    } else {
        0.0
    };
    (scale > 1e-6 * largest).then_some(scale.max(least))
}
