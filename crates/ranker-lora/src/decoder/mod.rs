//! Decoders as encoders of texts: their hidden states, without the words to come.
//!
//! [`DecoderWeights`] holds the weights in one of two forms, as [`EncoderWeights`](crate::EncoderWeights) does;
//! [`GgufDecoder`] leaves them in their file.

mod base;
mod config;
mod folder;
mod forward;
mod gguf;
mod maps;
mod quantized;
mod read;
mod rotary;
mod tensors;
mod weights;

pub(crate) use base::{DecoderBase, Scales};
pub use config::DecoderConfig;
pub use gguf::GgufDecoder;
pub(crate) use maps::DecoderMap;
pub(crate) use tensors::DecoderTensors;
pub use weights::{Decoder, DecoderWeights, QuantizedDecoder};
