//! What a candidate is compared with.

use ranker_core::{FeatureMatrix, FeatureSchema, ScoreError};

/// The row of features that parts are measured from: `base` is its score.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Baseline {
    /// The median of each feature over the candidates explained together (of two middle values the
    /// lower, so that it is a value that occurs): parts then say what sets a candidate apart from
    /// the others. A candidate explained alone has nobody to be compared with, and
    /// [`Baseline::Absent`] is taken.
    #[default]
    Median,
    /// Each feature as near to 0 as its bounds allow: parts say what the candidate has at all.
    Absent,
    /// The median of each feature over these rows, say last month's candidates; one row stands for
    /// itself, and no rows are [`Baseline::Absent`].
    MedianOf(FeatureMatrix),
}

impl Baseline {
    /// The row for these candidates.
    pub(super) fn row(
        &self,
        schema: &FeatureSchema,
        candidates: &FeatureMatrix,
    ) -> Result<Vec<f32>, ScoreError> {
        let rows = match self {
            Self::Median if candidates.len() > 1 => candidates,
            Self::Median | Self::Absent => return Ok(absent(schema)),
            Self::MedianOf(rows) => {
                ScoreError::check_schema(schema, rows.schema())?;
                rows
            }
        };
        Ok(median(rows).unwrap_or_else(|| absent(schema)))
    }
}

fn absent(schema: &FeatureSchema) -> Vec<f32> {
    let nearest = |min: f32, max: f32| 0.0_f32.max(min).min(max);
    schema
        .columns()
        .iter()
        .map(|column| nearest(column.min, column.max))
        // A bound of infinity on the wrong side leaves no number; 0 is one at least.
        .map(|value| if value.is_finite() { value } else { 0.0 })
        .collect()
}

/// The lower median of each column; `None` without rows.
fn median(rows: &FeatureMatrix) -> Option<Vec<f32>> {
    let middle = rows.len().checked_sub(1)? / 2;
    let column = |c: usize| {
        let mut values: Vec<f32> = rows.rows().map(|row| row[c]).collect();
        *values.select_nth_unstable_by(middle, f32::total_cmp).1
    };
    Some((0..rows.schema().len()).map(column).collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests::schema;
    use super::*;

    #[test]
    fn the_median_is_a_value_that_occurs() {
        let schema = schema(2);
        let rows = |values: &[f32]| FeatureMatrix::new(schema.clone(), values.to_vec()).unwrap();
        let baseline = |b: &Baseline, rows: &FeatureMatrix| b.row(&schema, rows).unwrap();
        let four = rows(&[4.0, 0.0, 1.0, 1.0, 3.0, 0.0, 2.0, 1.0]);
        assert_eq!(baseline(&Baseline::Median, &four), [2.0, 0.0]);
        let alone = rows(&[4.0, 1.0]);
        assert_eq!(baseline(&Baseline::Median, &alone), [0.0, 0.0]);
        assert_eq!(baseline(&Baseline::MedianOf(four), &alone), [2.0, 0.0]);
        assert_eq!(baseline(&Baseline::MedianOf(rows(&[])), &alone), [0.0, 0.0]);
    }

    #[test]
    fn absent_stays_within_bounds() {
        let mut columns = schema(4).columns().to_vec();
        let bounds = [
            (2.0, 5.0),
            (-5.0, -2.0),
            (f32::INFINITY, f32::INFINITY),
            (f32::NAN, 1.0),
        ];
        for (column, (min, max)) in columns.iter_mut().zip(bounds) {
            (column.min, column.max) = (min, max);
        }
        let schema = FeatureSchema::new(columns).unwrap();
        assert_eq!(absent(&schema), [2.0, -2.0, 0.0, 0.0]);
    }
}
