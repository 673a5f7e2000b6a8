//! The names of the legs that the workspace's own retrievers and features know.
//!
//! A retriever of another name is a leg of that name.

/// Vector search.
pub const DENSE: &str = "dense";

/// Keyword search.
pub const BM25: &str = "bm25";

/// Keyword search by a database's own full text search, whose scores are no BM25: it stands in the place of [`BM25`] where
/// there is no leg of that name.
pub const FULL_TEXT: &str = "full text";

/// Search by weights over a vocabulary ([`crate::SparseEmbedder`]).
pub const SPARSE: &str = "sparse";

/// Late interaction of token vectors.
pub const MAXSIM: &str = "maxsim";
