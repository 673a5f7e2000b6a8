//! What a server answered.

use serde_json::Value;

use crate::adapter::fault::Fault;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    #[cfg_attr(not(feature = "pinecone"), allow(dead_code, reason = "of one engine"))]
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let cut = error.is_eof();
            let told = format!("the answer is no JSON: {error}");
            if cut {
                Fault::Unavailable(told.into())
            } else {
                Fault::rejected(told)
            }
        })
    }

    /// A header that holds a number.
    #[cfg(feature = "pinecone")]
    pub(crate) fn number(&self, header: &str) -> Option<u64> {
        self.headers.get(header)?.to_str().ok()?.trim().parse().ok()
    }
}
