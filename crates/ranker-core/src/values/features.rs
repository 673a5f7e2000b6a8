//! What a scorer sees of (query, candidate) pairs.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::seams::feature_extractor::FeatureError;

/// Whether more of a feature may only help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// It may help or hurt.
    #[default]
    Any,
    /// More of it never lowers a score.
    Increasing,
    /// More of it never raises a score.
    Decreasing,
}

/// One feature's name, meaning and bounds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FeatureSpec {
    /// A short name, in `snake_case`, shown in explanations.
    pub name: Cow<'static, str>,
    /// What it measures, in a sentence.
    pub description: Cow<'static, str>,
    /// The least value it takes.
    pub min: f32,
    /// The greatest value it takes.
    pub max: f32,
    /// Whether more of it may only help.
    pub direction: Direction,
    /// The model that computes it, if one does beside the encoder: what was learned from one model's values does
    /// not hold for another's.
    pub model: Option<String>,
}

impl FeatureSpec {
    /// A feature with a name in `snake_case`, a sentence on what it measures, and the least and greatest
    /// value it takes; more of it may help or hurt.
    #[must_use]
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
        bounds: RangeInclusive<f32>,
    ) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            min: *bounds.start(),
            max: *bounds.end(),
            direction: Direction::Any,
            model: None,
        }
    }

    /// Sets whether more of it may only help.
    #[must_use]
    pub fn with_direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Sets the model that computes it, by its id.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }
}

/// The features of a matrix: names, meanings and bounds, in the order of the columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureSchema(Vec<FeatureSpec>);

impl FeatureSchema {
    /// Checks and wraps the columns.
    ///
    /// # Errors
    ///
    /// [`FeatureError::DuplicateName`] when two columns share a name.
    pub fn new(columns: Vec<FeatureSpec>) -> Result<Self, FeatureError> {
        for (i, column) in columns.iter().enumerate() {
            if columns[..i]
                .iter()
                .any(|earlier| earlier.name == column.name)
            {
                return Err(FeatureError::DuplicateName {
                    name: column.name.to_string(),
                });
            }
        }
        Ok(Self(columns))
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[FeatureSpec] {
        &self.0
    }

    /// How many columns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The column of that name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column.name == name)
    }

    /// The names, in order: what a saved model must agree with.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|column| column.name.as_ref())
    }
}

/// Features of several candidates for one query: a row a candidate, a column a feature, row-major.
///
/// Computed once; the same rows go to the scorer, the feedback log and the explainer.
#[derive(Clone, PartialEq)]
pub struct FeatureMatrix {
    schema: Arc<FeatureSchema>,
    values: Arc<[f32]>,
}

impl FeatureMatrix {
    /// Wraps row-major values of `rows × schema.len()`.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Shape`] when the values do not fill whole rows, and
    /// [`FeatureError::NotFinite`] for NaN and the infinities.
    pub fn new(schema: Arc<FeatureSchema>, values: Vec<f32>) -> Result<Self, FeatureError> {
        let columns = schema.len();
        if columns == 0 || !values.len().is_multiple_of(columns) {
            return Err(FeatureError::Shape {
                values: values.len(),
                columns,
            });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(FeatureError::NotFinite {
                feature: schema.columns()[at % columns].name.to_string(),
                row: at / columns,
            });
        }
        Ok(Self {
            schema,
            values: values.into(),
        })
    }

    /// The columns' names, meanings and bounds.
    #[must_use]
    pub fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    /// How many candidates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.schema.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// One candidate's features, in the order of the schema; `None` past the end.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&[f32]> {
        self.values.chunks_exact(self.schema.len()).nth(row)
    }

    /// A matrix of one row alone; of none past the end.
    #[must_use]
    pub fn select(&self, row: usize) -> Self {
        let values = self.row(row).unwrap_or_default().into();
        Self {
            schema: Arc::clone(&self.schema),
            values,
        }
    }

    /// All candidates' features.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.schema.len())
    }
}

impl fmt::Debug for FeatureMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.schema.names().collect();
        f.debug_struct("FeatureMatrix")
            .field("features", &names)
            .field("rows", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &'static str) -> FeatureSpec {
        FeatureSpec::new(name, "a test's", 0.0..=1.0)
    }

    #[test]
    fn is_rectangular_and_finite() {
        let schema = Arc::new(FeatureSchema::new(vec![spec("a"), spec("b")]).unwrap());
        let matrix = FeatureMatrix::new(schema.clone(), vec![0.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!(
            (matrix.len(), matrix.row(1), matrix.row(2)),
            (2, Some(&[2.0, 3.0][..]), None)
        );
        assert!(matches!(
            FeatureMatrix::new(schema.clone(), vec![0.0]),
            Err(FeatureError::Shape {
                values: 1,
                columns: 2
            })
        ));
        let refused = FeatureMatrix::new(schema, vec![0.0, 1.0, 2.0, f32::NAN]);
        let Err(FeatureError::NotFinite { feature, row }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((feature.as_str(), row), ("b", 1));
    }

    #[test]
    fn names_are_unique() {
        let twice = FeatureSchema::new(vec![spec("a"), spec("a")]);
        assert!(matches!(twice, Err(FeatureError::DuplicateName { .. })));
    }
}
