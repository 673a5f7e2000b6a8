//! What was found when a collection was opened.

use ranker_core::BoxError;

/// How the parts that follow from the store came back when a collection was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// The saved codes of the vectors.
    pub vectors: Derived,
    /// The inverted index of the words.
    pub keywords: Derived,
}

/// How something that follows from the store came back. It is time that it costs; the answers are the
/// same but for keyword scores where removed profiles still counted in the frequencies of words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Derived {
    /// It was read from its file.
    Read {
        /// Transactions that it had not seen and has followed now.
        behind: u64,
    },
    /// It was built anew from the store.
    Rebuilt {
        /// What was the matter with the file.
        why: String,
    },
}

impl Derived {
    pub(super) fn rebuilt(why: &BoxError) -> Self {
        let mut reason = why.to_string();
        let mut cause = why.source();
        while let Some(source) = cause {
            reason = format!("{reason}: {source}");
            cause = source.source();
        }
        Self::Rebuilt { why: reason }
    }
}
