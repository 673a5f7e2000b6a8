//! The tensors of a decoder, wherever they lie, as its graph takes them.

use std::borrow::Cow;

use super::config::DecoderConfig;
use super::maps::DecoderMap;
use super::weights::Decoder;
use crate::error::LoraError;

/// Values of a tensor, row after row.
pub(crate) type Values<'a> = Result<Cow<'a, [f32]>, LoraError>;

/// One tensor at a time, in the forms of transformers.
pub(crate) trait DecoderTensors {
    fn config(&self) -> &DecoderConfig;

    /// The table of token embeddings: `[vocabulary, hidden]`
    fn words(&self) -> Values<'_>;

    /// The weight of a layer's linear map: `[out, in]`
    fn map(&self, layer: usize, map: DecoderMap) -> Values<'_>;

    /// Its bias, or nothing.
    fn bias(&self, layer: usize, map: DecoderMap) -> &[f32];

    /// The scale of the normalisation before the attention (0) or the feed-forward network (1).
    fn norm(&self, layer: usize, number: usize) -> Values<'_>;

    /// The scales of each head's queries and keys.
    fn head_norms(&self, layer: usize) -> Option<[&[f32]; 2]>;

    /// The scale of the normalisation behind the last layer.
    fn last_norm(&self) -> Values<'_>;
}

impl DecoderTensors for Decoder {
    fn config(&self) -> &DecoderConfig {
        &self.config
    }

    fn words(&self) -> Values<'_> {
        Ok(self.words.values().into())
    }

    fn map(&self, layer: usize, map: DecoderMap) -> Values<'_> {
        Ok(self.layers[layer].map(map).weight.values().into())
    }

    fn bias(&self, layer: usize, map: DecoderMap) -> &[f32] {
        &self.layers[layer].map(map).bias
    }

    fn norm(&self, layer: usize, number: usize) -> Values<'_> {
        Ok((&self.layers[layer].norms[number][..]).into())
    }

    fn head_norms(&self, layer: usize) -> Option<[&[f32]; 2]> {
        let norms = self.layers[layer].head_norms.as_ref();
        norms.map(|[query, key]| [&query[..], &key[..]])
    }

    fn last_norm(&self) -> Values<'_> {
        Ok((&self.norm[..]).into())
    }
}
