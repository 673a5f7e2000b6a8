//! Decoders out of safetensors.

use std::path::Path;

use ranker_folder::ModelFolder;

use super::config::DecoderConfig;
use super::maps::{self, DecoderMap, HEAD_NORMS, NORM, NORMS, WORDS};
use super::weights::{Decoder, DecoderLayer, DecoderWeights, QuantizedDecoder, each_map};
use crate::encoder::{Linear, Tensors, Weight, bias, weight};
use crate::error::LoraError;

impl Decoder {
    /// Reads `config.json` and the weights from a folder in Hugging Face's layout: `model.safetensors`, or the
    /// files that `model.safetensors.index.json` names. Weights in F16 and BF16 are widened to `f32`, and those in
    /// NF4 are dequantised. The names may start with `model.`, and the map to words to come is left out; any other
    /// tensor that has no place is an error.
    ///
    /// # Errors
    /// Those of [`DecoderConfig::read`]; whatever is missing, truncated, of another shape or type, not finite, or
    /// unknown, with the file and the tensor's name.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        Self::of_folder(folder.as_ref())
    }
}

impl QuantizedDecoder {
    /// Reads a folder as [`Decoder::read`] does, tensor by tensor: the weights are never whole in memory as `f32`.
    /// Weights that the file has in NF4, as bitsandbytes saves them, are taken as they are; the table of words stays
    /// in its type.
    ///
    /// # Errors
    /// As for [`Decoder::read`], and [`LoraError::Unsupported`] for another form of quantisation.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        Self::of_folder(folder.as_ref())
    }
}

impl<W: Weight> DecoderWeights<W> {
    fn of_folder(folder: &Path) -> Result<Self, LoraError> {
        let config = DecoderConfig::read(folder.join(ModelFolder::CONFIG))?;
        let mut tensors = Tensors::of_folder(folder)?;
        tensors.rename(maps::tensor_name);
        let table = (config.vocabulary, config.hidden);
        let own = Self {
            words: W::take_table(&mut tensors, &weight(WORDS), table)?,
            layers: (0..config.layers)
                .map(|index| layer(&mut tensors, &config, index))
                .collect::<Result<_, _>>()?,
            norm: tensors.vector(&weight(NORM), config.hidden)?,
            config,
        };
        tensors.finish()?;
        Ok(own)
    }
}

fn layer<W: Weight>(
    tensors: &mut Tensors<'_>,
    config: &DecoderConfig,
    index: usize,
) -> Result<DecoderLayer<W>, LoraError> {
    let maps = each_map(|which| map(tensors, config, (index, which)))?;
    let mut scales = |names: [&str; 2], length: usize| {
        let [first, second] = names.map(|name| weight(&maps::of_layer(index, name)));
        Ok::<_, LoraError>([
            tensors.vector(&first, length)?,
            tensors.vector(&second, length)?,
        ])
    };
    Ok(DecoderLayer {
        maps,
        norms: scales(NORMS, config.hidden)?,
        head_norms: match config.head_norms {
            true => Some(scales(HEAD_NORMS, config.head)?),
            false => None,
        },
    })
}

fn map<W: Weight>(
    tensors: &mut Tensors<'_>,
    config: &DecoderConfig,
    (layer, which): (usize, DecoderMap),
) -> Result<Linear<W>, LoraError> {
    let (path, shape) = (which.path(layer), config.shape(which));
    Ok(Linear {
        weight: W::take(tensors, &weight(&path), shape)?,
        bias: match config.has_bias(which) {
            true => tensors.vector(&bias(&path), shape.0)?,
            false => Vec::new(),
        },
    })
}
