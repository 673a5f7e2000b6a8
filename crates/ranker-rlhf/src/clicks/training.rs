//! From clicks to judged candidates.

use std::sync::Arc;

use ranker_core::FeatureMatrix;

use super::error::ClickError;
use super::log::{ClickLog, View};
use super::model::ClickModel;
use super::rates::Count;
use super::regression::Regression;
use crate::JudgedList;

/// Expected examinations below this count as none.
const NONE: f64 = 1e-6;

/// How clicks become gains and weights, given who examined what.
///
/// Gains are estimates of the chance that a candidate is clicked once examined. In all of them rows
/// that were never examined, as far as the model can tell, weigh nothing: no click on them says
/// nothing. Lists without any other row are left out.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Correction {
    /// Clicks per expected examination; a row weighs as much as the share of its job's sessions in
    /// which it was examined, in the mean job's sessions. The plainest.
    Examined,
    /// Inverse propensity scoring (Joachims, Swaminathan and Schnabel 2017): the mean over sessions
    /// of `click / P(examined)`, where no inverse exceeds `clip`. Every row has the same weight.
    /// Unbiased where propensities are right and none is clipped, and noisy.
    InversePropensity {
        /// The most that a click counts, from 1.
        clip: f64,
    },
    /// Doubly robust (Oosterhuis 2023): the regression's `r`, plus the mean over sessions of
    /// `(click - P(examined) · r) / P(examined)`, where no inverse exceeds `clip`. Every row has the
    /// same weight. Right if the propensities or the regression are, and less noisy than inverse
    /// propensities.
    DoublyRobust {
        /// The most that a click counts, from 1.
        clip: f64,
    },
    /// Empirical Bayes: `(clicks + t · r) / (examinations + t)`, where `r` is what a cross-validated
    /// logistic regression on the features expects and `t` how many examinations the clicks say
    /// that is worth; every row weighs 1. With few clicks a candidate they are its features' answer,
    /// with many its own: what does best on sparse clicks. Needs features.
    #[default]
    EmpiricalBayes,
}

impl ClickModel {
    /// Lists to learn from, one a job, in the order of their names.
    ///
    /// # Errors
    ///
    /// [`ClickError::NoFeatures`] where a candidate has none, [`ClickError::Clip`], and
    /// [`ClickError::NotConverged`].
    pub fn judged(
        &self,
        log: &ClickLog,
        correction: Correction,
    ) -> Result<Vec<JudgedList>, ClickError> {
        if let Some(lacking) = log.lacking() {
            return Err(lacking);
        }
        let tally = Tally::new(self, log);
        let gains = tally.gains(log, correction)?;
        let usual = log.weight() / log.jobs() as f64;
        let weight = |at: usize| {
            let examined = tally.answers[at].yes + tally.answers[at].no;
            match correction {
                _ if examined <= NONE => 0.0,
                Correction::Examined => examined / usual,
                _ => 1.0,
            }
        };
        let lists = log.index.jobs.iter().map(|(name, job)| {
            let numbers: Vec<usize> = job.shown.values().copied().collect();
            let weights: Vec<f64> = numbers.iter().map(|&at| weight(at)).collect();
            let gains = numbers.iter().map(|&at| gains[at]).collect();
            let any = weights.iter().any(|weight| *weight > 0.0);
            any.then(|| list(log, Arc::clone(name), &numbers, (gains, weights)))
        });
        Ok(lists.flatten().collect())
    }
}

fn list(
    log: &ClickLog,
    job: Arc<str>,
    numbers: &[usize],
    (gains, weights): (Vec<f64>, Vec<f64>),
) -> JudgedList {
    let rows = numbers.iter().filter_map(|&at| log.rows[at].as_deref());
    let values = rows.flatten().copied().collect();
    let schema = log.schema.clone().unwrap_or_default();
    let features = FeatureMatrix::new(schema, values).expect("rows came from such matrices");
    JudgedList::new(job, features, gains)
        .and_then(|list| list.with_weights(weights))
        .expect("finite gains, and weights of at most the number of sessions")
}

/// What the sessions say of each candidate.
struct Tally {
    /// Clicks, and expected examinations without one.
    answers: Vec<Count>,
    /// Sessions, and propensities in each of them with whether it was clicked.
    shown: Vec<Vec<Showing>>,
}

struct Showing {
    weight: f64,
    click: f64,
    propensity: f64,
}

impl Tally {
    fn new(model: &ClickModel, log: &ClickLog) -> Self {
        let mut tally = Self {
            answers: vec![Count::default(); log.rows.len()],
            shown: log.rows.iter().map(|_| Vec::new()).collect(),
        };
        for view in &log.views {
            tally.add(view, &model.examined(view), &model.chances(view));
        }
        tally
    }

    fn add(&mut self, view: &View, examined: &[f64], chances: &[f64]) {
        let weight = view.weight;
        for (at, candidate) in view.shown.iter().enumerate() {
            let Some(candidate) = *candidate else {
                continue;
            };
            let click = f64::from(u8::from(view.clicked[at]));
            let unclicked = (examined[at] - click).max(0.0);
            self.answers[candidate].add(weight * click, weight * unclicked);
            let propensity = match (&view.propensities, view.known[at]) {
                // Who is known not to have been seen, because that was logged, had no chance; who
                // was seen, all of it.
                (None, Some(false)) => 0.0,
                (None, Some(true)) if !view.clicked[at] => 1.0,
                _ => chances[at],
            };
            self.shown[candidate].push(Showing {
                weight,
                click,
                propensity,
            });
        }
    }

    fn gains(&self, log: &ClickLog, correction: Correction) -> Result<Vec<f64>, ClickError> {
        let regression = || Regression::fit(log, &self.answers);
        let examined = |count: &Count| count.yes + count.no;
        Ok(match correction {
            Correction::Examined => {
                let rate = |count: &Count| count.yes / examined(count).max(NONE);
                self.answers.iter().map(rate).collect()
            }
            Correction::InversePropensity { clip } => {
                let none = vec![0.0; self.answers.len()];
                self.corrected(&none, check(clip)?)
            }
            Correction::DoublyRobust { clip } => {
                let clip = check(clip)?;
                self.corrected(&regression()?.chances, clip)
            }
            Correction::EmpiricalBayes => {
                let regression = regression()?;
                let blend = |(count, chance): (&Count, &f64)| {
                    (count.yes + regression.trust * chance) / (examined(count) + regression.trust)
                };
                let cases = self.answers.iter().zip(&regression.chances);
                cases.map(blend).collect()
            }
        })
    }

    /// What the regression says, and the mean correction of it.
    fn corrected(&self, regression: &[f64], clip: f64) -> Vec<f64> {
        let correct = |(showings, &chance): (&Vec<Showing>, &f64)| {
            let weight: f64 = showings.iter().map(|showing| showing.weight).sum();
            let off = showings.iter().map(|showing| {
                let inverse = showing.propensity.max(clip.recip()).recip();
                showing.weight * (showing.click - showing.propensity * chance) * inverse
            });
            chance + off.sum::<f64>() / weight
        };
        self.shown.iter().zip(regression).map(correct).collect()
    }
}

fn check(clip: f64) -> Result<f64, ClickError> {
    if (1.0..=1e6).contains(&clip) {
        Ok(clip)
    } else {
        Err(ClickError::Clip { clip })
    }
}
