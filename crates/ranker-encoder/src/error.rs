//! Why an encoder could not be read, or a text not encoded.

use std::path::{Path, PathBuf};

use ranker_folder::BoxError;

/// Why an encoder could not be read, or a text not encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncoderError {
    /// A file is missing or cannot be read.
    #[error("{} cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file is damaged or cut short.
    #[error("{} is damaged", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// The file holds something else than the weights of a BERT-like encoder.
    #[error("{}: {what}: this is not a BERT-like encoder that can be run here; ONNX Runtime is needed", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What an encoder has not.
        what: String,
    },
    /// A tensor is missing.
    #[error(
        "{} has no tensor `{tensor}`; where `config.json` is of this model, ONNX Runtime is needed",
        .path.display()
    )]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
    },
    /// A tensor's shape is not what the sizes in `config.json` make it.
    #[error("tensor `{tensor}` in {} has shape {actual:?}; `config.json` makes it {expected:?}", .path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The shape that the sizes give.
        expected: Vec<usize>,
        /// The shape in the file.
        actual: Vec<usize>,
    },
    /// A tensor's values are of a type that weights are not kept in.
    #[error("tensor `{tensor}` in {} is of type {actual}; weights are read from f32, f16 and bf16", .path.display())]
    Type {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The type in the file.
        actual: String,
    },
    /// A setting of `config.json` that cannot be, or that is not implemented.
    #[error("`{setting}` in {}: {reason}", .path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// The setting's name.
        setting: &'static str,
        /// Why not, and what would be.
        reason: String,
    },
    /// A text that the encoder cannot read.
    #[error("text {index} has {what} {value}; the encoder has {limit}")]
    Text {
        /// Which of the texts.
        index: usize,
        /// What of it.
        what: &'static str,
        /// How much or which.
        value: usize,
        /// Up to what the encoder goes.
        limit: usize,
    },
    /// Scores were asked of an encoder without a head, or hidden states of one with a head.
    #[error("the model gives {has}, not {wants}")]
    Output {
        /// What it gives.
        has: &'static str,
        /// What was asked for.
        wants: &'static str,
    },
}

impl EncoderError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Read {
            path: path.to_path_buf(),
            source,
        }
    }

    pub(crate) fn damaged<E: Into<BoxError>>(path: &Path) -> impl Fn(E) -> Self {
        move |source| Self::Damaged {
            path: path.to_path_buf(),
            source: source.into(),
        }
    }

    pub(crate) fn foreign(path: &Path, what: impl Into<String>) -> Self {
        Self::Foreign {
            path: path.to_path_buf(),
            what: what.into(),
        }
    }
}
