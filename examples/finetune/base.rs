//! The encoder in training, in the form in which its weights are kept.

use std::path::Path;

use ranker::lora::{Base, Encoder, QuantizedEncoder};
use ranker_examples::{Outcome, say};

use crate::{Args, Quantize};

/// The encoder in training.
pub(crate) enum Frozen {
    Full(Encoder),
    Quantized(QuantizedEncoder),
}

impl Frozen {
    pub(crate) fn read(args: &Args) -> Outcome<Self> {
        match args.quantize {
            Quantize::None => Ok(Self::Full(read(&args.model)?)),
            Quantize::Nf4 => {
                let encoder = QuantizedEncoder::read(&args.model)?;
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

    /// What the adapter is merged into: the weights before they were quantised.
    pub(crate) fn original(self, args: &Args) -> Outcome<Encoder> {
        match self {
            Self::Full(encoder) => Ok(encoder),
            Self::Quantized(_) => read(&args.model),
        }
    }
}

/// The original weights, or else those that an ONNX file of this project stands for.
fn read(folder: &Path) -> Outcome<Encoder> {
    if folder.join("model.safetensors").exists() {
        return Ok(Encoder::read(folder)?);
    }
    let encoder = Encoder::read_onnx(folder)?;
    say(&format!(
        "{} has no model.safetensors: the base is what model.onnx stands for, rounded to 8 bits \
         where that file is",
        folder.display()
    ));
    Ok(encoder)
}
