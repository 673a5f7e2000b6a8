//! The encoder in training, in the form in which its weights are kept.

use std::path::Path;

use ranker::lora::{Base, Encoder, QuantizedEncoder};
use ranker_examples::{Outcome, read_weights, say};

use crate::{Args, Quantize};

/// The encoder in training.
pub(crate) enum Frozen {
    Full(Encoder),
    Quantized(QuantizedEncoder),
}

impl Frozen {
    pub(crate) fn read(args: &Args, folder: &Path) -> Outcome<Self> {
        match args.quantize {
            Quantize::None => Ok(Self::Full(read_weights(folder)?)),
            Quantize::Nf4 => {
                let encoder = QuantizedEncoder::read(folder)?;
                let size = encoder.bytes() as f64 / 1e6;
                say(&format!("{size:.1} MB of weights, linear maps in NF4"));
                Ok(Self::Quantized(encoder))
            }
        }
    }

    pub(crate) fn base(&self) -> Base<'_> {
        match self {
            Self::Full(encoder) => encoder.into(),
            Self::Quantized(encoder) => encoder.into(),
        }
    }

    /// What the adapter is merged into: the weights that it was trained beside, in full precision.
    pub(crate) fn whole(self) -> Encoder {
        match self {
            Self::Full(encoder) => encoder,
            // Not those before they were quantised, beside which it is worth less.
            Self::Quantized(encoder) => encoder.dequantize(),
        }
    }
}
