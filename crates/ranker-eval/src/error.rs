//! What can go wrong, one enum for each moment: reading, writing, building values, comparing.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::Utf8Error;

use crate::metric::Metric;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// The file, or the name given to the reader.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.line)
    }
}

/// A file of documents, queries, judgments or rankings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A file or folder could not be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Reading stopped in the middle of a file.
    #[error("{at}: cannot read the line")]
    Io {
        /// The line that could not be read.
        at: Location,
        /// What the system said.
        source: io::Error,
    },
    /// A line too long to be meant.
    #[error("{at}: the line is longer than {limit} bytes; is it a text file with line breaks?")]
    LineTooLong {
        /// The line.
        at: Location,
        /// The longest line that is read, in bytes.
        limit: usize,
    },
    /// A line that is not UTF-8.
    #[error(
        "{at}: the line is not UTF-8 (Latin-1 or Windows-1252, perhaps); save the file as UTF-8"
    )]
    Utf8 {
        /// The line.
        at: Location,
        /// The place in the line.
        source: Utf8Error,
    },
    /// A line that is not the expected JSON object.
    #[error("{at}: the line is not a JSON object with the text fields {fields}")]
    Json {
        /// The line.
        at: Location,
        /// The fields that the object must have.
        fields: &'static str,
        /// What the JSON parser said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A line with the wrong number of columns.
    #[error("{at}: {found} columns where {expected} are needed ({names})")]
    Columns {
        /// The line.
        at: Location,
        /// The number of columns of the format.
        expected: usize,
        /// The number of columns of the line.
        found: usize,
        /// The columns of the format.
        names: &'static str,
    },
    /// A column that is not the number it should be.
    #[error("{at}: the {column} `{value}` is not {expected}")]
    Number {
        /// The line.
        at: Location,
        /// The column.
        column: &'static str,
        /// What stands there, shortened.
        value: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// An id that is the empty string.
    #[error("{at}: the {column} is empty")]
    EmptyId {
        /// The line.
        at: Location,
        /// Which id.
        column: &'static str,
    },
    /// An id that an earlier line of the file already had.
    #[error("{at}: the id `{id}` occurs a second time; ids must be unique")]
    DuplicateId {
        /// The second line.
        at: Location,
        /// The id.
        id: String,
    },
    /// A query and document that an earlier line of the file already had.
    #[error("{at}: document `{document}` occurs a second time for query `{query}`")]
    DuplicatePair {
        /// The second line.
        at: Location,
        /// The query.
        query: String,
        /// The document.
        document: String,
    },
    /// A run file with two tags.
    #[error("{at}: run tag `{found}` in the run `{expected}`; put each run in its own file")]
    MixedTags {
        /// The first line with another tag.
        at: Location,
        /// The tag of the first line.
        expected: String,
        /// The tag of this line.
        found: String,
    },
    /// A BEIR folder with neither `qrels.tsv` nor `qrels/*.tsv`.
    #[error("no judgments in {}: expected qrels.tsv or qrels/*.tsv", dir.display())]
    NoQrels {
        /// The folder.
        dir: PathBuf,
    },
    /// A BEIR folder with several splits, none of them `test`.
    #[error("{} has the splits {splits:?}; choose one with BeirDataset::open_split", dir.display())]
    ChooseSplit {
        /// The folder.
        dir: PathBuf,
        /// The splits that it has.
        splits: Vec<String>,
    },
}

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Writing failed.
    #[error("cannot write the file")]
    Io {
        /// What the system said.
        #[from]
        source: io::Error,
    },
    /// An id or tag that the columns of a TREC file cannot hold.
    #[error(
        "the {column} `{value}` is empty, has white space or begins with a byte order mark, \
             which a TREC file cannot hold"
    )]
    Column {
        /// The column.
        column: &'static str,
        /// What should stand there.
        value: String,
    },
}

/// A judgment or a ranking that contradicts itself.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// A document that the query already has.
    #[error("document `{document}` occurs a second time for query `{query}`")]
    DuplicateDocument {
        /// The query.
        query: String,
        /// The document.
        document: String,
    },
    /// A query that the run already has.
    #[error("query `{query}` already has a ranking; give it once, whole")]
    DuplicateQuery {
        /// The query.
        query: String,
    },
    /// A score that is infinite or not a number.
    #[error("document `{document}` of query `{query}` has the score {score}; it must be finite")]
    Score {
        /// The query.
        query: String,
        /// The document.
        document: String,
        /// The score.
        score: f64,
    },
}

/// A text that names no metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no metric; write mrr, ndcg, ndcg_exp, map, recall, precision or success, \
     with @k for the first k (k at least 1), as in ndcg@10"
)]
#[non_exhaustive]
pub struct ParseMetricError {
    /// The text.
    pub text: String,
}

/// Values that cannot be compared.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// There is no query to compare on.
    #[error("no query to compare on; does any judged query have a relevant document?")]
    NoQueries,
    /// A difference that is infinite or not a number.
    #[error("difference {index} is {value}; differences must be finite")]
    NotFinite {
        /// Its place, counted from 0.
        index: usize,
        /// The difference.
        value: f64,
    },
    /// A confidence or significance level outside of (0, 1).
    #[error("the level {level} is not between 0 and 1")]
    Level {
        /// The level.
        level: f64,
    },
    /// No random draws were allowed.
    #[error("at least one draw is needed")]
    NoDraws,
    /// A metric that one of the evaluations lacks.
    #[error("`{system}` was not evaluated on {metric}; evaluate all systems on the same metrics")]
    MissingMetric {
        /// The system.
        system: String,
        /// The metric.
        metric: Metric,
    },
    /// Two evaluations over different queries.
    #[error(
        "`{system}` and the baseline were evaluated on different queries for {metric} \
         (`{query}` is in one only); use the same judgments and options"
    )]
    DifferentQueries {
        /// The system.
        system: String,
        /// The metric.
        metric: Metric,
        /// The first query that only one of them has.
        query: String,
    },
    /// A name that two rows of a table would share.
    #[error("two systems are called `{system}`; give each its own name")]
    DuplicateSystem {
        /// The name.
        system: String,
    },
}
