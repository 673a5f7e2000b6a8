//! The columns of a line.

use super::lines::Line;
use crate::error::{ReadError, WriteError};

impl Line<'_> {
    /// Exactly `N` columns out of `parts`; `names` says which, for the error.
    pub(super) fn columns<'p, const N: usize>(
        &self,
        parts: impl Iterator<Item = &'p str>,
        names: &'static str,
    ) -> Result<[&'p str; N], ReadError> {
        let mut columns = [""; N];
        let mut found = 0;
        for part in parts {
            if let Some(column) = columns.get_mut(found) {
                *column = part;
            }
            found += 1;
        }
        if found == N {
            return Ok(columns);
        }
        Err(ReadError::Columns {
            at: self.at(),
            expected: N,
            found,
            names,
        })
    }

    pub(super) fn id<'p>(&self, column: &'static str, id: &'p str) -> Result<&'p str, ReadError> {
        if id.is_empty() {
            let at = self.at();
            return Err(ReadError::EmptyId { at, column });
        }
        Ok(id)
    }

    pub(super) fn grade(&self, text: &str) -> Result<i32, ReadError> {
        let grade = text.parse();
        grade.map_err(|_| self.not_a_number("grade", text, "a whole number"))
    }

    pub(super) fn score(&self, text: &str) -> Result<f64, ReadError> {
        match text.parse::<f64>() {
            Ok(score) if score.is_finite() => Ok(score),
            _ => Err(self.not_a_number("score", text, "a finite number")),
        }
    }

    /// The rank is checked, because a word there means swapped columns, and then left alone:
    /// as in `trec_eval`, the scores give the order.
    pub(super) fn check_rank(&self, text: &str) -> Result<(), ReadError> {
        match text.parse::<i64>() {
            Ok(_) => Ok(()),
            Err(_) => Err(self.not_a_number("rank", text, "a whole number")),
        }
    }

    fn not_a_number(&self, column: &'static str, text: &str, expected: &'static str) -> ReadError {
        ReadError::Number {
            at: self.at(),
            column,
            // The first characters are enough for the message.
            value: text.chars().take(40).collect(),
            expected,
        }
    }
}

/// What some editors put before a file's first character, and every reader takes away there.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A value that survives being a column between white space, in the first line too.
pub(super) fn writable<'v>(column: &'static str, value: &'v str) -> Result<&'v str, WriteError> {
    if value.is_empty() || value.starts_with(BYTE_ORDER_MARK) || value.contains(char::is_whitespace)
    {
        let value = value.to_owned();
        return Err(WriteError::Column { column, value });
    }
    Ok(value)
}
