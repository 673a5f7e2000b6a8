//! A decoder with its linear maps in NF4, and back.

use std::convert::Infallible;

use super::weights::{Decoder, QuantizedDecoder};
use crate::encoder::Table;
use crate::error::LoraError;
use crate::matrix::Matrix;
use crate::nf4::Nf4Matrix;

impl QuantizedDecoder {
    /// The decoder that this one computes as, with all its weights as `f32`.
    pub fn dequantize(&self) -> Decoder {
        let columns = self.config.hidden;
        let dense = |weight: &Nf4Matrix| Ok::<Matrix, Infallible>(weight.dequantize());
        let Ok(decoder) = self.try_map(|table| table.to_matrix(columns), dense);
        decoder
    }
}

impl Decoder {
    /// The same decoder with its linear maps in NF4. [`QuantizedDecoder::read`] needs less memory.
    ///
    /// # Errors
    /// [`LoraError::NotFinite`] where weights are so great that a scale overflows.
    pub fn quantize(&self) -> Result<QuantizedDecoder, LoraError> {
        self.try_map(|table| Table::F32(table.clone()), Nf4Matrix::quantize)
    }
}
