//! Judged lists as one table of rows, in an order that depends on their content alone.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use ranker_core::{FeatureMatrix, FeatureSchema};

use super::error::LearnError;
use super::judged::JudgedList;

/// The rows of all lists that can teach something.
///
/// Rows of weight 0 and lists without rows are left out. Lists are ordered by job, then by content,
/// and a list's rows by content, so that a learner that goes through them in order learns the same
/// however the caller shuffled them. Weights are scaled to a mean of 1.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) schema: Arc<FeatureSchema>,
    /// Row-major, `rows × schema.len()`.
    pub(crate) values: Vec<f32>,
    pub(crate) gains: Vec<f64>,
    pub(crate) weights: Vec<f64>,
    /// The rows of each list.
    pub(crate) lists: Vec<Range<usize>>,
    /// The job of each list.
    pub(crate) jobs: Vec<Arc<str>>,
}

struct Row<'a> {
    values: &'a [f32],
    gain: f64,
    weight: f64,
}

impl Row<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.values.iter().zip(other.values);
        let mut orders = pairs.map(|(a, b)| a.total_cmp(b));
        let values = orders.find(|order| order.is_ne());
        values
            .unwrap_or(Ordering::Equal)
            .then(self.gain.total_cmp(&other.gain))
            .then(self.weight.total_cmp(&other.weight))
    }
}

impl Table {
    /// # Errors
    ///
    /// [`LearnError::NoLists`], [`LearnError::ListFeatures`], and [`LearnError::NoContrast`] where
    /// no list has two rows of different gain.
    pub(crate) fn new(lists: &[JudgedList]) -> Result<Self, LearnError> {
        let schema = Self::schema_of(lists)?;
        let mut sorted: Vec<(&str, Vec<Row<'_>>)> = lists.iter().map(sorted).collect();
        sorted.retain(|(_, rows)| !rows.is_empty());
        if sorted.is_empty() {
            return Err(LearnError::NoLists);
        }
        let contrast = |rows: &[Row<'_>]| rows.iter().any(|row| row.gain != rows[0].gain);
        if !sorted.iter().any(|(_, rows)| contrast(rows)) {
            let lists = sorted.len();
            return Err(LearnError::NoContrast { lists });
        }
        sorted.sort_by(|a, b| a.0.cmp(b.0).then_with(|| by_content(&a.1, &b.1)));
        Ok(Self::gather(schema, &sorted))
    }

    /// The features that all lists share.
    fn schema_of(lists: &[JudgedList]) -> Result<Arc<FeatureSchema>, LearnError> {
        let first = lists.first().ok_or(LearnError::NoLists)?;
        let schema = first.features().schema();
        let other = |list: &JudgedList| !list.features().schema().names().eq(schema.names());
        match lists.iter().position(other) {
            Some(list) => Err(LearnError::ListFeatures { list }),
            None => Ok(Arc::clone(schema)),
        }
    }

    fn gather(schema: Arc<FeatureSchema>, sorted: &[(&str, Vec<Row<'_>>)]) -> Self {
        let rows = || sorted.iter().flat_map(|(_, rows)| rows);
        let mut start = 0;
        let range = |(_, rows): &(&str, Vec<Row<'_>>)| {
            start += rows.len();
            start - rows.len()..start
        };
        let lists: Vec<Range<usize>> = sorted.iter().map(range).collect();
        let total: f64 = rows().map(|row| row.weight).sum();
        let scale = rows().count() as f64 / total;
        Self {
            schema,
            // Adding zero turns -0.0 into 0.0.
            values: rows()
                .flat_map(|row| row.values.iter().map(|v| v + 0.0))
                .collect(),
            gains: rows().map(|row| row.gain).collect(),
            weights: rows().map(|row| row.weight * scale).collect(),
            lists,
            jobs: sorted.iter().map(|(job, _)| Arc::from(*job)).collect(),
        }
    }

    /// The rows as lists again, in the table's order.
    pub(crate) fn judged(&self) -> Result<Vec<JudgedList>, LearnError> {
        let list = |(job, rows): (&Arc<str>, &Range<usize>)| {
            let columns = self.columns();
            let values = self.values[rows.start * columns..rows.end * columns].to_vec();
            let features = FeatureMatrix::new(Arc::clone(&self.schema), values);
            let features = features.map_err(|error| LearnError::NotScored {
                reason: error.to_string(),
            })?;
            let gains = self.gains[rows.clone()].to_vec();
            let list = JudgedList::new(Arc::clone(job), features, gains)?;
            list.with_weights(self.weights[rows.clone()].to_vec())
        };
        self.jobs.iter().zip(&self.lists).map(list).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.gains.len()
    }

    pub(crate) fn columns(&self) -> usize {
        self.schema.len()
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns()..][..self.columns()]
    }
}

fn sorted(list: &JudgedList) -> (&str, Vec<Row<'_>>) {
    let numbers = list.gains().iter().zip(list.weights());
    let row = |(values, (&gain, &weight))| Row {
        values,
        gain: gain + 0.0,
        weight,
    };
    let mut rows: Vec<Row<'_>> = list.features().rows().zip(numbers).map(row).collect();
    rows.retain(|row| row.weight > 0.0);
    rows.sort_by(Row::cmp);
    (list.job(), rows)
}

fn by_content(a: &[Row<'_>], b: &[Row<'_>]) -> Ordering {
    let mut orders = a.iter().zip(b).map(|(a, b)| a.cmp(b));
    let rows = orders.find(|order| order.is_ne());
    rows.unwrap_or_else(|| a.len().cmp(&b.len()))
}

#[cfg(test)]
mod tests {
    use ranker_core::{FeatureMatrix, FeatureSpec};

    use super::*;

    fn list(job: &str, rows: &[(f32, f64, f64)]) -> JudgedList {
        let column = FeatureSpec::new("a", "a test's", 0.0..=1.0);
        let schema = Arc::new(FeatureSchema::new(vec![column]).unwrap());
        let values = rows.iter().map(|row| row.0).collect();
        let features = FeatureMatrix::new(schema, values).unwrap();
        let list = JudgedList::new(job, features, rows.iter().map(|row| row.1).collect());
        list.unwrap()
            .with_weights(rows.iter().map(|row| row.2).collect())
            .unwrap()
    }

    #[test]
    fn order_depends_on_content_alone() {
        let a = list("a", &[(0.5, 1.0, 1.0), (0.25, 0.0, 3.0), (0.1, 9.0, 0.0)]);
        let b = list("b", &[(0.75, 0.0, 2.0)]);
        let none = list("c", &[]);
        let table = Table::new(&[none, b, a]).unwrap();
        assert_eq!(table.values, [0.25, 0.5, 0.75]);
        assert_eq!(table.gains, [0.0, 1.0, 0.0]);
        assert_eq!(table.weights, [1.5, 0.5, 1.0]);
        assert_eq!(table.lists, [0..2, 2..3]);
    }

    #[test]
    fn what_teaches_nothing_is_refused() {
        assert_eq!(Table::new(&[]).unwrap_err(), LearnError::NoLists);
        let unseen = list("a", &[(0.5, 1.0, 0.0), (0.25, 0.0, 0.0)]);
        assert_eq!(Table::new(&[unseen]).unwrap_err(), LearnError::NoLists);
        let flat = list("a", &[(0.5, 1.0, 1.0), (0.25, 1.0, 1.0)]);
        let alone = list("b", &[(0.5, 0.0, 1.0)]);
        let refused = Table::new(&[flat, alone]).unwrap_err();
        assert_eq!(refused, LearnError::NoContrast { lists: 2 });
    }
}
