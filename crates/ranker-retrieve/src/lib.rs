//! Retrievers for ranker: exact, quantized, HNSW and BM25 search, their fusion, and durable collections,
//! with typed filters.
//!
//! # Primary types
//!
//! - [`ProfileIndex`]: profiles searched by vector and by keyword at once. Begin here.
//! - [`Collection`]: the same in a directory, for up to millions: changed in durable transactions.
//! - [`FlatIndex`]: exact vector search. [`HnswIndex`]: approximate vector search on a graph.
//! - [`QuantizedIndex`]: vector search by codes of a bit and a byte, for up to millions.
//! - [`KeywordIndex`] searches by keyword (BM25).
//! - [`SparseIndex`] searches by weights over a vocabulary (SPLADE).
//! - [`Fused`]: any retrievers as one, by weighted shares or reciprocal ranks.
//! - [`IndexError`], [`FileError`]: why an index could not be built or changed, saved or loaded.
//!
//! All are [`Retriever`]s, may be changed while they are searched, return the same hits for the
//! same query, and give ties in the order of ids.
//!
//! # Example
//!
//! ```
//! use ranker_core::{CandidateId, Embedding, Filter};
//! use ranker_retrieve::FlatIndex;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let vector = |x, y| Embedding::normalized(vec![x, y]);
//! let index = FlatIndex::new([(CandidateId::new("a")?, vector(1.0, 0.0)?)])?;
//! index.insert((CandidateId::new("b")?, vector(0.6, 0.8)?))?;
//! let hits = index.search(&vector(0.0, 1.0)?, 10, &Filter::All)?;
//! assert_eq!(hits[0].id().as_str(), "b");
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | default | without it there is no |
//! | --- | --- | --- |
//! | `collection` | yes | [`Collection`] (includes `keyword`) |
//! | `hnsw` | yes | [`HnswIndex`] |
//! | `keyword` | yes | [`KeywordIndex`], [`ProfileIndex`] |

#[cfg(target_endian = "big")]
compile_error!(
    "ranker-retrieve is for little-endian processors: nobody has tried its kernels and the word index elsewhere"
);

#[cfg(feature = "collection")]
mod collection;
mod dot;
mod encoded;
mod entry;
mod error;
mod file;
mod flat;
mod fused;
#[cfg(feature = "hnsw")]
mod hnsw;
mod kernels;
#[cfg(feature = "keyword")]
mod keyword;
mod lock;
#[cfg(feature = "keyword")]
mod profile_index;
mod quantized;
#[cfg(feature = "keyword")]
mod reembed;
mod rows;
mod scan;
mod scored;
mod sparse;
mod token_codes;
mod top_k;
mod vector;

#[cfg(feature = "collection")]
pub use collection::{
    Applied, Change, Collection, CollectionError, CollectionOptions, CollectionSnapshot, Derived,
    Duplicate, Erased, Held, HeldIn, Imported, Opened, Rewritten,
};
pub use encoded::{Encoded, encode_profiles};
pub use entry::Entry;
pub use error::{FileError, IndexError};
pub use flat::FlatIndex;
pub use fused::{Fused, Fusion, SPARSE_WEIGHT};
#[cfg(feature = "hnsw")]
pub use hnsw::{HnswIndex, HnswOptions};
pub use kernels::{Instructions, InstructionsInUse, limit_instructions};
#[cfg(feature = "keyword")]
pub use keyword::{KeywordIndex, KeywordOptions};
#[cfg(feature = "keyword")]
pub use profile_index::ProfileIndex;
pub use quantized::{
    MeasuredRecall, QuantizedIndex, QuantizedOptions, QuantizedStats, RecallStep, ScanPlan,
};
/// The seam that all indexes of this crate implement.
pub use ranker_core::Retriever;
#[cfg(feature = "keyword")]
pub use reembed::Followed;
pub use sparse::{SparseIndex, SparseOpened, weigh_profiles};
pub use token_codes::TwoBitCodec;

/// The default names of vector, keyword and sparse search: the labels of their scores.
pub use ranker_core::legs::{BM25, DENSE, SPARSE};

/// The default name of a fusion.
pub const FUSED: &str = "fused";

/// The README's example, kept true.
#[cfg(all(doctest, feature = "collection"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_shared_between_threads() {
        fn shared<T: Send + Sync + std::fmt::Debug>() {}
        shared::<(FlatIndex, QuantizedIndex)>();
        shared::<(Fused, SparseIndex)>();
        shared::<IndexError>();
        shared::<FileError>();
        #[cfg(feature = "collection")]
        shared::<(Collection, CollectionSnapshot, CollectionError)>();
        #[cfg(feature = "hnsw")]
        shared::<HnswIndex>();
        #[cfg(feature = "keyword")]
        shared::<(KeywordIndex, ProfileIndex)>();
    }
}
