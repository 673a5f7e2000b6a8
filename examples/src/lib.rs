//! What the examples share: finding ONNX Runtime and the bundled files, progress, what things take,
//! pictures, and how a program ends.
//!
//! A library of the workspace never reads the environment and never prints; an application does
//! both, and this crate is the examples' application side.

#[cfg(feature = "datasets")]
pub mod beir;
pub mod bundled;
mod cpu;
mod disk;
#[cfg(feature = "documents")]
mod documents;
mod dot;
mod encoder;
mod end;
#[cfg(feature = "engines")]
pub mod engines;
#[cfg(feature = "facts")]
mod facts;
mod groups;
mod memory;
mod progress;
mod sparse;
mod stages;
mod svg;
mod times;
#[cfg(feature = "weights")]
mod weights;

pub use cpu::cpu_seconds;
pub use disk::bytes_of;
#[cfg(feature = "documents")]
pub use documents::{document_reader, document_worker};
pub use dot::dot;
pub use encoder::{
    AnyEncoder, Computing, TokenModel, embed_profiles, embed_texts, encode_with_tokens,
    index_with_tokens, occupations, open_encoder, open_encoder_in, open_transformer, precision,
    runtime, window_vector,
};
pub use end::{Outcome, causes, finish, say};
#[cfg(feature = "facts")]
pub use facts::finder_of_today;
pub use groups::{read_groups, with_intersections};
pub use memory::memory_mb;
pub use progress::Progress;
pub use sparse::{index_sparse, open_sparse};
pub use stages::Stages;
pub use svg::Picture;
pub use times::Times;
#[cfg(feature = "weights")]
pub use weights::{Weights, read_weights};

/// The programs in the documentation, kept true.
#[cfg(doctest)]
#[doc = include_str!("../../docs/SEARCH.md")]
struct Search;
#[cfg(all(doctest, feature = "weights"))]
#[doc = include_str!("../../docs/TUNING.md")]
struct Tuning;
#[cfg(all(doctest, feature = "weights"))]
#[doc = include_str!("../../docs/guide/tuning.md")]
struct TuningGuide;
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/service.md")]
struct ServiceGuide;
