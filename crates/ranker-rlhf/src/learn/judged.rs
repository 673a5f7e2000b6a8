//! A list of candidates for one job, and how good each was judged.

use std::sync::Arc;

use ranker_core::{FeatureMatrix, FeatureSchema};

use super::comparison::Comparison;
use super::error::LearnError;

/// Candidates of one job, as rows of features, with a gain and a weight each.
///
/// What listwise and pointwise learners take. A gain is how much the candidate is worth at the top
/// (a grade's `2^grade - 1`, or a debiased click), on any scale, greater is better; a weight says
/// how much the row counts.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedList {
    job: Arc<str>,
    features: FeatureMatrix,
    gains: Vec<f64>,
    weights: Vec<f64>,
    source: Option<Arc<str>>,
}

impl JudgedList {
    /// One gain a row; every row weighs 1.
    ///
    /// `job` groups lists: those of one job are held out together, as they are alike.
    ///
    /// # Errors
    ///
    /// [`LearnError::GainCount`], and [`LearnError::Gain`] unless every gain is finite.
    pub fn new(
        job: impl Into<Arc<str>>,
        features: FeatureMatrix,
        gains: Vec<f64>,
    ) -> Result<Self, LearnError> {
        check(&features, &gains)?;
        if let Some(&gain) = gains.iter().find(|gain| !gain.is_finite()) {
            return Err(LearnError::Gain { gain });
        }
        let weights = vec![1.0; gains.len()];
        Ok(Self {
            job: job.into(),
            features,
            gains,
            weights,
            source: None,
        })
    }

    /// The two of a preference: the better gains 1, the other 0.
    ///
    /// # Errors
    ///
    /// [`LearnError::NotScored`] where its rows do not fit the schema.
    pub(crate) fn of_preference(
        preference: &Comparison,
        schema: &Arc<FeatureSchema>,
    ) -> Result<Self, LearnError> {
        let rows = [preference.better(), preference.worse()].concat();
        let features = FeatureMatrix::new(Arc::clone(schema), rows);
        let features = features.map_err(|error| LearnError::NotScored {
            reason: error.to_string(),
        })?;
        let list = Self::new(preference.job(), features, vec![1.0, 0.0])?;
        list.with_weights(vec![preference.weight(); 2])
    }

    /// Names the one source that judged all of it; none by default.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Arc<str>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The source that judged all of it; `None` for several, or where nobody is named.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// Sets the rows' weights. A row of weight 0 is shown to no learner.
    ///
    /// # Errors
    ///
    /// [`LearnError::GainCount`], and [`LearnError::Weight`] unless each lies in `0..=1e9`.
    pub fn with_weights(mut self, weights: Vec<f64>) -> Result<Self, LearnError> {
        check(&self.features, &weights)?;
        if let Some(&weight) = weights.iter().find(|w| !(0.0..=1e9).contains(*w)) {
            return Err(LearnError::Weight { weight });
        }
        self.weights = weights;
        Ok(self)
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &str {
        &self.job
    }

    /// A row a candidate.
    #[must_use]
    pub fn features(&self) -> &FeatureMatrix {
        &self.features
    }

    /// A gain a row.
    #[must_use]
    pub fn gains(&self) -> &[f64] {
        &self.gains
    }

    /// A weight a row.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Whether two candidates of positive weight gain differently.
    pub(crate) fn has_contrast(&self) -> bool {
        let rows = self.gains.iter().zip(&self.weights);
        let mut seen = rows.filter(|(_, weight)| **weight > 0.0).map(|row| row.0);
        seen.next()
            .is_some_and(|first| seen.any(|gain| gain != first))
    }
}

fn check(features: &FeatureMatrix, given: &[f64]) -> Result<(), LearnError> {
    let (rows, given) = (features.len(), given.len());
    if rows == given {
        return Ok(());
    }
    Err(LearnError::GainCount { rows, given })
}

#[cfg(test)]
mod tests {
    use ranker_core::{FeatureSchema, FeatureSpec};

    use super::super::comparison::Comparison;
    use super::*;

    fn two_rows() -> FeatureMatrix {
        let column = FeatureSpec::new("a", "a test's", 0.0..=1.0);
        let schema = Arc::new(FeatureSchema::new(vec![column]).unwrap());
        FeatureMatrix::new(schema, vec![0.0, 1.0]).unwrap()
    }

    #[test]
    fn one_finite_gain_a_row() {
        assert_eq!(
            JudgedList::new("job", two_rows(), vec![1.0]),
            Err(LearnError::GainCount { rows: 2, given: 1 })
        );
        let nan = JudgedList::new("job", two_rows(), vec![1.0, f64::NAN]);
        assert!(matches!(nan, Err(LearnError::Gain { .. })));
    }

    #[test]
    fn one_weight_a_row_from_nothing_up() {
        let list = JudgedList::new("job", two_rows(), vec![1.0, 0.0]).unwrap();
        assert_eq!(list.weights(), [1.0, 1.0]);
        assert!(list.clone().with_weights(vec![0.0, 2.5]).is_ok());
        let negative = list.with_weights(vec![0.0, -1.0]);
        assert_eq!(negative, Err(LearnError::Weight { weight: -1.0 }));
    }

    #[test]
    fn pairs_weigh_as_much_as_the_rows() {
        let schema = two_rows().schema().clone();
        let features = FeatureMatrix::new(schema, vec![0.0, 0.25, 0.5, 0.75]).unwrap();
        let list = JudgedList::new("job", features, vec![0.0, 1.0, 1.0, 3.0]).unwrap();
        let list = list.with_weights(vec![1.0, 1.0, 1.0, 2.0]).unwrap();
        for (most, count) in [(100, 5), (3, 3), (0, 0)] {
            let comparisons = list.comparisons(most).unwrap();
            assert_eq!(comparisons.len(), count);
            let total: f64 = comparisons.iter().map(Comparison::weight).sum();
            assert!(count == 0 || (total - 4.0).abs() < 1e-12, "{total}");
            assert!(comparisons.iter().all(|c| c.better()[0] > c.worse()[0]));
        }
        let flat = JudgedList::new("job", two_rows(), vec![1.0, 1.0]).unwrap();
        assert_eq!(flat.comparisons(9), Ok(vec![]));
    }
}
