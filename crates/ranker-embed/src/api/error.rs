//! What goes wrong with a model that others serve.

use std::time::Duration;

use ranker_http::HttpError;

/// Why a served model gave nothing that can be used. It stands behind [`EmbedError::Backend`],
/// [`EmbedError::Refused`] (of one text) and `FeatureError::Failed` as their source.
///
/// [`EmbedError::Backend`]: ranker_core::EmbedError::Backend
/// [`EmbedError::Refused`]: ranker_core::EmbedError::Refused
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// No answer, or an answer with an error.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A setting of the builder that makes no sense.
    #[error("setting `{setting}` is not allowed: {reason}")]
    Setting {
        /// The setter's name.
        setting: &'static str,
        /// Why not, and what would be.
        reason: &'static str,
    },
    /// The answer is JSON of another shape than the interface's.
    #[error("the answer is not what the interface says: {what}")]
    Shape {
        /// What is missing or of another kind.
        what: String,
    },
    /// A component is NaN or infinite, written as JSON does not allow.
    #[error("the answer holds NaN or Infinity, which is no JSON: the model's output is broken")]
    NotANumber,
    /// More or fewer results than texts.
    #[error("{asked} texts were sent, but {answered} results came")]
    Count {
        /// Texts sent.
        asked: usize,
        /// Results that came.
        answered: usize,
    },
    /// A result for a text that was not sent, or a second one for the same text.
    #[error("the answer's results cannot be told apart: index {index} of {asked} {fault}")]
    Index {
        /// The index that the server gave, from 0.
        index: u64,
        /// Texts sent.
        asked: usize,
        /// "comes twice" or "was not sent".
        fault: &'static str,
    },
    /// A vector in base64 that is no list of 32-bit floats.
    #[error("a vector in base64 cannot be read: {reason}")]
    Base64 {
        /// What is wrong.
        reason: &'static str,
    },
    /// A vector of another length than the others.
    #[error("a vector has {actual} components where {expected} are expected")]
    Dimension {
        /// What was expected: by setting, or by the first answer.
        expected: usize,
        /// What came.
        actual: usize,
    },
    /// The server gives vectors of its own length whatever was asked for.
    #[error(
        "{asked} components were asked for, but {given} came: this server or model does not shorten vectors; \
         leave `dimensions` out"
    )]
    NotShortened {
        /// What was asked for.
        asked: usize,
        /// What came.
        given: usize,
    },
    /// The server answers as another model than before.
    #[error(
        "the server answers as model {actual:?} where it was {expected:?}: embeddings of two models cannot be \
         compared"
    )]
    OtherModel {
        /// Who answered first.
        expected: String,
        /// Who answers now.
        actual: String,
    },
    /// The server says that a text is longer than the model reads.
    #[error(
        "the server says that it is too long ({reason}): shorten it, or allow cutting by `LongTexts::Cut`"
    )]
    TooLong {
        /// What the server said.
        reason: String,
    },
    /// The server read less of a text than there is, and did not say so.
    #[error(
        "the server read {read} tokens of about {tokens}, without saying that it cut: shorten the text, or \
         allow cutting by `LongTexts::Cut`"
    )]
    Cut {
        /// The tokens that the server says it read.
        read: u64,
        /// About how many the text has.
        tokens: u64,
    },
    /// The server fails on this one text, sent alone.
    #[error("the server fails on it with status {status}, also when it is sent alone: {reason}")]
    Failing {
        /// The status.
        status: u16,
        /// What the server said.
        reason: String,
    },
    /// A relevance outside of 0 to 1.
    #[error(
        "relevance {score} is not within 0 to 1: where the server gives logits, say so by `Scores::Logits`"
    )]
    Relevance {
        /// What came.
        score: f32,
    },
    /// The budget does not allow the next call.
    #[error("the budget of {limit} {unit} is spent: {spent} are, and the next call needs {needed}")]
    BudgetSpent {
        /// "requests" or "tokens".
        unit: &'static str,
        /// The budget.
        limit: u64,
        /// What is spent of it.
        spent: u64,
        /// What the next call needs; for tokens, an estimate.
        needed: u64,
    },
    /// The call did not end in time.
    #[error("not all was done within the deadline of {} ms", .limit.as_millis())]
    Deadline {
        /// The deadline.
        limit: Duration,
    },
}
