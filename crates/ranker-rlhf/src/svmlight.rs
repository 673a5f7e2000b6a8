//! Judged lists as files: SVMlight's lines, as ranking data sets are published.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};
use std::sync::Arc;

use ranker_core::{FeatureMatrix, FeatureSchema, FeatureSpec};

use crate::JudgedList;

/// Rows times features: more would fill the memory.
const MOST_CELLS: usize = 1 << 27;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SvmlightError {
    /// It could not be read, or is no UTF-8.
    #[error("line {line} could not be read")]
    Io {
        /// The line, from 1.
        line: usize,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not as it should be.
    #[error("line {line}: {wrong}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it, and what was expected.
        wrong: String,
    },
    /// The sizes of the groups do not add up to the rows.
    #[error("the groups hold {grouped} rows, but there are {rows}")]
    Groups {
        /// The groups' rows.
        grouped: usize,
        /// The rows there are.
        rows: usize,
    },
    /// The sizes of the groups divide rows that name one query, or join rows that name two.
    #[error("row {row} has `qid:{query}`, which the groups contradict: use one of the two")]
    Contradicting {
        /// The row, from 1, at which they first differ.
        row: usize,
        /// The query that it names.
        query: String,
    },
    /// No row names its query.
    #[error("row {row} has no `qid:`: add it, or give the sizes of the groups")]
    NoQuery {
        /// The row, from 1.
        row: usize,
    },
    /// The features are too many to be laid out.
    #[error("{rows} rows of {features} features do not fit into memory")]
    TooLarge {
        /// How many rows there are.
        rows: usize,
        /// How many features.
        features: usize,
    },
    /// A schema without the file's features.
    #[error("the file has feature {index}, but the schema has no `f{index}`")]
    Schema {
        /// The feature's index.
        index: u32,
    },
}

/// The rows of a file: a grade, the query, and the features that are not zero.
///
/// ```
/// use ranker_rlhf::read_svmlight;
///
/// let text = "2 qid:7 1:0.5 3:1\n0 qid:7 2:0.25 # a comment\n";
/// let rows = read_svmlight(text.as_bytes())?;
/// let lists = rows.lists(&rows.schema())?;
/// assert_eq!(lists[0].gains(), [3.0, 0.0]);
/// assert_eq!(lists[0].features().row(1), Some(&[0.0, 0.25, 0.0][..]));
/// # Ok::<(), ranker_rlhf::SvmlightError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JudgedRows {
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    grade: f64,
    query: Option<String>,
    values: Vec<(u32, f32)>,
}

/// Reads lines of `grade [qid:query] index:value ... [# comment]`, as SVMlight and LETOR write them.
///
/// A feature that a line does not name is 0. Empty lines are passed over.
///
/// # Errors
///
/// [`SvmlightError::Io`] and [`SvmlightError::Line`]: no whole grade, an index twice, a value that is not finite (NaN is refused: a missing feature needs a value of its own).
pub fn read_svmlight(reader: impl BufRead) -> Result<JudgedRows, SvmlightError> {
    let mut rows = Vec::new();
    for (line, text) in numbered(reader) {
        let text = text.map_err(|source| SvmlightError::Io { line, source })?;
        let content = text.split('#').next().unwrap_or_default();
        let mut fields = content.split_ascii_whitespace();
        if let Some(grade) = fields.next() {
            let row = row(grade, fields);
            rows.push(row.map_err(|wrong| SvmlightError::Line { line, wrong })?);
        }
    }
    Ok(JudgedRows { rows })
}

/// Reads how many rows each query has, a number a line: LightGBM's `.query` and `.group` files.
///
/// # Errors
///
/// [`SvmlightError::Io`] and [`SvmlightError::Line`].
pub fn read_groups(reader: impl BufRead) -> Result<Vec<usize>, SvmlightError> {
    let mut groups = Vec::new();
    for (line, text) in numbered(reader) {
        let text = text.map_err(|source| SvmlightError::Io { line, source })?;
        let text = text.trim();
        if !text.is_empty() {
            let wrong = format!("expected a number of rows, found {text:?}");
            let size = text
                .parse()
                .map_err(|_| SvmlightError::Line { line, wrong })?;
            groups.push(size);
        }
    }
    Ok(groups)
}

fn numbered(reader: impl BufRead) -> impl Iterator<Item = (usize, io::Result<String>)> {
    reader.lines().enumerate().map(|(at, text)| (at + 1, text))
}

fn row<'a>(grade: &str, fields: impl Iterator<Item = &'a str>) -> Result<Row, String> {
    let number: f64 = grade
        .parse()
        .map_err(|_| format!("expected a grade, found {grade:?}"))?;
    // The gain of a greater grade is beyond all numbers.
    if number.is_nan() || number.abs() >= 1000.0 {
        return Err(format!("the grade {grade} must lie between -1000 and 1000"));
    }
    if number.fract() != 0.0 {
        return Err(format!("the grade {grade} is no whole number"));
    }
    let mut row = Row {
        grade: number,
        query: None,
        values: Vec::new(),
    };
    for field in fields {
        let (name, value) = field
            .split_once(':')
            .ok_or_else(|| format!("expected index:value, found {field:?}"))?;
        if name == "qid" {
            if row.query.replace(value.to_owned()).is_some() {
                return Err("it has two `qid:`".to_owned());
            }
            continue;
        }
        let index: u32 = name
            .parse()
            .map_err(|_| format!("expected a feature's index, found {name:?}"))?;
        let number: f32 = value
            .parse()
            .map_err(|_| format!("expected the value of feature {index}, found {value:?}"))?;
        if !number.is_finite() {
            return Err(format!("feature {index} must be finite, but is {value}"));
        }
        row.values.push((index, number));
    }
    row.values.sort_by_key(|&(index, _)| index);
    match row.values.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(format!("feature {} stands there twice", pair[0].0)),
        None => Ok(row),
    }
}

