//! What a server answered.

use serde_json::Value;

use crate::HttpError;

/// A whole answer, of a status below 300 or 404.
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body's bytes.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`HttpError::NotJson`].
    pub fn json(&self) -> Result<Value, HttpError> {
        serde_json::from_slice(&self.body).map_err(|error| HttpError::NotJson {
            cut: error.is_eof(),
            reason: error.to_string(),
        })
    }

    /// A header that is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A header that holds a number.
    #[must_use]
    pub fn number(&self, header: &str) -> Option<u64> {
        self.header(header)?.trim().parse().ok()
    }
}
