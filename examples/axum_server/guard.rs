//! What every request passes before it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::clients::{Clients, Peer};
use crate::error::ApiError;

/// Bounds on what strangers send and on what is done for them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of a body. A job has 64 KiB of it and a profile 256 KiB, which JSON may double.
    pub(crate) body: usize,
    /// For the head of a request, and between two requests.
    pub(crate) head_time: Duration,
    /// For its body.
    pub(crate) body_time: Duration,
    /// For the answer.
    pub(crate) deadline: Duration,
    /// Requests that are computed for at once.
    pub(crate) at_once: usize,
    pub(crate) connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 512 << 10,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
            at_once: 16,
            connections: 512,
        }
    }
}

/// What the guard knows.
#[derive(Debug)]
pub(crate) struct Guard {
    limits: Limits,
    clients: Clients,
    work: Semaphore,
    requests: AtomicU64,
}

impl Guard {
    pub(crate) fn new(limits: Limits, clients: Clients) -> Arc<Self> {
        Arc::new(Self {
            limits,
            clients,
            work: Semaphore::new(limits.at_once),
            requests: AtomicU64::new(0),
        })
    }
}

/// Answers a request if it may be answered, within its time. The answer carries the request's number.
pub(crate) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let number = guard.requests.fetch_add(1, Ordering::Relaxed);
    let answered = timeout(guard.limits.deadline, admit(&guard, request, next)).await;
    let answered = answered.unwrap_or_else(|_| {
        let late = "the answer took longer than a request may take";
        Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, late))
    });
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        error.logged(number);
    }
    let headers = response.headers_mut();
    headers.insert("x-request-id", HeaderValue::from(number));
    if headers.get(RETRY_AFTER).is_none() && response.status() == StatusCode::TOO_MANY_REQUESTS {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

async fn admit(guard: &Guard, mut request: Request, next: Next) -> Result<Response, ApiError> {
    if request.uri().path() == "/health" {
        return Ok(next.run(request).await);
    }
    let peer = request.extensions().get::<Peer>().copied();
    let client = guard.clients.of(request.headers(), peer).ok_or_else(|| {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "a token is needed: Authorization: Bearer TOKEN",
        )
    })?;
    request.extensions_mut().insert(client);
    if request.method() != Method::GET {
        check_write(request.headers())?;
    }
    // Taken before the body is read: what cannot be done is not read either.
    let _permit = guard.work.try_acquire().map_err(|_| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too much is being done already",
        )
    })?;
    let (head, body) = request.into_parts();
    let body = timeout(guard.limits.body_time, to_bytes(body, guard.limits.body)).await;
    let body = body
        .map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "the body came too slowly"))?
        .map_err(|_| ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"))?;
    let request = Request::from_parts(head, Body::from(body));
    Ok(next.run(request).await)
}

/// A page of another site must not write here through the browser of someone who may: a form cannot send
/// JSON, and a script's request names its origin.
fn check_write(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send it with content-type: application/json",
        ));
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let from = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    match (from, text(HOST)) {
        (Some((_, from)), Some(host)) if from == host => Ok(()),
        _ => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "a page of another site may not write here",
        )),
    }
}
