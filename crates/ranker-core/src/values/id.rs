//! Who a candidate is.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use super::error::{ValueError, said};

/// A candidate's identity in the caller's store: non-empty text without control characters.
///
/// Cheap to clone. Its order (by bytes) breaks ties between equal scores everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CandidateId(Arc<str>);

impl CandidateId {
    /// The longest id, in bytes of UTF-8.
    pub const MAX_BYTES: usize = 512;

    /// Checks and wraps an id.
    ///
    /// # Errors
    ///
    /// [`ValueError::Empty`] for an empty or blank id, [`ValueError::Id`] for one with control
    /// characters (they would break line-based files) or longer than [`Self::MAX_BYTES`].
    pub fn new(id: impl Into<String>) -> Result<Self, ValueError> {
        let id = said("candidate id", id.into())?;
        let refuse = |reason| {
            Err(ValueError::Id {
                id: id.chars().take(40).collect(),
                reason,
            })
        };
        if id.len() > Self::MAX_BYTES {
            return refuse("it is longer than 512 bytes");
        }
        if id.chars().any(char::is_control) {
            return refuse("it holds a control character");
        }
        Ok(Self(id.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CandidateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for CandidateId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for CandidateId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for CandidateId {
    type Error = ValueError;

    fn try_from(id: &str) -> Result<Self, ValueError> {
        Self::new(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_ids_that_would_break_files() {
        assert_eq!(
            CandidateId::new(" "),
            Err(ValueError::Empty {
                what: "candidate id"
            })
        );
        assert!(matches!(
            CandidateId::new("a\nb"),
            Err(ValueError::Id { .. })
        ));
        assert!(matches!(
            CandidateId::new("x".repeat(513)),
            Err(ValueError::Id { .. })
        ));
        assert_eq!(CandidateId::new("Zoë 7").unwrap().as_str(), "Zoë 7");
    }
}
