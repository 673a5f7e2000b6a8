//! Text encoders for `ranker`: transformers under ONNX Runtime or in pure Rust.
//!
//! [`OnnxEmbedder`] loads a model folder in the layout of sentence-transformers and is an
//! [`Embedder`]: texts in, unit vectors out, with how much of each text was read.
//! [`StaticEmbedder`] is a table of token vectors, hundreds of times as fast.
//! [`CachedEmbedder`] keeps any embedder's work in a file. [`OnnxCrossEncoder`] scores pairs of texts,
//! as a feature for reranking. `ApiEmbedder` and `ApiCrossEncoder` (feature `api`) are models that others serve.
//!
//! ```no_run
//! use ranker_embed::{Embedder, OnnxEmbedder, Role};
//!
//! let embedder = OnnxEmbedder::from_dir("models/all-MiniLM-L6-v2")?;
//! let embedded = embedder.embed(&["Rust engineer", "Registered nurse"], Role::Query)?;
//! let alike = embedded[0].embedding.cosine(&embedded[1].embedding)?;
//! println!("{alike:.2} on {}", embedder.backend());
//! if embedded[0].usage.is_cut() {
//!     println!("only {} tokens were read", embedded[0].usage.used);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Engines
//!
//! The same model runs on two engines, whose embeddings agree up to rounding:
//!
//! - ONNX Runtime, which runs any encoder's graph, is a C++ library that belongs to the process. The
//!   application says where to look for it, once, before it loads a model: see [`onnxruntime::load_first`].
//!   This crate never searches for it by itself and never downloads it.
//! - Our own, `ranker-encoder`, is pure Rust and always there. It runs BERT-like encoders, from the same
//!   graph or from safetensors, whenever ONNX Runtime was not loaded. It alone computes in 8 bits
//!   ([`Precision::Fast`]), which is faster than either and gives other embeddings, under another id.
//!
//! # Long texts
//!
//! A model reads a limited number of tokens ([`OnnxEmbedder::max_tokens`]); what a text has beyond
//! that does not influence its embedding. [`TokenUsage`] says for each text how many tokens it has
//! and how many were read: nothing is cut silently. [`Windowed`] reads such a text in windows.
//!
//! # Late interaction
//!
//! A model such as ColBERT gives a vector a token and none a text: [`OnnxEmbedder`] reads its folder and gives those,
//! and [`WithTokens`] joins it to an encoder for the vectors of texts.
//!
//! # Weights over a vocabulary
//!
//! [`OnnxSparseEmbedder`] reads SPLADE models: sparse vectors, to be searched beside embeddings and keywords.
//!
//! # Features
//!
//! | Feature | Default | Without it |
//! | --- | --- | --- |
//! | `onnxruntime` | yes | no ONNX Runtime, only our own engine |
//! | `cache` | yes | no [`CachedEmbedder`], no [`TokenCache`] |
//! | `api` | no | no `ApiEmbedder` and no `ApiCrossEncoder`: models run here |
//! | `hub` | no | no `Hub` and no `OnnxEmbedder::from_hub`: model folders are files that are there |

#[cfg(feature = "api")]
mod api;
mod batches;
mod builder;
#[cfg(feature = "cache")]
mod cache;
mod cross_builder;
mod cross_encoder;
mod embedder;
mod engine;
mod error;
mod floats;
mod head;
#[cfg(feature = "hub")]
mod hub;
mod identity;
mod late;
#[cfg(feature = "onnxruntime")]
pub mod onnxruntime;
mod progress;
mod routes;
mod sparse;
mod static_table;
#[cfg(feature = "cache")]
mod token_cache;
mod windows;
mod with_tokens;

#[cfg(feature = "api")]
pub use api::{
    ApiBudget, ApiCrossEncoder, ApiCrossEncoderBuilder, ApiEmbedder, ApiEmbedderBuilder, ApiError,
    ApiLimits, ApiUsage, LongTexts, RerankApi, Scores, VectorFormat,
};
pub use builder::OnnxEmbedderBuilder;
#[cfg(feature = "cache")]
pub use cache::{CacheError, CacheStats, CachedEmbedder};
pub use cross_builder::OnnxCrossEncoderBuilder;
pub use cross_encoder::OnnxCrossEncoder;
pub use embedder::{Backend, OnnxEmbedder};
pub use error::LoadError;
#[cfg(feature = "hub")]
pub use hub::{Hub, HubError, HubModel};
pub use progress::embed_all;
/// The seams that this crate implements, and their values.
pub use ranker_core::{
    EmbedError, Embedded, Embedder, FeatureExtractor, Role, SparseEmbedded, SparseEmbedder,
    SparseVector, TokenEmbeddings, TokenUsage,
};
/// How exactly an encoder computes.
pub use ranker_encoder::{Kernels, Precision};
/// How token vectors become a text's vector, why a model folder is refused, and where tokens lie.
pub use ranker_folder::{FolderError, Pooling, TokenSpans};
/// Where a server is, and how it is spoken to.
#[cfg(any(feature = "api", feature = "hub"))]
pub use ranker_http as http;
pub use sparse::{OnnxSparseEmbedder, OnnxSparseEmbedderBuilder};
pub use static_table::{DistilError, DistilOptions, Frequencies, StaticEmbedder};
#[cfg(feature = "cache")]
pub use token_cache::TokenCache;
pub use windows::{TokenLimit, WindowVector, Windowed};
pub use with_tokens::WithTokens;

#[cfg(all(doctest, feature = "onnxruntime"))]
#[doc = include_str!("../README.md")]
struct Readme;
