//! What the folder of a transformer encoder means, in the layout of sentence-transformers.
//!
//! [`ModelFolder`] reads its JSON files: pooling and what follows it ([`Head`]), prompts, limits, late interaction. [`TextTokenizer`] and
//! [`PairTokenizer`] turn texts into the token ids that the encoder reads. [`Family`] is the table of
//! the kinds of encoders. [`StaticFolder`] is the folder of an encoder that is a table, [`SparseFolder`] that of one that weighs a vocabulary. Serving and training read a folder through this crate alone, so they cannot
//! disagree about it.
//!
//! ```no_run
//! use ranker_folder::{ModelFolder, Role, Spans, TextTokenizer};
//!
//! let folder = ModelFolder::read("models/all-MiniLM-L6-v2")?;
//! let limit = folder.limits.default_tokens().unwrap_or(512);
//! let tokenizer = TextTokenizer::read(&folder)?.with_max_tokens(limit);
//! let tokens = tokenizer.tokens(folder.prompts.of(Role::Query), "Rust engineer", Spans::Skip)?;
//! println!("{:?}, {:?}", tokens.ids, folder.pooling);
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```
//!
//! # Features
//!
//! None; everything is always there.

mod activation;
mod classifier;
mod config;
mod error;
mod family;
mod folder;
mod head;
mod json;
mod late;
mod limits;
mod modules;
mod pairs;
mod pooling;
mod prompts;
mod sparse;
mod static_folder;
mod text;

pub use activation::Activation;
pub use classifier::{Classifier, LabelActivation};
pub use config::Heads;
pub use error::FolderError;
pub use family::{Family, HeadNames, Projection};
pub use folder::ModelFolder;
pub use head::{Head, Module};
pub use late::{Expansion, LateInteraction, Marks};
pub use limits::Limits;
pub use pairs::{PairTokenizer, PairTokens};
pub use pooling::Pooling;
pub use prompts::Prompts;
/// The values of `ranker-core` that this crate's functions take and return.
pub use ranker_core::{BoxError, Role, TokenUsage};
pub use sparse::{SparseFolder, SparsePooling, SparseWay};
pub use static_folder::StaticFolder;
pub use text::{Spans, TextTokenizer, TokenSpans, Tokens};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