impl JudgedRows {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The grades, in the order of the file.
    pub fn grades(&self) -> impl ExactSizeIterator<Item = f64> {
        self.rows.iter().map(|row| row.grade)
    }

    /// Names the rows' queries by the sizes of their groups: the first rows are query 0, and so on.
    ///
    /// # Errors
    ///
    /// [`SvmlightError::Groups`] unless the sizes sum to the number of rows;
    /// [`SvmlightError::Contradicting`] if rows name their queries and these are other ones.
    pub fn with_groups(mut self, groups: &[usize]) -> Result<Self, SvmlightError> {
        let grouped = groups
            .iter()
            .fold(0, |sum: usize, &size| sum.saturating_add(size));
        let rows = self.rows.len();
        if grouped != rows {
            return Err(SvmlightError::Groups { grouped, rows });
        }
        let queries = groups.iter().enumerate();
        let queries = queries.flat_map(|(query, &size)| std::iter::repeat_n(query, size));
        self.agrees_with(queries.clone())?;
        for (row, query) in self.rows.iter_mut().zip(queries) {
            row.query = Some(query.to_string());
        }
        Ok(self)
    }

    /// Whether rows that name their query change it where the groups do.
    fn agrees_with(&self, groups: impl Iterator<Item = usize>) -> Result<(), SvmlightError> {
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        let mut grouped: BTreeMap<usize, &str> = BTreeMap::new();
        for (at, (row, group)) in self.rows.iter().zip(groups).enumerate() {
            let Some(query) = row.query.as_deref() else {
                continue;
            };
            let (group_before, query_before) =
                (named.insert(query, group), grouped.insert(group, query));
            let same = group_before.is_none_or(|before| before == group)
                && query_before.is_none_or(|before| before == query);
            if !same {
                return Err(SvmlightError::Contradicting {
                    row: at + 1,
                    query: query.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The features that any row has, called `f` and their index, bounded by the least and the greatest
    /// value of any of them.
    #[must_use]
    pub fn schema(&self) -> Arc<FeatureSchema> {
        Self::joint_schema([self])
    }

    /// The features that any row of several files has, as [`JudgedRows::schema`].
    #[must_use]
    pub fn joint_schema<'r>(files: impl IntoIterator<Item = &'r Self>) -> Arc<FeatureSchema> {
        let files: Vec<&Self> = files.into_iter().collect();
        let rows = || files.iter().flat_map(|file| &file.rows);
        let values = || rows().flat_map(|row| &row.values);
        let indexes: BTreeSet<u32> = values().map(|&(index, _)| index).collect();
        let min = values().map(|&(_, value)| value).fold(0.0, f32::min);
        let max = values().map(|&(_, value)| value).fold(0.0, f32::max);
        let column = |index: u32| {
            FeatureSpec::new(
                format!("f{index}"),
                format!("feature {index} of the file"),
                min..=max,
            )
        };
        let columns = indexes.into_iter().map(column).collect();
        Arc::new(FeatureSchema::new(columns).expect("the indexes differ"))
    }

    /// A list a query, in the order of their first rows, with the gain `2^grade - 1`; their features
    /// are the schema's that are called `f` and the index.
    ///
    /// # Errors
    ///
    /// [`SvmlightError::NoQuery`], [`SvmlightError::Schema`] and [`SvmlightError::TooLarge`].
    pub fn lists(&self, schema: &Arc<FeatureSchema>) -> Result<Vec<JudgedList>, SvmlightError> {
        let (rows, features) = (self.rows.len(), schema.len());
        if rows
            .checked_mul(features)
            .is_none_or(|cells| cells > MOST_CELLS)
        {
            return Err(SvmlightError::TooLarge { rows, features });
        }
        if features == 0 {
            return Err(SvmlightError::Schema { index: 1 });
        }
        let places = places(schema);
        let mut queries: Vec<(&str, Vec<&Row>)> = Vec::new();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            let query = row.query.as_deref();
            let query = query.ok_or(SvmlightError::NoQuery { row: at + 1 })?;
            let place = *known.entry(query).or_insert_with(|| {
                queries.push((query, Vec::new()));
                queries.len() - 1
            });
            queries[place].1.push(row);
        }
        let list = |(query, rows): (&str, Vec<&Row>)| {
            let mut values = vec![0.0; rows.len() * features];
            for (row, values) in rows.iter().zip(values.chunks_exact_mut(features)) {
                for &(index, value) in &row.values {
                    let place = places.get(&index).ok_or(SvmlightError::Schema { index })?;
                    values[*place] = value;
                }
            }
            let matrix = FeatureMatrix::new(Arc::clone(schema), values);
            let matrix = matrix.expect("whole rows of finite values");
            let gains = rows.iter().map(|row| row.grade.exp2() - 1.0).collect();
            Ok(JudgedList::new(query, matrix, gains).expect("a finite gain a row"))
        };
        queries.into_iter().map(list).collect()
    }
}

/// The columns of the features that are called `f` and an index.
fn places(schema: &FeatureSchema) -> BTreeMap<u32, usize> {
    let named = schema.names().enumerate();
    let indexed = |(place, name): (usize, &str)| {
        let index = name.strip_prefix('f')?.parse().ok()?;
        Some((index, place))
    };
    named.filter_map(indexed).collect()
}
