//! Each seam's contract as a function that any implementor can run.
//!
//! Every function builds a small case, calls the implementation, and returns the first
//! [`Violation`] it finds. Call it in a test:
//!
//! ```
//! # use std::{collections::HashMap, sync::Arc};
//! # use ranker_core::{BoxError, Profile, ProfileStore};
//! # fn main() -> Result<(), ranker_core::conformance::Violation> {
//! # let block_on = pollster::block_on;
//! block_on(ranker_core::conformance::profile_store(|profiles| async move {
//!     let by_id: HashMap<_, _> =
//!         profiles.into_iter().map(|p| (p.id().clone(), Arc::new(p))).collect();
//!     Ok::<_, BoxError>(Arc::new(by_id) as Arc<dyn ProfileStore>)
//! }))?;
//! # Ok(())
//! # }
//! ```

mod assessor;
mod cross_encoder;
mod embedder;
mod expander;
mod explainer;
mod feature_extractor;
mod pool;
mod profile_store;
mod retriever;
mod scorer;
mod sparse_embedder;
mod watch;

pub use assessor::assessor;
pub use cross_encoder::cross_encoder;
pub use embedder::embedder;
pub use expander::expander;
pub use explainer::explainer;
pub use feature_extractor::feature_extractor;
pub use pool::{Entry, pool};
pub use profile_store::profile_store;
pub use retriever::{ENCODER, RetrieverSuite, retriever};
pub use scorer::scorer;
pub use sparse_embedder::sparse_embedder;

use crate::BoxError;

/// A promise that an implementation does not keep.
#[derive(Debug, thiserror::Error)]
#[error("{contract} is not kept: {found}")]
pub struct Violation {
    contract: &'static str,
    found: String,
    source: Option<BoxError>,
}

impl Violation {
    /// A promise that was not kept, and what was found instead: for suites of other seams.
    #[must_use]
    pub fn new(contract: &'static str, found: impl Into<String>) -> Self {
        Self {
            contract,
            found: found.into(),
            source: None,
        }
    }

    /// The promise, in the words of the trait's documentation.
    #[must_use]
    pub fn contract(&self) -> &'static str {
        self.contract
    }

    /// A call failed that should not; the error is the source.
    fn failed(contract: &'static str, source: impl Into<BoxError>) -> Self {
        Self {
            contract,
            found: "the call failed".to_owned(),
            source: Some(source.into()),
        }
    }

    /// The backend is down, whatever was to be checked.
    fn unavailable(source: impl Into<BoxError>) -> Self {
        Self {
            contract: "the store can be reached",
            found: "it is unavailable, so nothing more was checked".to_owned(),
            source: Some(source.into()),
        }
    }
}

/// `Ok` if the promise is kept; `found` says what was seen instead: for suites of other seams too.
///
/// # Errors
///
/// The [`Violation`] of `contract`.
pub fn check(
    contract: &'static str,
    kept: bool,
    found: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if kept {
        Ok(())
    } else {
        Err(Violation::new(contract, found()))
    }
}
