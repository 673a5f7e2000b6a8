//! Decoders out of GGUF files.

mod folder;
mod sizes;

use std::borrow::Cow;

use super::config::DecoderConfig;
use super::maps::DecoderMap;
use super::tensors::{DecoderTensors, Values};
use super::weights::{Decoder, DecoderLayer, DecoderWeights, QuantizedDecoder, each_map};
use crate::encoder::{Linear, Table, Weight};
use crate::error::LoraError;
use crate::gguf::{Gguf, Tokenizer};
use crate::matrix::Matrix;
use sizes::name;

/// A decoder of the Llama shape (Touvron et al. 2023) out of a [`Gguf`] file, to be written as an encoder, or to be tuned as
/// a [`Decoder`]: its hidden states, without the words to come.
///
/// Rotary positions, normalisation by the root of the mean square, gated feed-forward with SiLU, heads that may share
/// keys and values. What else a file asks for is refused by its key or tensor: scaled positions, experts, biases.
#[derive(Debug)]
pub struct GgufDecoder {
    file: Gguf,
    sizes: DecoderConfig,
}

impl GgufDecoder {
    /// Reads the settings of a file's decoder, and holds the shape of every tensor against them.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for another architecture and for what changes the result and is not computed,
    /// [`LoraError::Format`] for settings that are missing, [`LoraError::MissingTensor`], [`LoraError::UnknownTensor`] and
    /// [`LoraError::TensorShape`] with the tensor.
    pub fn new(file: Gguf) -> Result<Self, LoraError> {
        let sizes = sizes::read(&file)?;
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

    /// The decoder with all its weights as `f32`, to be tuned or exported.
    ///
    /// # Errors
    /// [`LoraError::NotFinite`] for a tensor with a value that is not finite.
    pub fn full(&self) -> Result<Decoder, LoraError> {
        self.weights()
    }

    /// The decoder with its linear maps in NF4, to be tuned: one of them at a time is whole as `f32`. What the file
    /// has in 4 bits is rounded once more.
    ///
    /// # Errors
    /// As for [`GgufDecoder::full`].
    pub fn quantized(&self) -> Result<QuantizedDecoder, LoraError> {
        self.weights()
    }

    fn weights<W: Weight>(&self) -> Result<DecoderWeights<W>, LoraError> {
        let sizes = &self.sizes;
        let map = |layer: usize, which: DecoderMap| {
            let (rows, columns) = sizes.shape(which);
            let values = self.map(layer, which)?.into_owned();
            Ok::<_, LoraError>(Linear {
                weight: W::of_matrix(Matrix::new(rows, columns, values)?)?,
                bias: Vec::new(),
            })
        };
        let layer = |index: usize| {
            Ok::<_, LoraError>(DecoderLayer {
                maps: each_map(|which| map(index, which))?,
                norms: [
                    self.norm(index, 0)?.into_owned(),
                    self.norm(index, 1)?.into_owned(),
                ],
                head_norms: None,
            })
        };
        let words = self.words()?.into_owned();
        let words = Matrix::new(sizes.vocabulary, sizes.hidden, words)?;
        Ok(DecoderWeights {
            config: sizes.clone(),
            words: W::of_table(Table::F32(words), sizes.hidden),
            layers: (0..sizes.layers).map(layer).collect::<Result<_, _>>()?,
            norm: self.last_norm()?.into_owned(),
        })
    }

    fn check(&self) -> Result<(), LoraError> {
        let path = || self.file.path().to_path_buf();
        let expected = sizes::tensors(&self.sizes);
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
    fn values(&self, name: &str) -> Result<Vec<f32>, LoraError> {
        let missing = || LoraError::MissingTensor {
            path: self.file.path().to_path_buf(),
            tensor: name.to_owned(),
        };
        self.file.tensor(name).ok_or_else(missing)?.values()
    }

    /// The map to queries or keys of so many heads, with the two halves of a head behind each other, as transformers
    /// has them: the file has their rows in turn.
    fn halves(&self, name: &str, heads: usize) -> Result<Vec<f32>, LoraError> {
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

impl DecoderTensors for GgufDecoder {
    fn config(&self) -> &DecoderConfig {
        &self.sizes
    }

    fn words(&self) -> Values<'_> {
        self.values("token_embd.weight").map(Cow::Owned)
    }

    fn map(&self, layer: usize, map: DecoderMap) -> Values<'_> {
        let part = match map {
            DecoderMap::Query => {
                let heads = self.sizes.heads;
                return self.halves(&name(layer, "attn_q"), heads).map(Cow::Owned);
            }
            DecoderMap::Key => {
                let heads = self.sizes.key_heads;
                return self.halves(&name(layer, "attn_k"), heads).map(Cow::Owned);
            }
            DecoderMap::Value => "attn_v",
            DecoderMap::Output => "attn_output",
            DecoderMap::Gate => "ffn_gate",
            DecoderMap::Up => "ffn_up",
            DecoderMap::Down => "ffn_down",
        };
        self.values(&name(layer, part)).map(Cow::Owned)
    }

    fn bias(&self, _: usize, _: DecoderMap) -> &[f32] {
        &[]
    }

    fn norm(&self, layer: usize, number: usize) -> Values<'_> {
        let part = ["attn_norm", "ffn_norm"][number];
        self.values(&name(layer, part)).map(Cow::Owned)
    }

    fn head_norms(&self, _: usize) -> Option<[&[f32]; 2]> {
        None
    }

    fn last_norm(&self) -> Values<'_> {
        self.values("output_norm.weight").map(Cow::Owned)
    }
}
