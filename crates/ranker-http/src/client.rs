//! Calls, tried until they succeed or their time is over.

use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::http::{Method, Request, request};
use ureq::tls::{RootCerts, TlsConfig};

use crate::circuit::Circuit;
use crate::retry::{delay, passing, random, retry_after};
use crate::{Answer, Endpoint, HttpError};

/// The longest answer that is read.
const LONGEST: u64 = 256 << 20;
/// How much of a server's explanation an error repeats, in characters.
const SHOWN: usize = 400;

/// A call of a server's interface. Sending it twice does what sending it once does.
#[derive(Debug, Clone)]
pub struct Call {
    method: Method,
    path: String,
    content: &'static str,
    body: Option<Vec<u8>>,
    headers: Vec<(&'static str, String)>,
    limit: Option<Duration>,
}

impl Call {
    /// `GET` a path below the endpoint's base.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path.into())
    }

    /// `POST` to a path below the endpoint's base.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path.into())
    }

    /// `PUT` to a path below the endpoint's base.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path.into())
    }

    fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            content: "application/json",
            body: None,
            headers: Vec::new(),
            limit: None,
        }
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A body in JSON.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string().into_bytes());
        self
    }

    /// Lines of JSON, each of which ends with a line feed.
    #[must_use]
    pub fn lines(mut self, body: String) -> Self {
        self.content = "application/x-ndjson";
        self.body = Some(body.into_bytes());
        self
    }

    /// A header of this call alone; no place for credentials, which belong to the [`Endpoint`].
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The longest that this call may take, all tries together, where that is less than the endpoint's limit.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// Speaks to one server. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) agent: ureq::Agent,
    pub(crate) endpoint: Endpoint,
    circuit: Circuit,
}

/// How one try ended.
enum Outcome {
    Answered(Answer),
    /// May be tried again, perhaps after what the server asks for.
    Passing(Failure, Option<Duration>),
    Final(Failure),
}

pub(crate) enum Failure {
    Status(u16, String),
    NoAnswer(String),
}

impl Client {
    /// A client without connections yet.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        let roots = match endpoint.roots.as_slice() {
            [] => RootCerts::WebPki,
            own => RootCerts::new_with_certs(own),
        };
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(&endpoint.user_agent)
            .proxy(endpoint.proxy.clone())
            .max_idle_connections_per_host(16)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        let circuit = Circuit::new(endpoint.rest);
        Self(Arc::new(Shared {
            agent: config.new_agent(),
            endpoint,
            circuit,
        }))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    /// The answer to a call, of a status below 300 or 404.
    ///
    /// # Errors
    ///
    /// [`HttpError`].
    pub fn send(&self, call: &Call) -> Result<Answer, HttpError> {
        self.0.send(call)
    }

    /// The answer to a call, of a status below 300.
    ///
    /// # Errors
    ///
    /// [`HttpError`]; [`HttpError::NotFound`] for 404.
    pub fn found(&self, call: &Call) -> Result<Answer, HttpError> {
        let answer = self.send(call)?;
        if answer.status == 404 {
            return Err(HttpError::NotFound {
                path: call.path.clone(),
                reason: self.0.said(&answer.body),
            });
        }
        Ok(answer)
    }
}

impl Shared {
    fn send(&self, call: &Call) -> Result<Answer, HttpError> {
        let begun = Instant::now();
        let limit = call.limit.unwrap_or(self.endpoint.limit);
        let limit = limit.min(self.endpoint.limit);
        let id = format!("{:016x}{:016x}", random(), random());
        let mut tries = 0;
        loop {
            self.circuit
                .enter(Instant::now())
                .map_err(|rest| HttpError::LeftAlone { rest })?;
            tries += 1;
            let left = limit.saturating_sub(begun.elapsed());
            let outcome = self.attempt(call, &id, left);
            // A server that refuses is there; one that says that it is down, or says nothing, is not.
            let answered = !matches!(
                outcome,
                Outcome::Passing(Failure::Status(502..=504, _) | Failure::NoAnswer(_), _)
            );
            self.circuit.leave(answered, Instant::now());
            let (failure, wait) = match outcome {
                Outcome::Answered(answer) => return Ok(answer),
                Outcome::Final(failure) => (failure, None),
                Outcome::Passing(failure, asked) => (failure, Some(delay(tries, asked))),
            };
            let left = limit.saturating_sub(begun.elapsed());
            match wait.filter(|wait| tries < self.endpoint.tries && *wait < left) {
                Some(wait) => std::thread::sleep(wait),
                None => return Err(failure.told(call, tries, id)),
            }
        }
    }

