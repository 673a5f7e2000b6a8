//! What a client is told when something is wrong: a status and a sentence, no path and no text of others.

use std::error::Error;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ranker::core::{EmbedError, RetrieveError, ValueError};
use ranker::decision::RecordError;
use ranker::retrieve::CollectionError;
use ranker::rlhf::{EventError, LogError};
use ranker::xai::ContrastError;
use ranker_examples::say;
use serde_json::json;

use crate::fault::{Fault, What, causes};

/// A body, or why it could not be read.
pub(crate) type Sent<T> = Result<Json<T>, JsonRejection>;

/// A status and a sentence, sent as `{"error": "..."}`, and what only the operator is told.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    status: StatusCode,
    fault: Fault,
    cause: Option<String>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, fault: impl Into<Fault>) -> Self {
        let (fault, cause) = (fault.into(), None);
        Self {
            status,
            fault,
            cause,
        }
    }

    pub(crate) fn unknown(what: What) -> Self {
        Self::new(StatusCode::NOT_FOUND, Fault::NoSuch(what))
    }

    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, Fault::Internal)
        }
    }

    /// A fault of the request: the client learns all of it.
    fn of_request(error: &dyn Error) -> Self {
        Self::new(StatusCode::BAD_REQUEST, causes(error))
    }

    /// A fault of ours. Causes name paths and may quote texts, so the client learns none.
    fn of_ours(error: &dyn Error) -> Self {
        Self::internal(causes(error))
    }

    fn busy(error: &dyn Error) -> Self {
        Self {
            cause: Some(causes(error)),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, Fault::Busy)
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Tells the operator the cause of a fault, under the request's id.
    pub(crate) fn logged(self, request: u64) -> Self {
        if let Some(cause) = &self.cause {
            say(&format!("request {request}: {}: {cause}", self.status));
        }
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.fault.to_string() }));
        let mut response = (self.status, body).into_response();
        response.extensions_mut().insert(self);
        response
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
        Self::new(StatusCode::BAD_REQUEST, Fault::Value(error))
    }
}

impl From<EventError> for ApiError {
    fn from(error: EventError) -> Self {
        Self::of_request(&error)
    }
}

impl From<ranker::Error> for ApiError {
    fn from(error: ranker::Error) -> Self {
        use ranker::Error::{Deadline, Embed, Learn, Log, Models, Retrieve, TooSlow, UnknownModel};

        match error {
            Deadline { .. } => Self::new(StatusCode::SERVICE_UNAVAILABLE, Fault::Deadline),
            // Nothing was learned because of what was recorded, not because of this request.
            Learn(error) => Self::new(StatusCode::CONFLICT, Fault::Learn(Arc::new(error))),
            Models(error) => Self {
                cause: Some(causes(&error)),
                ..Self::new(StatusCode::CONFLICT, Fault::NotServed)
            },
            UnknownModel { .. } => Self::new(StatusCode::GONE, Fault::NoModel),
            Log(error) => error.into(),
            Embed(error @ EmbedError::EmptyText { .. }) => Self::of_request(&error),
            error @ (Retrieve(RetrieveError::Unavailable { .. }) | TooSlow { .. }) => {
                Self::busy(&error)
            }
            other => Self::of_ours(&other),
        }
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        match &error {
            LogError::Conflict { .. } => Self::new(
                StatusCode::CONFLICT,
                "this event id stands for another event already",
            ),
            LogError::Busy { .. } => Self::busy(&error),
            _ => Self::of_ours(&error),
        }
    }
}

impl From<RecordError> for ApiError {
    fn from(error: RecordError) -> Self {
        Self::of_ours(&error)
    }
}

impl From<ContrastError> for ApiError {
    fn from(error: ContrastError) -> Self {
        match error {
            ContrastError::Same { .. } => {
                Self::new(StatusCode::BAD_REQUEST, Fault::Same(error.to_string()))
            }
            other => Self::of_ours(&other),
        }
    }
}

impl From<CollectionError> for ApiError {
    fn from(error: CollectionError) -> Self {
        Self::of_ours(&error)
    }
}

impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        Self::of_ours(&error)
    }
}
