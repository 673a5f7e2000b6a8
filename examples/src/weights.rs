//! The weights to tune.

use std::path::Path;

use ranker::lora::{
    Base, Decoder, Encoder, LoraError, ModelFolder, Precision, QuantizedDecoder, QuantizedEncoder,
    Tuned,
};

use crate::{Outcome, say};

/// A model in training, in the form in which its weights are kept.
#[derive(Debug)]
pub enum Weights {
    /// A BERT-like encoder.
    Encoder(Encoder),
    /// The same with its linear maps in NF4.
    QuantizedEncoder(QuantizedEncoder),
    /// A Llama, Mistral or Qwen.
    Decoder(Decoder),
    /// The same with its linear maps in NF4.
    QuantizedDecoder(QuantizedDecoder),
}

impl Weights {
    /// Reads a folder, with its linear maps in NF4 where that is asked for.
    ///
    /// # Errors
    ///
    /// A folder without weights, or a file that cannot be read.
    pub fn read(folder: &Path, nf4: bool) -> Outcome<Self> {
        let is_decoder = ModelFolder::read(folder)?.is_causal;
        let own = match (is_decoder, nf4) {
            (false, false) => Self::Encoder(read_weights(folder)?),
            (false, true) => Self::QuantizedEncoder(QuantizedEncoder::read(folder)?),
            (true, false) => Self::Decoder(Decoder::read(folder)?),
            (true, true) => Self::QuantizedDecoder(QuantizedDecoder::read(folder)?),
        };
        if nf4 {
            let size = own.bytes() as f64 / 1e6;
            say(&format!("{size:.1} MB of weights, linear maps in NF4"));
        }
        Ok(own)
    }

    /// What is trained.
    #[must_use]
    pub fn base(&self) -> Base<'_> {
        match self {
            Self::Encoder(own) => own.into(),
            Self::QuantizedEncoder(own) => own.into(),
            Self::Decoder(own) => own.into(),
            Self::QuantizedDecoder(own) => own.into(),
        }
    }

    /// The memory that the weights take, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Encoder(own) => own.bytes(),
            Self::QuantizedEncoder(own) => own.bytes(),
            Self::Decoder(own) => own.bytes(),
            Self::QuantizedDecoder(own) => own.bytes(),
        }
    }

    /// Writes the folder of the tuned model, in full precision. An adapter is merged into the weights that it was trained
    /// beside, and not into those before they were quantised, beside which it is worth less.
    ///
    /// # Errors
    ///
    /// What merging and writing say.
    pub fn write_tuned(self, tuned: &Tuned, source: &Path, out: &Path) -> Result<(), LoraError> {
        let full = Precision::Float32;
        let of_encoder = |own: &Encoder| tuned.encoder(own)?.write_folder(source, out, full);
        let of_decoder = |own: &Decoder| tuned.decoder(own)?.write_folder(source, out, full);
        match self {
            Self::Encoder(own) => of_encoder(&own),
            Self::QuantizedEncoder(own) => of_encoder(&own.dequantize()),
            Self::Decoder(own) => of_decoder(&own),
            Self::QuantizedDecoder(own) => of_decoder(&own.dequantize()),
        }
    }
}

/// The original weights of an encoder, or else those that an ONNX file of this project stands for.
///
/// # Errors
///
/// A folder that has neither, or a file that cannot be read.
pub fn read_weights(folder: &Path) -> Outcome<Encoder> {
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
