//! Decoders out of GGUF files.

mod folder;
mod sizes;

use crate::error::LoraError;
use crate::gguf::{Gguf, Tokenizer};
pub(crate) use sizes::{Sizes, name};

/// A decoder of the Llama shape (Touvron et al. 2023) out of a [`Gguf`] file, to be written as an encoder: its hidden
/// states, without the words to come.
///
/// Rotary positions, normalisation by the root of the mean square, gated feed-forward with SiLU, heads that may share
/// keys and values. What else a file asks for is refused by its key or tensor: scaled positions, experts, biases.
#[derive(Debug)]
pub struct Decoder {
    pub(crate) file: Gguf,
    pub(crate) sizes: Sizes,
}

impl Decoder {
    /// Reads the settings of a file's decoder, and holds the shape of every tensor against them.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for another architecture and for what changes the result and is not computed,
    /// [`LoraError::Format`] for settings that are missing, [`LoraError::MissingTensor`], [`LoraError::UnknownTensor`] and
    /// [`LoraError::TensorShape`] with the tensor.
    pub fn new(file: Gguf) -> Result<Self, LoraError> {
        let sizes = Sizes::read(&file)?;
        let own = Self { file, sizes };
        own.check()?;
        let tokenizer = Tokenizer::read(&own.file)?;
        if tokenizer.len() > own.sizes.vocabulary {
            let what = format!(
                "it has {} tokens, and vectors of {}",
                tokenizer.len(),
                own.sizes.vocabulary
            );
            return Err(LoraError::format(own.file.path(), "GGUF")(what));
        }
        Ok(own)
    }

    /// Components of a hidden state.
    #[must_use]
    pub fn hidden_size(&self) -> usize {
        self.sizes.hidden
    }

    /// The tokens that its positions were made for.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.sizes.positions
    }

    fn check(&self) -> Result<(), LoraError> {
        let path = || self.file.path().to_path_buf();
        let expected = self.sizes.tensors();
        for (name, shape) in &expected {
            let tensor = self.file.tensor(name);
            let tensor = tensor.ok_or_else(|| LoraError::MissingTensor {
                path: path(),
                tensor: name.clone(),
            })?;
            if tensor.shape() != shape {
                return Err(LoraError::TensorShape {
                    path: path(),
                    tensor: name.clone(),
                    expected: shape.clone(),
                    actual: tensor.shape().to_vec(),
                });
            }
        }
        // The map to words to come, which no embedding needs.
        let known = |name: &str| name == "output.weight" || expected.contains_key(name);
        match self.file.names().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => Err(LoraError::UnknownTensor {
                path: path(),
                tensor: name.to_owned(),
            }),
        }
    }

    /// The values of a tensor whose shape was checked.
    pub(crate) fn values(&self, name: &str) -> Result<Vec<f32>, LoraError> {
        let missing = || LoraError::MissingTensor {
            path: self.file.path().to_path_buf(),
            tensor: name.to_owned(),
        };
        self.file.tensor(name).ok_or_else(missing)?.values()
    }

    /// The map to queries or keys of so many heads, with the two halves of a head behind each other, as transformers
    /// has them: the file has their rows in turn.
    pub(crate) fn halves(&self, name: &str, heads: usize) -> Result<Vec<f32>, LoraError> {
        let values = self.values(name)?;
        let (half, columns) = (self.sizes.head / 2, self.sizes.hidden);
        let mut turned = Vec::with_capacity(values.len());
        for head in values.chunks_exact(self.sizes.head * columns).take(heads) {
            for part in 0..2 {
                for row in 0..half {
                    let start = (2 * row + part) * columns;
                    turned.extend_from_slice(&head[start..start + columns]);
                }
            }
        }
        Ok(turned)
    }
}
