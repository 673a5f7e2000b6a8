//! What a refusal of several texts, or of one, means.

use ranker_core::EmbedError;
use ranker_http::HttpError;

use super::ApiError;

/// Why a call gave nothing, by what to do about it.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A text is longer than the model reads.
    TooLong { reason: String },
    /// The server read less of a text than there is.
    Cut { read: u64, tokens: u64 },
    /// The server fails on these texts together; fewer may do.
    TooMuch { status: u16, reason: String },
    /// Nothing about the texts.
    Other(ApiError),
    /// Of one text, by its place in the call.
    Text(EmbedError),
}

/// How servers say that a text has too many tokens: OpenAI and vLLM, Ollama, llama.cpp, TEI.
const TOO_LONG: [&str; 6] = [
    "context length",
    "context size",
    "too large to process",
    "must have less than",
    "text is too long",
    "input is too long",
];

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        match error {
            // 424: inference failed (TEI). 500: what llama.cpp says of an input above its batch.
            ApiError::Http(HttpError::Status {
                status: status @ (400 | 413 | 422 | 424 | 500),
                reason,
                ..
            }) => {
                let said = reason.to_lowercase();
                match TOO_LONG.iter().any(|words| said.contains(words)) {
                    true => Self::TooLong { reason },
                    false => Self::TooMuch { status, reason },
                }
            }
            other => Self::Other(other),
        }
    }
}

impl Refusal {
    /// The error where there is nothing else to be done for the one text at `index`.
    pub(crate) fn of_text(self, index: usize, backend: &str) -> EmbedError {
        let error = match self {
            Self::TooLong { reason } => ApiError::TooLong { reason },
            Self::Cut { read, tokens } => ApiError::Cut { read, tokens },
            Self::TooMuch { status, reason } => ApiError::Failing { status, reason },
            Self::Other(error) => return failed(error, backend),
            Self::Text(error) => return error,
        };
        refused(index, error)
    }
}

pub(crate) fn failed(error: ApiError, backend: &str) -> EmbedError {
    EmbedError::Backend {
        backend: backend.to_owned(),
        source: error.into(),
    }
}

pub(crate) fn refused(index: usize, error: ApiError) -> EmbedError {
    EmbedError::Refused {
        index,
        source: error.into(),
    }
}
