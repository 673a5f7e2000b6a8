//! Why a model could not be made, saved or loaded.

use std::path::PathBuf;

use ranker_core::BoxError;

/// Why a model could not be made, saved or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Another number of weights than features.
    #[error("there are {features} features, but weights: {weights}; give each feature one")]
    WeightCount {
        /// How many features there are.
        features: usize,
        /// How many weights were given.
        weights: usize,
    },
    /// A weight or the bias is NaN or infinite.
    #[error("the weight of {feature} must be finite, but is {value}")]
    NotFinite {
        /// The feature, or `bias`.
        feature: String,
        /// The weight.
        value: f64,
    },
    /// Not a decision tree, or not one for these features.
    #[error("not a decision tree: {wrong}")]
    Tree {
        /// What is wrong with it.
        wrong: String,
    },
    /// Not a network, or not one for these features.
    #[error("not a network of one hidden layer: {wrong}")]
    Network {
        /// What is wrong with it.
        wrong: String,
    },
    /// A model of a kind that this crate does not know.
    #[error("{} was not written: {model} is not of a kind that this crate can save; save it by its own crate", path.display())]
    OtherKind {
        /// The file that was to be written.
        path: PathBuf,
        /// The model's id.
        model: String,
    },
    /// Models that do not blend.
    #[error("these models do not blend: {wrong}")]
    Blend {
        /// What is wrong with them.
        wrong: String,
    },
    /// The file could not be read or written.
    #[error("model file {} could not be {action}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a model of this kind, or was cut.
    #[error("{} is not a model file of this kind, or is not whole", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// The file was written by a newer version of this crate.
    #[error(
        "{} has model format {found}, but this version reads formats up to {supported}: \
         update ranker-score",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that can be read.
        supported: u32,
    },
    /// The file's content is not what its hash was taken over.
    #[error("{} was changed after it was saved: its hash does not fit its content", path.display())]
    Hash {
        /// The file.
        path: PathBuf,
    },
    /// The models' features came from another encoder, or are defined otherwise.
    #[error(
        "{} holds models made with {known}, not with {given}: name another folder, and learn anew",
        path.display()
    )]
    MadeWith {
        /// The file.
        path: PathBuf,
        /// What the models were made with.
        known: String,
        /// What they were to be served with.
        given: String,
    },
    /// The model was made for other features.
    #[error(
        "{} was made for features {expected:?}, but is loaded for {actual:?}",
        path.display()
    )]
    Features {
        /// The file.
        path: PathBuf,
        /// The model's features.
        expected: Vec<String>,
        /// The features that it should score.
        actual: Vec<String>,
    },
}
