//! The seam behind [`crate::OnnxEmbedder`]: what runs the model.

mod native;
#[cfg(feature = "onnxruntime")]
mod onnxruntime;

use std::ops::Range;
use std::path::{Path, PathBuf};

use native::Native;
use ranker_core::BoxError;
use ranker_encoder::{Encoder, Kernels, Precision};
use ranker_folder::ModelFolder;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{Backend, LoadError};

/// Runs one encoder. Shared by threads.
pub(crate) trait Engine: Send + Sync {
    /// The engine and its version, for display.
    fn name(&self) -> &str;

    /// The threads that batches run on, where several run at the same time.
    fn pool(&self) -> Option<&ThreadPool>;

    /// The hidden states of some texts.
    fn run(&self, texts: &[Sequence<'_>]) -> Result<Hidden, BoxError>;

    /// What a model that ends in a classifier says of each text.
    fn logits(&self, texts: &[Sequence<'_>]) -> Result<Logits, BoxError>;
}

/// The scores of some texts: a row of one or several labels each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Logits {
    pub(crate) labels: usize,
    pub(crate) values: Vec<f32>,
}

/// What a model is loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Vectors of tokens, to be pooled; or those of texts, of a graph that pools by itself.
    Tokens,
    /// Vectors of texts, where the graph has them, since nobody says how tokens are pooled; else of tokens.
    Texts,
    /// Scores.
    Logits,
    /// Logits of each token for each entry of the vocabulary, as vectors of tokens.
    Words,
}

/// A text as an engine takes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sequence<'a> {
    pub(crate) ids: &'a [u32],
    /// The segment id of each token.
    pub(crate) types: &'a [u32],
    /// How many of the tokens, from the first on, are attended to.
    pub(crate) attended: usize,
}

impl<'a> Sequence<'a> {
    /// One that all of its tokens attend to.
    pub(crate) fn whole(ids: &'a [u32], types: &'a [u32]) -> Self {
        Self {
            ids,
            types,
            attended: ids.len(),
        }
    }
}

impl<'a> From<&'a ranker_folder::Tokens> for Sequence<'a> {
    fn from(tokens: &'a ranker_folder::Tokens) -> Self {
        Self {
            ids: &tokens.ids,
            types: &tokens.types,
            attended: tokens.attended,
        }
    }
}

/// What an engine may use of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resources {
    /// Threads in all.
    pub(crate) threads: usize,
    /// Copies of the model, where the engine needs one for each batch that runs at the same time.
    #[cfg_attr(
        not(feature = "onnxruntime"),
        expect(dead_code, reason = "our own engine shares one copy")
    )]
    pub(crate) sessions: usize,
}

/// What runs a model, and how exactly.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) backend: Backend,
    pub(crate) precision: Precision,
    /// The loops of our own engine, where they are not to be the fastest.
    pub(crate) kernels: Option<Kernels>,
}

impl Choice {
    /// Only our own engine computes otherwise than exactly.
    pub(crate) fn new(backend: Backend, precision: Precision) -> Result<Self, LoadError> {
        let backend = match (backend, precision) {
            (backend, Precision::Exact) => backend,
            (Backend::OnnxRuntime, _) => {
                let reason = format!(
                    "ONNX Runtime computes exactly, not as {precision:?}: leave the backend to `Backend::Auto`"
                );
                return Err(LoadError::Setting {
                    setting: "precision",
                    reason,
                });
            }
            (Backend::Auto | Backend::Native, _) => Backend::Native,
        };
        Ok(Self {
            backend,
            precision,
            kernels: None,
        })
    }

    /// Only our own engine can be told which instructions to use.
    pub(crate) fn with_kernels(mut self, kernels: Option<Kernels>) -> Result<Self, LoadError> {
        if kernels.is_some() {
            self.backend = match self.backend {
                Backend::Auto | Backend::Native => Backend::Native,
                Backend::OnnxRuntime => {
                    let reason = "ONNX Runtime chooses its instructions itself: leave the backend to `Backend::Auto`";
                    return Err(LoadError::Setting {
                        setting: "kernels",
                        reason: reason.to_owned(),
                    });
                }
            };
        }
        self.kernels = kernels;
        Ok(self)
    }
}

impl From<Backend> for Choice {
    fn from(backend: Backend) -> Self {
        Self {
            backend,
            precision: Precision::Exact,
            kernels: None,
        }
    }
}

/// The hidden states of some texts.
#[derive(Debug)]
pub(crate) struct Hidden {
    /// How many components a token's vector has.
    pub(crate) dimension: usize,
    /// Whether the graph has pooled them: a text's only row is its vector.
    pub(crate) is_pooled: bool,
    /// Where each text's lie.
    texts: Vec<Range<usize>>,
    values: Vec<f32>,
}

