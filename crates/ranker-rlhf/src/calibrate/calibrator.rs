//! From scores to probabilities.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::CalibrationError;
use super::isotonic::Isotonic;
use super::platt::Platt;

/// Held-out parts.
const FOLDS: usize = 5;

/// Bins of the calibration error.
const BINS: usize = 10;

/// A score, and how good its candidate was judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    job: Arc<str>,
    score: f64,
    label: f64,
}

impl Judged {
    /// `label` is 1 for a good candidate and 0 for a bad one, or the share of people who said so.
    ///
    /// # Errors
    ///
    /// [`CalibrationError::Value`] unless the score is finite and the label lies in `0..=1`.
    pub fn new(job: impl Into<Arc<str>>, score: f64, label: f64) -> Result<Self, CalibrationError> {
        let refuse = |what, value| Err(CalibrationError::Value { what, value });
        if !score.is_finite() {
            return refuse("a score", score);
        }
        if !(0.0..=1.0).contains(&label) {
            return refuse("a label", label);
        }
        Ok(Self {
            job: job.into(),
            score,
            label,
        })
    }
}

/// The form of the map from score to probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Method {
    /// A logistic curve (Platt 1999): two numbers, for little data; equal orders.
    #[default]
    Platt,
    /// Any non-decreasing map: for hundreds of rows and more. Scores that the data does not tell
    /// apart become equal.
    Isotonic,
}

/// Learns what scores mean, over all jobs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calibrator {
    method: Method,
}

/// What scores mean: the chance that a candidate with that score is good, whatever the job.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    method: Method,
    map: Map,
    error: f64,
    brier: f64,
    jobs: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Map {
    Platt(Platt),
    Isotonic(Isotonic),
}

impl Calibrator {
    /// Calibrates by that method.
    #[must_use]
    pub fn new(method: Method) -> Self {
        Self { method }
    }

    /// Learns from judged scores of at least two jobs. The errors told are those on jobs that were
    /// held out; the map is then learned from all.
    ///
    /// # Errors
    ///
    /// [`CalibrationError::TooFewJobs`] and [`CalibrationError::OneClass`].
    pub fn fit(&self, rows: &[Judged]) -> Result<Calibration, CalibrationError> {
        let mut jobs: BTreeMap<&str, usize> = rows.iter().map(|row| (&*row.job, 0)).collect();
        for (place, slot) in jobs.values_mut().enumerate() {
            *slot = place;
        }
        if jobs.len() < 2 {
            let (jobs, least) = (jobs.len(), 2);
            return Err(CalibrationError::TooFewJobs { jobs, least });
        }
        if rows.iter().all(|row| row.label == rows[0].label) {
            return Err(CalibrationError::OneClass { rows: rows.len() });
        }
        let folds = jobs.len().min(FOLDS);
        let foretold: Vec<(f64, f64)> = (0..folds)
            .flat_map(|fold| self.hold_out(rows, |row| jobs[&*row.job] % folds == fold))
            .collect();
        let n = foretold.len() as f64;
        Ok(Calibration {
            method: self.method,
            map: self.map(rows.iter()),
            error: calibration_error(foretold.clone()),
            brier: foretold.iter().map(|(p, y)| (p - y).powi(2)).sum::<f64>() / n,
            jobs: jobs.len(),
        })
    }

    /// (probability, label) of the rows held out.
    fn hold_out(&self, rows: &[Judged], out: impl Fn(&Judged) -> bool) -> Vec<(f64, f64)> {
        let map = self.map(rows.iter().filter(|row| !out(row)));
        let held_out = rows.iter().filter(|row| out(row));
        held_out
            .map(|row| (map.probability(row.score), row.label))
            .collect()
    }

    fn map<'r>(&self, rows: impl Iterator<Item = &'r Judged>) -> Map {
        let rows: Vec<(f64, f64)> = rows.map(|row| (row.score, row.label)).collect();
        match self.method {
            Method::Platt => Map::Platt(Platt::fit(&rows)),
            Method::Isotonic => Map::Isotonic(Isotonic::fit(&rows)),
        }
    }
}

impl Calibration {
    /// The chance that a candidate with this score is good; NaN is answered as an average one.
    #[must_use]
    pub fn probability(&self, score: f64) -> f64 {
        let probability = self.map.probability(score);
        if probability.is_finite() {
            probability.clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The expected calibration error on jobs held out: how far stated chances are from what came
    /// true, in the mean over ten bins of equally many candidates.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.error
    }

    /// The mean squared error of stated chances on jobs held out (Brier 1950).
    #[must_use]
    pub fn brier(&self) -> f64 {
        self.brier
    }

    /// From how many jobs it was learned.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.jobs
    }

    /// A name made of the method and its numbers: equal maps have equal names.
    pub(super) fn name(&self) -> String {
        let (method, numbers) = match &self.map {
            Map::Platt(map) => ("platt", map.numbers()),
            Map::Isotonic(map) => ("isotonic", map.numbers()),
        };
        let mut hasher = blake3::Hasher::new();
        for number in numbers {
            hasher.update(&number.to_le_bytes());
        }
        format!("{method}-{}", &hasher.finalize().to_hex()[..16])
    }
}

impl Map {
    fn probability(&self, score: f64) -> f64 {
        match self {
            Self::Platt(map) => map.probability(score),
            Self::Isotonic(map) => map.probability(score),
        }
    }
}

fn calibration_error(mut foretold: Vec<(f64, f64)>) -> f64 {
    foretold.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = foretold.len();
    let bins = (0..BINS).map(|bin| &foretold[bin * n / BINS..(bin + 1) * n / BINS]);
    let off = |bin: &[(f64, f64)]| bin.iter().map(|(p, y)| p - y).sum::<f64>().abs();
    bins.map(off).sum::<f64>() / n as f64
}
