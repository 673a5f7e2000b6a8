//! Bodies that are too long to be held in memory.

use std::fmt;
use std::io::{self, Read};

use ureq::http::{HeaderMap, Request, Response, Uri};

use crate::HttpError;
use crate::client::{Call, Client, Failure, Shared};
use crate::retry::random;

/// How often a stream is led elsewhere.
const REDIRECTS: usize = 5;

/// An answer of a status below 300 whose body is read as it comes. It is whole where [`Read`] ends without an error.
pub struct Streamed {
    status: u16,
    headers: HeaderMap,
    body: Box<dyn Read + Send>,
}

impl Streamed {
    /// The status: 206 where a range was asked for and given.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header that is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Read for Streamed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer)
    }
}

impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streamed")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// The answer to a call, tried once, with its body still to be read. The endpoint's time limit is that of the
    /// answer's head and of each read.
    ///
    /// Unlike [`Client::send`] it follows redirects, as stores of large files need it: without credentials where they
    /// lead to another server, and never from `https` to `http`.
    ///
    /// # Errors
    ///
    /// [`HttpError`].
    pub fn stream(&self, call: &Call) -> Result<Streamed, HttpError> {
        let shared = self.shared();
        let id = format!("{:016x}{:016x}", random(), random());
        shared
            .stream(call, &id)
            .map_err(|failure| failure.told(call, 1, id))
    }
}

impl Shared {
    fn stream(&self, call: &Call, id: &str) -> Result<Streamed, Failure> {
        let first = format!("{}{}", self.endpoint.base, call.path());
        let mut uri: Uri = first
            .parse()
            .map_err(|_| told("the path is no part of a URL"))?;
        let home = uri.clone();
        for _ in 0..=REDIRECTS {
            let response = self.open(call, id, (&uri, same_server(&uri, &home)))?;
            let status = response.status().as_u16();
            match status {
                200..=299 => {
                    let (head, body) = response.into_parts();
                    let body = Box::new(body.into_reader());
                    let headers = head.headers;
                    return Ok(Streamed {
                        status,
                        headers,
                        body,
                    });
                }
                301..=303 | 307 | 308 => uri = elsewhere(&uri, response.headers())?,
                _ => {
                    let mut said = Vec::new();
                    let mut body = response.into_body().into_reader().take(4096);
                    let _ = body.read_to_end(&mut said);
                    return Err(Failure::Status(status, self.said(&said)));
                }
            }
        }
        Err(told("it is led elsewhere again and again"))
    }

    fn open(
        &self,
        call: &Call,
        id: &str,
        (uri, own): (&Uri, bool),
    ) -> Result<Response<ureq::Body>, Failure> {
        let failed = |error: &ureq::Error| told(&self.endpoint.scrub(&error.to_string()));
        let request = Request::builder().method(call.method().clone()).uri(uri);
        let request = self.with_headers(request, call, (id, own));
        let request = request.body(()).map_err(|error| failed(&error.into()))?;
        let limit = Some(self.endpoint.limit);
        let config = self.agent.configure_request(request);
        let request = config
            .timeout_connect(limit)
            .timeout_recv_response(limit)
            .timeout_per_read(limit)
            .build();
        self.agent.run(request).map_err(|error| failed(&error))
    }
}

fn told(reason: &str) -> Failure {
    Failure::NoAnswer(reason.to_owned())
}

fn same_server(a: &Uri, b: &Uri) -> bool {
    a.scheme() == b.scheme() && a.authority() == b.authority()
}

/// Where a redirect leads.
fn elsewhere(from: &Uri, headers: &HeaderMap) -> Result<Uri, Failure> {
    let wrong = || told("it is led to no address that can be followed");
    let to = headers.get("location").and_then(|to| to.to_str().ok());
    let to = to.ok_or_else(wrong)?;
    let whole = match (to.starts_with('/'), from.scheme_str(), from.authority()) {
        (true, Some(scheme), Some(authority)) if !to.starts_with("//") => {
            format!("{scheme}://{authority}{to}")
        }
        _ => to.to_owned(),
    };
    let to: Uri = whole.parse().map_err(|_| wrong())?;
    match (from.scheme_str(), to.scheme_str()) {
        (_, Some("https")) | (Some("http"), Some("http")) => Ok(to),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_to_servers_and_never_out_of_tls() {
        let next = |from: &str, to: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("location", to.parse().unwrap());
            let next = elsewhere(&from.parse().unwrap(), &headers);
            next.ok().map(|uri| uri.to_string())
        };
        let to = |uri: &str| Some(uri.to_owned());
        assert_eq!(
            next("https://a/b", "https://c/d?e=f"),
            to("https://c/d?e=f")
        );
        assert_eq!(next("https://a:1/b", "/d"), to("https://a:1/d"));
        assert_eq!(next("http://a/b", "https://c/"), to("https://c/"));
        for bad in ["http://c/d", "//c/d", "file:///etc", "d", ""] {
            assert_eq!(next("https://a/b", bad), None, "{bad}");
        }
    }
}
