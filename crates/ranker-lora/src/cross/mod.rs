//! Encoders that read a query and a document as one sequence, and give one score (Nogueira & Cho
//! 2019, <https://arxiv.org/abs/1901.04085>).

mod files;
mod head;
mod pair;

use std::path::Path;

use crate::base::Base;
use crate::encoder::{Encoder, EncoderConfig, Tensors};
use crate::error::LoraError;
use crate::files::{self as disk, MODEL};

pub(crate) use head::Head;
pub use pair::PairIds;

/// An encoder with a head that gives one score, as `transformers` builds them for sequence
/// classification with one label: s = w · tanh(W h + b) + c, with h the last hidden state of the
/// first token.
///
/// ```no_run
/// use ranker_lora::{CrossEncoder, Encoder, Precision, TextTokenizer};
///
/// let folder = "all-MiniLM-L6-v2";
/// let cross = CrossEncoder::new(Encoder::read(folder)?, 0); // its head is untrained
/// let pair = TextTokenizer::read(folder)?.pair_ids("Rust engineer", "Builds search in Rust")?;
/// println!("{}", cross.score(&pair)?);
/// cross.write_folder(folder, "cross-encoder", Precision::Float32)?; // model.onnx
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CrossEncoder {
    /// Without its pooler, which is the head's first map where there is one.
    pub(crate) encoder: Encoder,
    pub(crate) head: Head,
}

impl CrossEncoder {
    /// Puts a head on an encoder. The first map is the encoder's pooler, where the encoder has one
    /// and its family's heads use it; whatever is new is drawn as `transformers` draws it: normal
    /// with standard deviation 0.02, and no bias.
    pub fn new(mut encoder: Encoder, seed: u64) -> Self {
        let pooler = encoder.pooler.take();
        let used = encoder.config.family.head.uses_pooler();
        let head = Head::new(encoder.config.hidden, pooler.filter(|_| used), seed);
        Self { encoder, head }
    }

    /// Reads `config.json` and `model.safetensors` of a cross-encoder with one label, as
    /// `transformers` writes them.
    ///
    /// # Errors
    /// As [`Encoder::read`]; a classifier of more labels is [`LoraError::TensorShape`], and an
    /// encoder without one [`LoraError::MissingTensor`].
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        let folder = folder.as_ref();
        let config = EncoderConfig::read(folder.join("config.json"))?;
        let path = folder.join(MODEL);
        let bytes = disk::read(&path)?;
        let mut tensors = Tensors::parse(&path, &bytes)?;
        tensors.rename(|name| config.family.tensor_name(name));
        let head = Head::take(&mut tensors, config.family.head, config.hidden)?;
        let encoder = Encoder::take(&mut tensors, &config)?;
        tensors.finish()?;
        Ok(Self { encoder, head })
    }

    /// The encoder below the head, as an adapter is trained for it.
    pub fn base(&self) -> Base<'_> {
        (&self.encoder).into()
    }

    /// The encoder's sizes.
    pub fn config(&self) -> &EncoderConfig {
        self.encoder.config()
    }

    /// The score of a pair; a greater one is better. As [`Encoder::forward`], it is for checking:
    /// serve the ONNX file.
    ///
    /// # Errors
    /// As for [`Encoder::forward`].
    pub fn score(&self, pair: &PairIds) -> Result<f32, LoraError> {
        let hidden = self.encoder.forward_pair(pair)?;
        let score = self.head.score(hidden.row(0).unwrap_or_default());
        match score.is_finite() {
            true => Ok(score),
            false => Err(LoraError::NotFinite {
                name: "the score".to_owned(),
            }),
        }
    }
}
