//! Where a server is, and how it is spoken to.

use std::fmt;
use std::time::Duration;

use crate::Secret;

/// Why an address cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// No `http://` or `https://` address.
    #[error(
        "the address is no http:// or https:// URL with a host: give one such as https://host:9200"
    )]
    Address,
    /// The address carries credentials, which would end in logs.
    #[error("the address carries credentials: give them to with_basic_auth or with_header instead")]
    Credentials,
    /// No proxy's address.
    #[error("the proxy's address is no http:// or https:// URL")]
    Proxy,
    /// No certificate in PEM.
    #[error("the text holds no certificate in PEM")]
    Certificate,
    /// A header that HTTP does not allow.
    #[error("header {name:?} is not allowed in HTTP, or its value is not")]
    Header {
        /// Its name.
        name: String,
    },
}

/// A server's address, credentials and limits.
///
/// ```
/// use std::time::Duration;
/// use ranker_http::{Endpoint, Secret};
///
/// let endpoint = Endpoint::new("https://search.example:9200/base")?
///     .with_basic_auth("reader", &Secret::new("pass"))
///     .with_time_limit(Duration::from_secs(5));
/// assert!(!format!("{endpoint:?}").contains("pass"));
/// # Ok::<(), ranker_http::EndpointError>(())
/// ```
#[derive(Clone)]
pub struct Endpoint {
    pub(crate) base: String,
    pub(crate) headers: Vec<(String, Secret)>,
    /// What must not be shown, in every form in which it is sent.
    pub(crate) secrets: Vec<Secret>,
    pub(crate) limit: Duration,
    pub(crate) tries: u32,
    pub(crate) user_agent: String,
    pub(crate) proxy: Option<ureq::Proxy>,
    pub(crate) roots: Vec<ureq::tls::Certificate<'static>>,
    pub(crate) rest: Duration,
}

impl Endpoint {
    /// A server at a base URL; paths are added to it. 10 seconds a call, 4 tries, no credentials.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Address`], [`EndpointError::Credentials`].
    pub fn new(base: impl Into<String>) -> Result<Self, EndpointError> {
        let base = base.into().trim_end_matches('/').to_owned();
        let uri: ureq::http::Uri = base.parse().map_err(|_| EndpointError::Address)?;
        let authority = uri.authority().ok_or(EndpointError::Address)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.query().is_some() {
            return Err(EndpointError::Address);
        }
        if authority.as_str().contains('@') {
            return Err(EndpointError::Credentials);
        }
        Ok(Self {
            base,
            headers: Vec::new(),
            secrets: Vec::new(),
            limit: Duration::from_secs(10),
            tries: 4,
            user_agent: concat!("ranker/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: None,
            roots: Vec::new(),
            rest: Duration::from_secs(5),
        })
    }

    /// Sends a header with every call, such as an API key; its value is never shown.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Header`].
    pub fn with_header(mut self, name: &str, value: &Secret) -> Result<Self, EndpointError> {
        let fine = ureq::http::HeaderName::try_from(name).is_ok()
            && ureq::http::HeaderValue::try_from(value.expose()).is_ok();
        if !fine {
            let name = name.to_owned();
            return Err(EndpointError::Header { name });
        }
        // "ApiKey k" and "Bearer k": a server may answer with the key alone.
        if let Some((_, bare)) = value.expose().split_once(' ') {
            self.secrets.push(Secret::new(bare));
        }
        self.secrets.insert(0, value.clone());
        self.headers.push((name.to_owned(), value.clone()));
        Ok(self)
    }

    /// Sends `authorization: Bearer KEY` with every call.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Header`].
    pub fn with_bearer(self, key: &Secret) -> Result<Self, EndpointError> {
        let value = Secret::new(format!("Bearer {}", key.expose()));
        self.with_header("authorization", &value)
    }

    /// A user's name and password.
    #[must_use]
    pub fn with_basic_auth(mut self, user: &str, password: &Secret) -> Self {
        let pair = base64(format!("{user}:{}", password.expose()).as_bytes());
        self.secrets.push(password.clone());
        self.secrets.push(Secret::new(pair.clone()));
        let header = Secret::new(format!("Basic {pair}"));
        self.headers.push(("authorization".to_owned(), header));
        self
    }

    /// The longest that a call may take, all tries together.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// How often a call is tried; at least once.
    #[must_use]
    pub fn with_tries(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// How long a server is left alone once five calls in a row have failed; 5 seconds by default.
    #[must_use]
    pub fn with_rest(mut self, rest: Duration) -> Self {
        self.rest = rest;
        self
    }

    /// What the client calls itself.
    #[must_use]
    pub fn with_user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Speaks through a proxy, by HTTP's `CONNECT`.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Proxy`].
    pub fn with_proxy(mut self, address: &Secret) -> Result<Self, EndpointError> {
        let proxy = ureq::Proxy::new(address.expose()).map_err(|_| EndpointError::Proxy)?;
        self.secrets.push(address.clone());
        self.proxy = Some(proxy);
        Ok(self)
    }

    /// Trusts these certificates (in PEM) and no others: for a cluster with a certificate of its own.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Certificate`].
    pub fn with_root_certificates(mut self, pem: &[u8]) -> Result<Self, EndpointError> {
        for item in ureq::tls::parse_pem(pem) {
            match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => self.roots.push(certificate),
                Ok(_) => {}
                Err(_) => return Err(EndpointError::Certificate),
            }
        }
        if self.roots.is_empty() {
            return Err(EndpointError::Certificate);
        }
        Ok(self)
    }

    /// A text without any of the credentials.
    pub(crate) fn scrub(&self, text: &str) -> String {
        self.secrets
            .iter()
            .fold(text.to_owned(), |text, secret| secret.scrub(&text))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("base", &self.base)
            .field("headers", &self.headers)
            .field("limit", &self.limit)
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let three = [0, 1, 2].map(|at| chunk.get(at).copied().unwrap_or(0));
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for at in 0..4 {
            let six = (bits >> (18 - 6 * at)) & 63;
            let used = at <= chunk.len();
            text.push(if used {
                char::from(ALPHABET[six as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648.
    #[test]
    fn base64_is_the_standards() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let encoded = texts.map(|text| base64(text.as_bytes()));
        assert_eq!(
            encoded,
            [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"
            ]
        );
    }

    #[test]
    fn refuses_what_is_no_address() {
        for bad in ["", "host:9200", "ftp://host", "https://", "https://h/p?q=1"] {
            assert!(
                matches!(Endpoint::new(bad), Err(EndpointError::Address)),
                "{bad}"
            );
        }
        let named = Endpoint::new("https://user:pass@host");
        assert!(matches!(named, Err(EndpointError::Credentials)));
        let endpoint = Endpoint::new("http://host").unwrap();
        assert!(endpoint.clone().with_root_certificates(b"none").is_err());
        assert!(endpoint.with_header("a\nb", &Secret::new("c")).is_err());
    }

    #[test]
    fn no_form_of_a_credential_is_shown() {
        let endpoint = Endpoint::new("http://host").unwrap();
        let endpoint = endpoint.with_basic_auth("u", &Secret::new("hunter2"));
        let endpoint = endpoint
            .with_header("api-key", &Secret::new("ApiKey k99"))
            .unwrap();
        let said = endpoint.scrub("bad ApiKey k99, bad k99, bad hunter2, bad dTpodW50ZXIy");
        assert_eq!(said, "bad ***, bad ***, bad ***, bad ***");
        let shown = format!("{endpoint:?}");
        assert!(!shown.contains("k99") && !shown.contains("hunter2") && !shown.contains("dTpo"));
    }
}
