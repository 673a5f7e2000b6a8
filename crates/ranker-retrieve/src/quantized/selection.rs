//! The rows that may be found.

use ranker_core::Filter;

#[cfg(feature = "collection")]
use super::bitmap::Bitmap;

/// The rows that may be found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Selection<'q> {
    /// Those whose facts pass the filter.
    Passing(&'q Filter),
    /// Those whose numbers are among these.
    #[cfg(feature = "collection")]
    Numbered(&'q Bitmap),
}

#[cfg(feature = "collection")]
impl<'q> Selection<'q> {
    /// Rows with these numbers, or all.
    pub(super) fn among(numbers: Option<&'q Bitmap>) -> Self {
        numbers.map_or(Self::Passing(&Filter::All), Self::Numbered)
    }
}

impl Selection<'_> {
    pub(super) fn is_all(&self) -> bool {
        match self {
            Self::Passing(filter) => filter.is_all(),
            #[cfg(feature = "collection")]
            Self::Numbered(_) => false,
        }
    }
}