    fn attempt(&self, call: &Call, id: &str, left: Duration) -> Outcome {
        let sent = self.request(call, id).and_then(|request| {
            // A limit of zero means none to the client beneath.
            let limit = Some(left.max(Duration::from_millis(1)));
            let request = self
                .agent
                .configure_request(request)
                .timeout_global(limit)
                .build();
            let mut response = self.agent.run(request)?;
            let body = response
                .body_mut()
                .with_config()
                .limit(LONGEST)
                .read_to_vec()?;
            Ok((response, body))
        });
        let (response, body) = match sent {
            Ok(answer) => answer,
            Err(error) => return self.failed(&error),
        };
        let status = response.status().as_u16();
        let asked = response.headers().get("retry-after");
        let asked = asked.and_then(|header| retry_after(header.to_str().ok()?));
        match status {
            200..300 | 404 => Outcome::Answered(Answer {
                status,
                headers: response.headers().clone(),
                body,
            }),
            _ if passing(status) => {
                Outcome::Passing(Failure::Status(status, self.said(&body)), asked)
            }
            _ => Outcome::Final(Failure::Status(status, self.said(&body))),
        }
    }

    fn request(&self, call: &Call, id: &str) -> Result<Request<Vec<u8>>, ureq::Error> {
        let uri = format!("{}{}", self.endpoint.base, call.path);
        let request = Request::builder().method(&call.method).uri(uri);
        let mut request = self.with_headers(request, call, (id, true));
        if call.body.is_some() {
            request = request.header("content-type", call.content);
        }
        Ok(request.body(call.body.clone().unwrap_or_default())?)
    }

    /// The headers of a call; those of the endpoint, with its credentials, only to its own server.
    pub(crate) fn with_headers(
        &self,
        mut request: request::Builder,
        call: &Call,
        (id, own): (&str, bool),
    ) -> request::Builder {
        request = request.header("x-request-id", id);
        if own {
            for (name, value) in &self.endpoint.headers {
                request = request.header(name, value.expose());
            }
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        request
    }

    fn failed(&self, error: &ureq::Error) -> Outcome {
        let failure = Failure::NoAnswer(self.endpoint.scrub(&error.to_string()));
        // What another try cannot mend: an address, a certificate (also as invalid data of a stream), an
        // answer that is too long.
        match error {
            ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
                Outcome::Final(failure)
            }
            ureq::Error::Http(_)
            | ureq::Error::BadUri(_)
            | ureq::Error::BodyExceedsLimit(_)
            | ureq::Error::Tls(_)
            | ureq::Error::Rustls(_) => Outcome::Final(failure),
            _ => Outcome::Passing(failure, None),
        }
    }

    /// What a server said of an error, fit for people.
    pub(crate) fn said(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]);
        let text = self.endpoint.scrub(&text);
        text.chars()
            .filter(|c| !c.is_control())
            .take(SHOWN)
            .collect()
    }
}

impl Failure {
    pub(crate) fn told(self, call: &Call, tries: u32, id: String) -> HttpError {
        let (method, path) = (call.method.to_string(), call.path.clone());
        match self {
            Self::Status(status, reason) => HttpError::Status {
                method,
                path,
                status,
                tries,
                call: id,
                reason,
            },
            Self::NoAnswer(reason) => HttpError::NoAnswer {
                method,
                path,
                tries,
                call: id,
                reason,
            },
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.endpoint).finish()
    }
}

/// A text as one segment of a path; dots too are escaped, since `..` is a path of its own.
#[must_use]
pub fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
