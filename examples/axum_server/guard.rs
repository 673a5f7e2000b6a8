//! What every request passes before it is answered.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use ranker_examples::Outcome;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::clients::{Client, Clients, Peer};
use crate::error::ApiError;
use crate::fault::Fault;
use crate::pages::{Spoken, failed, protect};
use crate::seal::Seal;

/// Bounds on what strangers send and on what is done for them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of a body. A job has 64 KiB of it and a profile 256 KiB, which JSON may double.
    pub(crate) body: usize,
    /// Bytes of a form with documents.
    pub(crate) upload: usize,
    /// For such a form to arrive.
    pub(crate) upload_time: Duration,
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
            upload: 32 << 20,
            upload_time: Duration::from_secs(60),
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
            at_once: 16,
            connections: 512,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// An answer for a program.
    Json,
    /// A page for a person.
    Page,
    /// A page or a file of it that anyone may see: where one signs in.
    Door,
}

/// What the guard knows.
#[derive(Debug)]
pub(crate) struct Guard {
    limits: Limits,
    pub(crate) clients: Clients,
    pub(crate) seal: Seal,
    work: Semaphore,
    requests: AtomicU64,
}

impl Guard {
    pub(crate) fn new(limits: Limits, clients: Clients) -> Outcome<Arc<Self>> {
        Ok(Arc::new(Self {
            limits,
            clients,
            seal: Seal::new()?,
            work: Semaphore::new(limits.at_once),
            requests: AtomicU64::new(0),
        }))
    }

    /// Without tokens whoever sits at this machine may do anything, and so may a page of another site whose name leads here
    /// (DNS rebinding): such a request has that name for its host. Here nobody needs a name.
    fn check_host(&self, request: &Request) -> Result<(), ApiError> {
        let peer = request.extensions().get::<Peer>();
        let is_here = peer.is_some_and(|peer| peer.0.is_loopback());
        if self.clients.have_tokens() || !is_here {
            return Ok(());
        }
        let host = request.headers().get(HOST);
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let address = name.trim_start_matches('[').trim_end_matches(']');
        match name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok() {
            true => Ok(()),
            false => Err(ApiError::new(StatusCode::FORBIDDEN, Fault::ForeignHost)),
        }
    }

    /// Who sends a request: by a token, or, on pages, by having signed in.
    fn client(&self, asked: Asked, request: &Request) -> Option<Client> {
        let peer = request.extensions().get::<Peer>().copied();
        let client = self.clients.of(request.headers(), peer);
        let signed_in = || match asked {
            Asked::Json => None,
            Asked::Page | Asked::Door => self.seal.signed_in(request.headers()),
        };
        client.or_else(signed_in)
    }
}

/// Answers a request if it may be answered, within its time. The answer carries the request's number.
pub(crate) async fn guard(
    State((guard, asked)): State<(Arc<Guard>, Asked)>,
    request: Request,
    next: Next,
) -> Response {
    let number = guard.requests.fetch_add(1, Ordering::Relaxed);
    let spoken = Spoken::of(request.method(), request.uri(), request.headers());
    let deadline = match asked {
        Asked::Page => guard.limits.deadline + guard.limits.upload_time,
        Asked::Json | Asked::Door => guard.limits.deadline,
    };
    let answered = timeout(deadline, admit((&guard, asked), request, next)).await;
    let answered = answered
        .unwrap_or_else(|_| Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, Fault::Late)));
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let error = error.logged(number);
        if asked != Asked::Json {
            response = failed(&error, &spoken);
        }
    }
    if asked != Asked::Json {
        protect(response.headers_mut());
        spoken.keep(response.headers_mut());
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

async fn admit(
    (guard, asked): (&Guard, Asked),
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if request.uri().path() == "/health" {
        return Ok(next.run(request).await);
    }
    guard.check_host(&request)?;
    match (guard.client(asked, &request), asked) {
        (Some(client), _) => {
            request.extensions_mut().insert(client);
        }
        (None, Asked::Door) => {}
        (None, Asked::Page) if request.method() == Method::GET => {
            return Ok(Redirect::to("/sign-in").into_response());
        }
        (None, Asked::Page | Asked::Json) => {
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, Fault::NoToken));
        }
    }
    if !request.method().is_safe() {
        check_write(asked, request.headers())?;
    }
    // Taken before the body is read: what cannot be done is not read either.
    let permit = guard.work.try_acquire();
    let _permit =
        permit.map_err(|_| ApiError::new(StatusCode::TOO_MANY_REQUESTS, Fault::TooMuch))?;
    let (most, time) = match asked {
        Asked::Page => (guard.limits.upload, guard.limits.upload_time),
        Asked::Json | Asked::Door => (guard.limits.body, guard.limits.body_time),
    };
    let (head, body) = request.into_parts();
    let body = timeout(time, to_bytes(body, most)).await;
    let body = body
        .map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, Fault::SlowBody))?
        .map_err(|_| ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, Fault::LongBody))?;
    let request = Request::from_parts(head, Body::from(body));
    Ok(next.run(request).await)
}

/// A page of another site must not write here through the browser of someone who may. A program's request is JSON, which
/// no form can send, and a script's request names its origin. A form names its origin too, and has to hold a
/// token besides, which [`Posted`](crate::form::Posted) asks for.
fn check_write(asked: Asked, headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if asked == Asked::Json {
        let kind = text(CONTENT_TYPE).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send it with content-type: application/json",
            ));
        }
    }
    let foreign = || ApiError::new(StatusCode::FORBIDDEN, Fault::ForeignPage);
    let Some(origin) = headers.get(ORIGIN) else {
        // Who signs in has no token yet that only this service knows.
        return match asked {
            Asked::Door => Err(foreign()),
            Asked::Json | Asked::Page => Ok(()),
        };
    };
    let from = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    match (from, text(HOST)) {
        (Some((_, from)), Some(host)) if from == host => Ok(()),
        _ => Err(foreign()),
    }
}
