//! Why a table of occupations cannot be used.

use std::io;
use std::path::PathBuf;

use ranker_core::{EmbedError, ValueError};

/// Why a table of occupations was not made, read or taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OccupationError {
    /// No group of occupations, or one without a text.
    #[error("occupations are described by texts, and group {group:?} has none")]
    Empty {
        /// The group, or nothing where there is none.
        group: String,
    },
    /// The encoder failed.
    #[error("the occupations' texts could not be embedded")]
    Embed(#[from] EmbedError),
    /// A vector that is none, or of another dimension.
    #[error("the vectors of the occupations cannot be used")]
    Value(#[from] ValueError),
    /// The file cannot be read or written.
    #[error("{} could not be {action}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: `read` or `written`.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no table of occupations, or a damaged one.
    #[error("{} is no table of occupations: {what}; make it again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The table was made by another encoder: cosines to its vectors mean nothing.
    #[error(
        "the table of occupations was made by another encoder than {encoder} (cosine {cosine:.3} for a text \
         that it keeps the embedding of): make a table by this one"
    )]
    OtherEncoder {
        /// The encoder's [`ranker_core::Embedder::model_id`].
        encoder: String,
        /// How alike the two embeddings of one text are.
        cosine: f32,
    },
    /// The encoder's embeddings are no mean of its token vectors, such as those of its first token, so that the
    /// token vectors that are kept of a profile do not tell them.
    #[error(
        "the embeddings of {encoder} are not the mean of its token vectors, which the feature needs"
    )]
    NotTheMean {
        /// The encoder's [`ranker_core::Embedder::model_id`].
        encoder: String,
    },
}
