//! Why a table of concepts was refused.

use ranker_core::BoxError;

/// A table that cannot be read, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaxonomyError {
    /// The table could not be read to its end.
    #[error("the table cannot be read at line {line}: check that it is a text file in UTF-8")]
    Read {
        /// The line, from 1.
        line: u64,
        /// What the reader said.
        source: BoxError,
    },
    /// The first row does not name the columns.
    #[error("line {line} must name the columns: {expected}")]
    Header {
        /// The line, from 1.
        line: u64,
        /// What it must say.
        expected: &'static str,
    },
    /// A row has too few columns or too many.
    #[error("line {line} has {found} columns; give it {min} to {max}, separated by tabs")]
    Columns {
        /// The line, from 1.
        line: u64,
        /// The columns found.
        found: usize,
        /// The fewest allowed.
        min: usize,
        /// The most allowed.
        max: usize,
    },
    /// A row is of an unknown kind.
    #[error("line {line} is of the kind {found:?}; use skill, occupation or term")]
    Kind {
        /// The line, from 1.
        line: u64,
        /// What it says, cut for display.
        found: String,
    },
    /// A label cannot be matched.
    #[error("line {line} holds the label {label:?}: {reason}")]
    Label {
        /// The line, from 1.
        line: u64,
        /// The label, cut for display.
        label: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is more than one table can hold.
    #[error("line {line} is one concept too many: a table holds {limit}")]
    TooMany {
        /// The line, from 1.
        line: u64,
        /// The most concepts of one table.
        limit: usize,
    },
    /// Nothing was found.
    #[error("the table holds no concept")]
    Empty,
}

/// The first characters of a text, for an error.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}
