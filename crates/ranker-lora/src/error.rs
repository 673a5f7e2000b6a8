use std::path::{Path, PathBuf};

use ranker_folder::FolderError;
use thiserror::Error;

/// The cause of a [`LoraError`] in a library that this crate does not expose.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong while weights and adapters are read, joined and written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoraError {
    /// The file system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `write`, `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file is not what its name promises: broken JSON, or a truncated or damaged safetensors.
    #[error("{} is not valid {format}; it may be truncated, fetch or write it again", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format that was expected.
        format: &'static str,
        /// The error of the parser.
        source: Source,
    },
    /// A setting in a configuration has a value that makes no sense.
    #[error("{setting} is {value}, but {rule}")]
    Setting {
        /// The setting's name in the file.
        setting: String,
        /// The value that was found.
        value: String,
        /// What it must be.
        rule: &'static str,
    },
    /// A setting requires something that this crate does not implement.
    #[error("{setting} = {value} is not supported yet; {advice}")]
    Unsupported {
        /// The setting's name in the file.
        setting: String,
        /// The value that was found.
        value: String,
        /// What to do instead.
        advice: String,
    },
    /// A file of a model folder is missing or damaged, or requires something that is not implemented.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A tensor that the model or adapter needs is not in the file.
    #[error("{} has no tensor {tensor}", path.display())]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
    },
    /// A file holds a tensor that has no place in the model. It could change the result, so it is
    /// not skipped.
    #[error("{} has a tensor {tensor} that belongs to nothing known", path.display())]
    UnknownTensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
    },
    /// A tensor in a file has not the shape that the configuration implies.
    #[error("tensor {tensor} in {} has shape {actual:?}, expected {expected:?}", path.display())]
    TensorShape {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The shape that the configuration implies.
        expected: Vec<usize>,
        /// The shape in the file.
        actual: Vec<usize>,
    },
    /// A tensor in a file has an element type that cannot be read as weights.
    #[error("tensor {tensor} in {} has type {actual}, expected F32, F16 or BF16", path.display())]
    TensorType {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The element type in the file.
        actual: String,
    },
    /// A value is NaN or infinite.
    #[error("{name} has a value that is not finite")]
    NotFinite {
        /// The tensor or layer, with its file where it came from one.
        name: String,
    },
    /// A matrix was built from the wrong number of values, or joined with one of another size.
    #[error("{name} is {actual:?} (rows, columns), expected {expected:?}")]
    Shape {
        /// What the matrix is.
        name: String,
        /// Rows and columns that are needed.
        expected: (usize, usize),
        /// Rows and columns that were given.
        actual: (usize, usize),
    },
    /// An adapter and an encoder do not belong together, or the adapter contradicts its own
    /// configuration.
    #[error("layer {layer}: {problem}")]
    Layer {
        /// The layer's path, such as `encoder.layer.0.attention.self.query`.
        layer: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Targets of an adapter name no linear map of the model.
    #[error(
        "target_modules has {}, but the model has no such linear map; it has: {}",
        targets.join(", "), known.join(", ")
    )]
    UnknownTarget {
        /// The names that match nothing.
        targets: Vec<String>,
        /// The last parts of the names that there are.
        known: Vec<String>,
    },
    /// No adapter has this name.
    #[error("there is no adapter {name:?}; there are: {}", known.join(", "))]
    UnknownAdapter {
        /// The name that was requested.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// A sequence of tokens cannot be encoded.
    #[error("{what} {value} is out of range, the limit is {limit}")]
    Token {
        /// `token id`, `token type` or `length`.
        what: &'static str,
        /// The value that was given.
        value: u64,
        /// The greatest allowed value.
        limit: u64,
    },
    /// The ONNX file would pass 2 GiB, which protobuf does not allow.
    #[error(
        "the ONNX file would take {bytes} bytes, more than {limit}; write a folder, which keeps the weights beside the \
         graph, or export it as int8"
    )]
    TooLarge {
        /// The size it would have.
        bytes: u64,
        /// The greatest size allowed.
        limit: u64,
    },
}

impl LoraError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_path_buf(),
            source,
        }
    }

    pub(crate) fn format<E>(path: &Path, format: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Source>,
    {
        move |source| Self::Format {
            path: path.to_path_buf(),
            format,
            source: source.into(),
        }
    }

    pub(crate) fn setting(setting: &str, value: impl ToString, rule: &'static str) -> Self {
        Self::Setting {
            setting: setting.to_owned(),
            value: value.to_string(),
            rule,
        }
    }

    pub(crate) fn unsupported(
        setting: &str,
        value: impl ToString,
        advice: impl Into<String>,
    ) -> Self {
        Self::Unsupported {
            setting: setting.to_owned(),
            value: value.to_string(),
            advice: advice.into(),
        }
    }

    pub(crate) fn layer(layer: &str, problem: &'static str) -> Self {
        Self::Layer {
            layer: layer.to_owned(),
            problem,
        }
    }
}
