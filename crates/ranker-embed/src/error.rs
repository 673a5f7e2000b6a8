//! Why an encoder could not be loaded.

use std::path::PathBuf;

use ranker_core::BoxError;
use ranker_folder::FolderError;

use crate::Backend;

/// Why an encoder, or the library that runs it, could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file of the model folder is missing or damaged, or requires something that would change the
    /// embeddings and is not implemented.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The engine cannot load or run the model.
    #[error("{backend} cannot run {}", .path.display())]
    Graph {
        /// The file of the model.
        path: PathBuf,
        /// The engine.
        backend: String,
        /// What it said.
        source: BoxError,
    },
    /// A setting of the builder that this model does not allow.
    #[error("setting `{setting}` is not allowed: {reason}")]
    Setting {
        /// The setter's name.
        setting: &'static str,
        /// Why not, and what would be.
        reason: String,
    },
    /// The engine asked for is not compiled in.
    #[error("engine {backend:?} is not compiled in: enable its feature of `ranker-embed`")]
    NotCompiled {
        /// The engine asked for.
        backend: Backend,
    },
    /// ONNX Runtime was asked for before its library was loaded.
    #[error("ONNX Runtime is not loaded: call `ranker_embed::onnxruntime::load` first")]
    RuntimeNotLoaded,
    /// None of the places has an ONNX Runtime that can be loaded: encoders run on our own engine.
    #[error(
        "no ONNX Runtime, so encoders run on ranker-encoder, which is slower and knows BERT and its relatives alone \
         ({}): `pip install onnxruntime` and name that Python, or give the path of its library",
        .tried.join("; ")
    )]
    NoRuntime {
        /// What was found in each place, in their order.
        tried: Vec<String>,
    },
    /// The library could not be loaded: it is missing, no ONNX Runtime, or too old.
    #[error("{} cannot be loaded as ONNX Runtime", .path.display())]
    Runtime {
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// Another library was loaded before; a process holds one.
    #[error(
        "ONNX Runtime is already loaded from {}; a process cannot also load {}",
        .loaded.display(), .asked.display()
    )]
    RuntimeElsewhere {
        /// The library in use.
        loaded: PathBuf,
        /// The library asked for.
        asked: PathBuf,
    },
}
