//! Why a value was refused.

/// A value that its type does not allow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// A text that must say something is empty or only white space.
    #[error("{what} is empty: give it some text")]
    Empty {
        /// What the text was for.
        what: &'static str,
    },
    /// An id holds a control character, or is longer than [`crate::CandidateId::MAX_BYTES`].
    #[error("candidate id {id:?} is not allowed: {reason}")]
    Id {
        /// The id, cut for display.
        id: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A number is NaN or infinite.
    #[error("{what} must be finite, but is {value}")]
    NotFinite {
        /// What the number was for.
        what: &'static str,
        /// The number.
        value: f64,
    },
    /// A number lies outside its range.
    #[error("{what} must lie in {min}..={max}, but is {value}")]
    OutOfRange {
        /// What the number was for.
        what: &'static str,
        /// The number.
        value: f64,
        /// The least allowed value.
        min: f64,
        /// The greatest allowed value.
        max: f64,
    },
    /// Something that may come once comes twice.
    #[error("{what} comes twice: {id}")]
    Repeated {
        /// What it is.
        what: &'static str,
        /// Which one.
        id: u64,
    },
    /// A vector of another length than asked for.
    #[error("vector has {actual} dimensions where {expected} are expected")]
    Dimension {
        /// The length asked for.
        expected: usize,
        /// The length found.
        actual: usize,
    },
    /// A vector whose length is zero has no direction.
    #[error("vector of length zero has no direction")]
    ZeroVector,
    /// A vector that should have had unit length.
    #[error("vector has length {norm} where a unit vector is expected")]
    NotUnit {
        /// The Euclidean length found.
        norm: f64,
    },
}

/// Returns `value` if it is finite.
pub(crate) fn finite(what: &'static str, value: f64) -> Result<f64, ValueError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(ValueError::NotFinite { what, value })
    }
}

/// Returns `text` if it holds more than white space.
pub(crate) fn said(what: &'static str, text: String) -> Result<String, ValueError> {
    if text.trim().is_empty() {
        Err(ValueError::Empty { what })
    } else {
        Ok(text)
    }
}
