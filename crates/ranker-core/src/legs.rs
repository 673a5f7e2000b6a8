//! The names of the legs that the workspace's own retrievers and features know.
//!
//! A retriever of another name is a leg of that name.

/// Vector search.
pub const DENSE: &str = "dense";

/// Keyword search.
pub const BM25: &str = "bm25";

/// Late interaction of token vectors.
pub const MAXSIM: &str = "maxsim";
