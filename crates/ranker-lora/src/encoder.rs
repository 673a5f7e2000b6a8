//! The weights of a BERT-like encoder.

use std::collections::BTreeMap;
use std::path::Path;

use crate::family::{Family, Part};
use crate::relative::RelativeBias;
use crate::tensors::Tensors;
use crate::{EncoderConfig, LoraError, Matrix, files, relative};

/// A BERT-like encoder in memory: its sizes and all its weights, as `f32`.
///
/// ```no_run
/// use ranker_lora::{Encoder, Precision};
///
/// let encoder = Encoder::read("all-MiniLM-L6-v2")?;
/// println!("{} layers", encoder.config().layers());
/// let onnx: Vec<u8> = encoder.to_onnx(Precision::Int8)?;
/// # Ok::<(), ranker_lora::LoraError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    pub(crate) config: EncoderConfig,
    /// `[vocabulary, hidden]`
    pub(crate) words: Matrix,
    /// `[positions, hidden]`, after the rows that [`EncoderConfig::skipped_positions`] counts.
    pub(crate) positions: Matrix,
    /// `[types, hidden]`; zeros for a family without types.
    pub(crate) types: Matrix,
    pub(crate) norm: Norm,
    pub(crate) relative: Option<RelativeBias>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) pooler: Option<Linear>,
}

/// `y = W x + b`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Linear {
    /// W: `[out, in]`
    pub(crate) weight: Matrix,
    /// b: `[out]`
    pub(crate) bias: Vec<f32>,
}

/// The scale and shift after a layer normalisation, each of the hidden size.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// One transformer layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    /// In the order of [`Part::ALL`].
    pub(crate) parts: [Linear; 6],
    pub(crate) attention_norm: Norm,
    pub(crate) output_norm: Norm,
}

impl Layer {
    /// The parts stand in the order of [`Part::ALL`].
    pub(crate) fn new(parts: [Linear; 6], attention_norm: Norm, output_norm: Norm) -> Self {
        Self {
            parts,
            attention_norm,
            output_norm,
        }
    }

    pub(crate) fn part(&self, part: Part) -> &Linear {
        &self.parts[part as usize]
    }
}

impl Encoder {
    /// Reads `config.json` and `model.safetensors` from a folder in Hugging Face's layout. Weights
    /// in F16 and BF16 are widened to `f32`. The names may start with the family's prefix (such as
    /// `bert.`), and a pre-training head is left out; any other tensor is an error.
    ///
    /// # Errors
    /// Whatever is missing, truncated, of another shape or type, not finite, or unknown, with the
    /// file and the tensor's name.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        let folder = folder.as_ref();
        let config = EncoderConfig::read(folder.join("config.json"))?;
        let path = folder.join("model.safetensors");
        Self::parse(config, &path, &files::read(&path)?)
    }

    pub(crate) fn parse(
        config: EncoderConfig,
        path: &Path,
        bytes: &[u8],
    ) -> Result<Self, LoraError> {
        let mut tensors = Tensors::parse(path, bytes)?;
        tensors.rename(|name| config.family.tensor_name(name));
        let encoder = Self::take(&mut tensors, &config)?;
        tensors.finish()?;
        Ok(encoder)
    }

    /// Takes an encoder's tensors out of a file's.
    pub(crate) fn take(
        tensors: &mut Tensors<'_>,
        config: &EncoderConfig,
    ) -> Result<Self, LoraError> {
        Reader { tensors, config }.encoder()
    }

    /// The encoder's sizes.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// The paths of all linear maps that an adapter may change, each with its `(out, in)` size.
    pub fn linear_layers(&self) -> BTreeMap<String, (usize, usize)> {
        self.linears()
            .into_iter()
            .map(|(path, linear)| (path, linear.weight.shape()))
            .collect()
    }

    pub(crate) fn linears(&self) -> BTreeMap<String, &Linear> {
        let family = self.config.family;
        let layers = self.layers.iter().enumerate().flat_map(|(index, layer)| {
            Part::ALL.map(|part| (family.part(index, part), layer.part(part)))
        });
        layers
            .chain(
                self.pooler
                    .iter()
                    .map(|pooler| (family.pooler.to_owned(), pooler)),
            )
            .collect()
    }

    pub(crate) fn linears_mut(&mut self) -> BTreeMap<String, &mut Linear> {
        let family = self.config.family;
        let layers = self
            .layers
            .iter_mut()
            .enumerate()
            .flat_map(|(index, layer)| {
                let parts = Part::ALL.into_iter().zip(&mut layer.parts);
                parts.map(move |(part, linear)| (family.part(index, part), linear))
            });
        let pooler = self
            .pooler
            .iter_mut()
            .map(|pooler| (family.pooler.to_owned(), pooler));
        layers.chain(pooler).collect()
    }
}