impl Hidden {
    /// Of texts whose rows lie where they are said to, each range in rows.
    fn new(dimension: usize, rows: impl Iterator<Item = Range<usize>>, values: Vec<f32>) -> Self {
        let place = |rows: Range<usize>| rows.start * dimension..rows.end * dimension;
        Self {
            dimension,
            is_pooled: false,
            texts: rows.map(place).collect(),
            values,
        }
    }

    /// Of texts that have one row each.
    #[cfg_attr(
        not(feature = "onnxruntime"),
        expect(dead_code, reason = "our own engine never pools")
    )]
    fn pooled(dimension: usize, texts: usize, values: Vec<f32>) -> Self {
        let rows = (0..texts).map(|text| text..text + 1);
        Self {
            is_pooled: true,
            ..Self::new(dimension, rows, values)
        }
    }

    /// The rows of each text, token by token.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &[f32]> {
        self.texts.iter().map(|text| &self.values[text.clone()])
    }
}

/// What an engine loads: a folder, and the file of it that holds the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Model<'a> {
    pub(crate) folder: &'a ModelFolder,
    pub(crate) file: &'a Path,
    #[cfg_attr(
        not(feature = "onnxruntime"),
        expect(dead_code, reason = "our own engine has one output")
    )]
    pub(crate) purpose: Purpose,
}

/// The file that the engine asked for would load: the graph, or, where there is none and the engine needs
/// none, the weights alone.
pub(crate) fn model_file(backend: Backend, folder: &ModelFolder) -> Result<PathBuf, LoadError> {
    match (folder.model_file(), backend) {
        (Err(missing), Backend::Auto | Backend::Native) => {
            Ok(folder.weights_file().ok_or(missing)?)
        }
        (found, _) => Ok(found?),
    }
}

/// Loads a model with the engine asked for.
pub(crate) fn load(
    choice: Choice,
    model: Model<'_>,
    resources: Resources,
) -> Result<Box<dyn Engine>, LoadError> {
    let native = || load_native(model, choice, resources);
    let is_graph = model
        .file
        .extension()
        .is_some_and(|ending| ending == "onnx");
    match choice.backend {
        Backend::OnnxRuntime => load_onnxruntime(model, resources),
        Backend::Auto if is_graph => match load_onnxruntime(model, resources) {
            Err(LoadError::RuntimeNotLoaded | LoadError::NotCompiled { .. }) => native(),
            loaded => loaded,
        },
        Backend::Auto | Backend::Native => native(),
    }
}

#[cfg(feature = "onnxruntime")]
fn load_onnxruntime(model: Model<'_>, resources: Resources) -> Result<Box<dyn Engine>, LoadError> {
    let runtime = crate::onnxruntime::runtime().ok_or(LoadError::RuntimeNotLoaded)?;
    let name = format!("ONNX Runtime {}", runtime.version);
    let pool = match resources.sessions {
        1 => None,
        sessions => Some(pool(sessions)?),
    };
    match onnxruntime::OnnxRuntime::load(&runtime, model, (resources, pool)) {
        Ok(engine) => Ok(Box::new(engine)),
        Err(source) => Err(refused(model.file, name, source)),
    }
}

#[cfg(not(feature = "onnxruntime"))]
fn load_onnxruntime(_: Model<'_>, _: Resources) -> Result<Box<dyn Engine>, LoadError> {
    Err(LoadError::NotCompiled {
        backend: Backend::OnnxRuntime,
    })
}

fn load_native(
    model: Model<'_>,
    choice: Choice,
    resources: Resources,
) -> Result<Box<dyn Engine>, LoadError> {
    match Encoder::read_with(model.folder.config_file(), model.file, choice.precision) {
        Ok(encoder) => {
            let encoder = match choice.kernels {
                Some(kernels) => encoder.with_kernels(kernels),
                None => encoder,
            };
            Ok(Box::new(Native::new(encoder, pool(resources.threads)?)))
        }
        Err(source) => Err(refused(model.file, native::NAME.to_owned(), source.into())),
    }
}

fn refused(model: &Path, backend: String, source: BoxError) -> LoadError {
    LoadError::Graph {
        path: model.to_path_buf(),
        backend,
        source,
    }
}

fn pool(threads: usize) -> Result<ThreadPool, LoadError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("ranker-embed-{index}"))
        .build();
    pool.map_err(|error| LoadError::Setting {
        setting: "threads",
        reason: format!("the system gives no {threads} threads: {error}"),
    })
}
