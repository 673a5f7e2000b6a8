//! What went wrong inside an adapter, before it is an error of the seam that was called.

use ranker_core::{BoxError, CandidateId, RetrieveError, StoreError, ValueError};

use crate::WriteError;

/// A failure of an engine, without the name of the engine.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Trying again may help.
    Unavailable(BoxError),
    /// Trying again does not help.
    Rejected(BoxError),
    /// The engine returned what is no value.
    Invalid(ValueError),
    /// Some entries were refused, the first of them for this reason.
    #[cfg_attr(not(feature = "elastic"), allow(dead_code, reason = "of one engine"))]
    Partly {
        sent: usize,
        refused: usize,
        id: CandidateId,
        source: BoxError,
    },
    /// Another encoder's embeddings are stored.
    Encoder { stored: String, given: String },
    /// Changes that searches do not see yet.
    #[cfg_attr(
        not(any(feature = "milvus", feature = "pinecone", feature = "redis")),
        allow(dead_code, reason = "of three engines")
    )]
    NotVisible { seconds: u64 },
}

impl Fault {
    /// A failure of the engine's own making, in words.
    pub(crate) fn rejected(what: impl Into<String>) -> Self {
        Self::Rejected(what.into().into())
    }

    /// Whether an engine refused something in these words.
    #[cfg(feature = "redis")]
    pub(crate) fn says(&self, words: &str) -> bool {
        matches!(self, Self::Rejected(source) if source.to_string().contains(words))
    }

    pub(crate) fn retrieve(self, backend: &str) -> RetrieveError {
        let backend = backend.to_owned();
        match self {
            Self::Unavailable(source) => RetrieveError::Unavailable { backend, source },
            Self::Invalid(source) => RetrieveError::Invalid { backend, source },
            other => RetrieveError::Rejected {
                source: other.source(),
                backend,
            },
        }
    }

    pub(crate) fn read(self, backend: &str) -> StoreError {
        let backend = backend.to_owned();
        match self {
            Self::Unavailable(source) => StoreError::Unavailable { backend, source },
            other => StoreError::Corrupt {
                source: other.source(),
                backend,
            },
        }
    }

    pub(crate) fn write(self, backend: &str) -> WriteError {
        let backend = backend.to_owned();
        match self {
            Self::Unavailable(source) => WriteError::Unavailable { backend, source },
            Self::Partly {
                sent,
                refused,
                id,
                source,
            } => WriteError::Partly {
                backend,
                sent,
                refused,
                id,
                source,
            },
            Self::Encoder { stored, given } => WriteError::Encoder {
                backend,
                stored,
                given,
            },
            Self::NotVisible { seconds } => WriteError::NotVisible { backend, seconds },
            other => WriteError::Rejected {
                source: other.source(),
                backend,
            },
        }
    }

    fn source(self) -> BoxError {
        match self {
            Self::Unavailable(source) | Self::Rejected(source) => source,
            Self::Invalid(source) => source.into(),
            other => format!("{other:?}").into(),
        }
    }
}

impl From<ValueError> for Fault {
    fn from(error: ValueError) -> Self {
        Self::Invalid(error)
    }
}
