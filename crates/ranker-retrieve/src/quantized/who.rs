//! Who may be found.

use ranker_core::Filter;

#[cfg(feature = "collection")]
use super::bitmap::Bitmap;

/// Who may be found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who<'q> {
    /// Those whose facts pass.
    Passing(&'q Filter),
    /// Those whose numbers are among these.
    #[cfg(feature = "collection")]
    Numbered(&'q Bitmap),
}

#[cfg(feature = "collection")]
impl<'q> Who<'q> {
    /// Some of those who have numbers, or everyone.
    pub(super) fn among(numbers: Option<&'q Bitmap>) -> Self {
        numbers.map_or(Self::Passing(&Filter::All), Self::Numbered)
    }
}

impl Who<'_> {
    pub(super) fn is_everyone(&self) -> bool {
        match self {
            Self::Passing(filter) => filter.is_all(),
            #[cfg(feature = "collection")]
            Self::Numbered(_) => false,
        }
    }
}
