//! One way of speaking HTTP to servers that others operate, for the crates of `ranker` that do.
//!
//! A [`Client`] sends a [`Call`] to an [`Endpoint`] and waits for the [`Answer`]:
//!
//! - Connections are kept and used again. A call blocks its thread; from async code it goes through
//!   `ranker_core::waiting`.
//! - Every call may be sent twice: callers send none for which that makes a difference. So what failed on the
//!   way, and what a server answers with 429, 502, 503 or 504, is tried again, after `Retry-After` or a delay
//!   that doubles, with jitter, within the call's time limit. Each call has an id, the same for all
//!   tries, which goes along as `x-request-id` and stands in the error.
//! - Servers that fail again and again are left alone for a while: calls then fail at once.
//! - Redirects are not followed (credentials would go along; [`Client::stream`] leaves them behind), and nothing is read from the environment.
//! - An answer must be whole: one that is cut is a failure, not a short answer.
//!
//! ```no_run
//! use ranker_http::{Call, Client, Endpoint, Secret};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = Endpoint::new("https://api.example/v1")?.with_bearer(&Secret::new("key"))?;
//! let client = Client::new(endpoint);
//! let answer = client.send(&Call::post("/embeddings").json(&json!({ "input": ["text"] })))?;
//! println!("{}", answer.json()?["data"][0]["embedding"]);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | without it |
//! |---|---|
//! | `client` | only [`Secret`], and no dependencies |

#[cfg(feature = "client")]
mod answer;
#[cfg(feature = "client")]
mod circuit;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod endpoint;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod retry;
mod secret;
#[cfg(feature = "client")]
mod stream;

#[cfg(feature = "client")]
pub use answer::Answer;
#[cfg(feature = "client")]
pub use client::{Call, Client, segment};
#[cfg(feature = "client")]
pub use endpoint::{Endpoint, EndpointError};
#[cfg(feature = "client")]
pub use error::HttpError;
pub use secret::Secret;
#[cfg(feature = "client")]
pub use stream::Streamed;
