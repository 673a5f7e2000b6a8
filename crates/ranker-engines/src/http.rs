//! HTTP for the engines that speak it: the client of `ranker-http`, awaited.
//!
//! A call waits on threads kept for waiting ([`ranker_core::waiting`]), never on the executor's. Every call that
//! the engines make may be sent twice: an id is written once.

use ranker_core::waiting;
#[cfg(any(
    feature = "chroma",
    feature = "elastic",
    feature = "milvus",
    feature = "qdrant"
))]
use serde_json::Value;

#[cfg(any(
    feature = "chroma",
    feature = "elastic",
    feature = "milvus",
    feature = "pinecone"
))]
pub(crate) use ranker_http::segment;
pub(crate) use ranker_http::{Answer, Call};
pub use ranker_http::{Endpoint, EndpointError, HttpError};

use crate::adapter::fault::Fault;

/// Speaks to one server. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Client(ranker_http::Client);

impl Client {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(ranker_http::Client::new(endpoint))
    }

    /// The answer to a call, of a status below 300 or 404.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, Fault> {
        let client = self.0.clone();
        Ok(waiting(move || client.send(&call)).await?)
    }

    /// The answer to a call, as JSON; 404 is an error.
    #[cfg(any(
        feature = "chroma",
        feature = "elastic",
        feature = "milvus",
        feature = "qdrant"
    ))]
    pub(crate) async fn json(&self, call: Call) -> Result<Value, Fault> {
        let client = self.0.clone();
        let answer = waiting(move || client.found(&call)).await?;
        Ok(answer.json()?)
    }
}

impl From<HttpError> for Fault {
    fn from(error: HttpError) -> Self {
        if error.passes() {
            Self::Unavailable(error.into())
        } else {
            Self::Rejected(error.into())
        }
    }
}
