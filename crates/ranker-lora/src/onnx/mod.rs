//! An encoder as an ONNX file.

mod bert;
mod cross;
mod embeddings;
mod external;
mod graph;
mod llama;
mod proto;
mod quantize;
mod read;
mod weights;

pub(crate) use external::OnnxModel;

use crate::decoder::{Decoder, GgufDecoder};
use crate::encoder::Encoder;
use crate::error::LoraError;

/// LayerNormalization came with operator set 17; IR version 8 is the one of its time.
const OPSET: i64 = 17;
const IR_VERSION: i64 = 8;
/// How the weights are stored in an ONNX file. The arithmetic is `f32` either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precision {
    /// Four bytes a weight.
    #[default]
    Float32,
    /// One byte a weight of the linear maps (with a scale for every 32 weights of an output) and of
    /// the word and position embeddings (with a scale a row).
    Int8,
}

impl Encoder {
    /// Writes the encoder as ONNX: inputs `input_ids`, `attention_mask` and, where the encoder tells
    /// types of tokens apart, `token_type_ids` (int64, `[batch, sequence]`), output `last_hidden_state` (f32, `[batch, sequence, hidden]`),
    /// operator set 17. The same weights always give the same bytes.
    ///
    /// # Errors
    /// [`LoraError::TooLarge`] where the file would pass 2 GiB.
    pub fn to_onnx(&self, precision: Precision) -> Result<Vec<u8>, LoraError> {
        self.onnx(precision).bytes()
    }

    pub(crate) fn onnx(&self, precision: Precision) -> OnnxModel {
        OnnxModel::new(bert::graph(self, precision))
    }
}

impl Decoder {
    /// Writes the decoder as ONNX: inputs `input_ids` and `attention_mask` (int64, `[batch, sequence]`), output
    /// `last_hidden_state` (f32, `[batch, sequence, hidden]`), operator set 17. A token reads itself and those before it;
    /// positions are counted from the first column on, so padding stands behind a text.
    ///
    /// # Errors
    /// [`LoraError::TooLarge`] where the file would pass 2 GiB.
    pub fn to_onnx(&self, precision: Precision) -> Result<Vec<u8>, LoraError> {
        self.onnx(precision)?.bytes()
    }

    pub(crate) fn onnx(&self, precision: Precision) -> Result<OnnxModel, LoraError> {
        Ok(OnnxModel::new(llama::graph(self, precision)?))
    }
}

impl GgufDecoder {
    /// Writes the decoder as [`Decoder::to_onnx`] does. One tensor at a time is restored to `f32`.
    ///
    /// # Errors
    /// [`LoraError::NotFinite`] with the tensor; [`LoraError::TooLarge`] where the file would pass 2 GiB.
    pub fn to_onnx(&self, precision: Precision) -> Result<Vec<u8>, LoraError> {
        self.onnx(precision)?.bytes()
    }

    pub(crate) fn onnx(&self, precision: Precision) -> Result<OnnxModel, LoraError> {
        Ok(OnnxModel::new(llama::graph(self, precision)?))
    }
}
