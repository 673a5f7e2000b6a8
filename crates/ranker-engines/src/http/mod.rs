//! One way of speaking HTTP, for the engines that do.
//!
//! - Connections are kept and used again; a call waits on threads kept for waiting
//!   ([`ranker_core::waiting`]), never on the executor's.
//! - Every call that the engines make may be sent twice: an id is written once. So what failed on the way,
//!   and what a server answers with 429, 502, 503 or 504, is tried again, after `Retry-After` or a delay
//!   that doubles, with jitter, within the call's time limit. Each call has an id, the same for all
//!   tries, which goes along as `x-request-id` and stands in the error.
//! - Servers that fail again and again are left alone for a while: calls then fail at once.
//! - Redirects are not followed (credentials would go along), and nothing is read from the environment.
//! - An answer must be whole: one that is cut is a failure, not a short answer.

mod answer;
mod circuit;
mod client;
mod endpoint;
mod retry;

pub use client::HttpError;
pub use endpoint::{Endpoint, EndpointError};

#[cfg(feature = "pinecone")]
pub(crate) use answer::Answer;
#[cfg(any(feature = "elastic", feature = "pinecone"))]
pub(crate) use client::segment;
pub(crate) use client::{Call, Client};