/// Takes an encoder's tensors out of a file.
struct Reader<'t, 'a> {
    tensors: &'t mut Tensors<'a>,
    config: &'t EncoderConfig,
}

impl Reader<'_, '_> {
    fn encoder(mut self) -> Result<Encoder, LoraError> {
        let EncoderConfig {
            family,
            hidden,
            vocabulary,
            types,
            ..
        } = *self.config;
        let positions = self.config.positions + self.config.skipped_positions();
        Ok(Encoder {
            words: self.table(family.words, vocabulary)?,
            positions: self.table(family.positions, positions)?,
            types: match family.types {
                Some(name) => self.table(name, types)?,
                None => Matrix::zeros(types, hidden),
            },
            norm: self.norm(family.embedding_norm)?,
            relative: family
                .relative
                .map(|name| self.relative(name))
                .transpose()?,
            layers: (0..self.config.layers)
                .map(|index| self.layer(family, index))
                .collect::<Result<_, _>>()?,
            pooler: match self.tensors.contains(&format!("{}.weight", family.pooler)) {
                true => Some(self.linear(family.pooler, (hidden, hidden))?),
                false => None,
            },
            config: self.config.clone(),
        })
    }

    fn layer(&mut self, family: &Family, index: usize) -> Result<Layer, LoraError> {
        let EncoderConfig {
            hidden,
            intermediate,
            ..
        } = *self.config;
        let mut part = |part| {
            let shape = match part {
                Part::Up => (intermediate, hidden),
                Part::Down => (hidden, intermediate),
                Part::Query | Part::Key | Part::Value | Part::Join => (hidden, hidden),
            };
            self.linear(&family.part(index, part), shape)
        };
        let [query, key, value, join, up, down] = Part::ALL;
        let parts = [
            part(query)?,
            part(key)?,
            part(value)?,
            part(join)?,
            part(up)?,
            part(down)?,
        ];
        let start = format!("{}.{index}", family.layer);
        Ok(Layer {
            parts,
            attention_norm: self.norm(&format!("{start}.{}", family.attention_norm))?,
            output_norm: self.norm(&format!("{start}.{}", family.output_norm))?,
        })
    }

    fn relative(&mut self, name: &str) -> Result<RelativeBias, LoraError> {
        let shape = (relative::BUCKETS, self.config.heads);
        let table = self.tensors.matrix(&format!("{name}.weight"), shape)?;
        Ok(RelativeBias::new(table, self.config))
    }

    fn table(&mut self, name: &str, rows: usize) -> Result<Matrix, LoraError> {
        self.tensors
            .matrix(&format!("{name}.weight"), (rows, self.config.hidden))
    }

    fn linear(&mut self, path: &str, shape: (usize, usize)) -> Result<Linear, LoraError> {
        Ok(Linear {
            weight: self.tensors.matrix(&format!("{path}.weight"), shape)?,
            bias: self.tensors.vector(&format!("{path}.bias"), shape.0)?,
        })
    }

    fn norm(&mut self, path: &str) -> Result<Norm, LoraError> {
        Ok(Norm {
            weight: self
                .tensors
                .vector(&format!("{path}.weight"), self.config.hidden)?,
            bias: self
                .tensors
                .vector(&format!("{path}.bias"), self.config.hidden)?,
        })
    }
}
