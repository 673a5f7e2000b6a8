//! What a client is told when something is wrong.

use std::error::Error;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ranker::core::{RetrieveError, ValueError};
use ranker::rlhf::{EventError, LearnError, LogError};
use ranker_examples::say;
use serde_json::json;

/// A status and a sentence, sent as `{"error": "..."}`.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, message }
    }

    pub(crate) fn unknown(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{what} {id:?} is unknown"))
    }

    /// An error with its causes: of our own faults the client learns only the first line.
    fn of(status: StatusCode, error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        if status.is_server_error() {
            say(&format!("{status}: {message}"));
            message = error.to_string();
        }
        Self { status, message }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

/// A value that the client sent is not allowed, such as an empty job.
impl From<ValueError> for ApiError {
    fn from(error: ValueError) -> Self {
        Self::of(StatusCode::BAD_REQUEST, &error)
    }
}

impl From<EventError> for ApiError {
    fn from(error: EventError) -> Self {
        Self::of(StatusCode::BAD_REQUEST, &error)
    }
}

impl From<ranker::Error> for ApiError {
    fn from(error: ranker::Error) -> Self {
        let status = match &error {
            ranker::Error::Retrieve(RetrieveError::Unavailable { .. }) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::of(status, &error)
    }
}

impl From<ranker::BuildError> for ApiError {
    fn from(error: ranker::BuildError) -> Self {
        Self::of(StatusCode::INTERNAL_SERVER_ERROR, &error)
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        let status = match &error {
            LogError::Conflict { .. } => StatusCode::CONFLICT,
            LogError::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::of(status, &error)
    }
}

/// Nothing was learned because of what was recorded, not because of this request.
impl From<LearnError> for ApiError {
    fn from(error: LearnError) -> Self {
        Self::of(StatusCode::CONFLICT, &error)
    }
}
