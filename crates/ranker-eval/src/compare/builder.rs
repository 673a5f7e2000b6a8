//! From evaluations to a table.

use std::collections::HashSet;

use super::{Cell, Comparison, Row, Verdict};
use crate::error::CompareError;
use crate::evaluate::{Evaluation, MetricValues};
use crate::metric::Metric;
use crate::significance::{
    Resampling, bootstrap_interval, holm, paired_differences, sign_flip_test,
};

/// Gathers the systems of a [`Comparison`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ComparisonBuilder<'a> {
    baseline: (String, &'a Evaluation),
    systems: Vec<(String, &'a Evaluation)>,
    alpha: f64,
    resampling: Resampling,
}

impl Comparison {
    /// Begins a table with its baseline, whose metrics the table shows.
    pub fn against(name: impl Into<String>, baseline: &Evaluation) -> ComparisonBuilder<'_> {
        ComparisonBuilder {
            baseline: (name.into(), baseline),
            systems: Vec::new(),
            alpha: 0.05,
            resampling: Resampling::new(),
        }
    }
}

impl<'a> ComparisonBuilder<'a> {
    /// Adds a system.
    pub fn system(mut self, name: impl Into<String>, evaluation: &'a Evaluation) -> Self {
        self.systems.push((name.into(), evaluation));
        self
    }

    /// Sets the level under which a corrected p-value gives a verdict; the intervals have the
    /// level `1 - alpha`. Default: 0.05.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Sets the random draws. Default: [`Resampling::new`].
    pub fn resampling(mut self, resampling: Resampling) -> Self {
        self.resampling = resampling;
        self
    }

    /// Compares.
    ///
    /// # Errors
    ///
    /// [`CompareError::MissingMetric`] and [`CompareError::DifferentQueries`] for evaluations
    /// that do not fit together, [`CompareError::NoQueries`] if a metric has no query,
    /// [`CompareError::DuplicateSystem`], [`CompareError::Level`] for an alpha outside of
    /// (0, 1), and [`CompareError::NoDraws`].
    pub fn build(self) -> Result<Comparison, CompareError> {
        crate::significance::check_level(self.alpha)?;
        self.check_names()?;
        let metrics = self.baseline.1.metrics();
        let mut rows = metrics
            .map(|metric| self.row(metric))
            .collect::<Result<Vec<_>, _>>()?;
        correct(&mut rows, self.alpha);
        Ok(Comparison {
            baseline: self.baseline.0,
            systems: self.systems.into_iter().map(|(name, _)| name).collect(),
            rows,
            alpha: self.alpha,
        })
    }

    fn check_names(&self) -> Result<(), CompareError> {
        let mut names = HashSet::from([&self.baseline.0]);
        match self.systems.iter().find(|(name, _)| !names.insert(name)) {
            None => Ok(()),
            Some((name, _)) => Err(CompareError::DuplicateSystem {
                system: name.clone(),
            }),
        }
    }

    fn row(&self, metric: Metric) -> Result<Row, CompareError> {
        let values = values(&self.baseline, metric)?;
        let cell = |system| self.cell(metric, values, system);
        Ok(Row {
            metric,
            queries: values.per_query().len(),
            baseline: values.mean().ok_or(CompareError::NoQueries)?,
            cells: self.systems.iter().map(cell).collect::<Result<_, _>>()?,
        })
    }

    fn cell(
        &self,
        metric: Metric,
        baseline: &MetricValues,
        system: &(String, &Evaluation),
    ) -> Result<Cell, CompareError> {
        let values = values(system, metric)?;
        let differences =
            paired_differences(baseline, values).ok_or_else(|| CompareError::DifferentQueries {
                system: system.0.clone(),
                metric,
                query: first_alone(baseline, values),
            })?;
        Ok(Cell {
            mean: values.mean().ok_or(CompareError::NoQueries)?,
            test: sign_flip_test(&differences, &self.resampling)?,
            interval: bootstrap_interval(&differences, 1.0 - self.alpha, &self.resampling)?,
            // Both are set when the whole table is known.
            p_holm: 1.0,
            verdict: Verdict::Undecided,
        })
    }
}

fn values<'e>(
    (name, evaluation): &(String, &'e Evaluation),
    metric: Metric,
) -> Result<&'e MetricValues, CompareError> {
    let values = evaluation.values(metric);
    values.ok_or_else(|| CompareError::MissingMetric {
        system: name.clone(),
        metric,
    })
}

/// The first query that only one of the two has.
fn first_alone(a: &MetricValues, b: &MetricValues) -> String {
    let (a, b) = (a.per_query(), b.per_query());
    let missing = a.keys().filter(|query| !b.contains_key(*query));
    let added = b.keys().filter(|query| !a.contains_key(*query));
    missing.chain(added).min().cloned().unwrap_or_default()
}

fn correct(rows: &mut [Row], alpha: f64) {
    let cells = || rows.iter().flat_map(|row| &row.cells);
    let corrected = holm(&cells().map(|cell| cell.test.p_value).collect::<Vec<_>>());
    let cells = rows.iter_mut().flat_map(|row| &mut row.cells);
    for (cell, p) in cells.zip(corrected) {
        cell.p_holm = p;
        cell.verdict = match cell.test.mean_difference {
            _ if p >= alpha => Verdict::Undecided,
            better if better > 0.0 => Verdict::Better,
            _ => Verdict::Worse,
        };
    }
}
