//! The weights of a BERT-like encoder.

use std::collections::BTreeMap;
use std::path::Path;

use crate::family::{Family, Part};
use crate::nf4::Weight;
use crate::relative::RelativeBias;
use crate::save::MODEL;
use crate::tensors::Tensors;
use crate::{EncoderConfig, LoraError, Matrix, relative};

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
pub(crate) struct Linear<W = Matrix> {
    /// W: `[out, in]`
    pub(crate) weight: W,
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
pub(crate) struct Layer<W = Matrix> {
    /// In the order of [`Part::ALL`].
    pub(crate) parts: [Linear<W>; 6],
    pub(crate) attention_norm: Norm,
    pub(crate) output_norm: Norm,
}

impl<W> Layer<W> {
    /// The parts stand in the order of [`Part::ALL`].
    pub(crate) fn new(parts: [Linear<W>; 6], attention_norm: Norm, output_norm: Norm) -> Self {
        Self {
            parts,
            attention_norm,
            output_norm,
        }
    }

    pub(crate) fn part(&self, part: Part) -> &Linear<W> {
        &self.parts[part as usize]
    }

    /// The layer with another form of its weights.
    pub(crate) fn try_map<V, E>(&self, map: impl Fn(&W) -> Result<V, E>) -> Result<Layer<V>, E> {
        let map = |part: Part| self.part(part).try_map(&map);
        let [query, key, value, join, up, down] = Part::ALL;
        let parts = [
            map(query)?,
            map(key)?,
            map(value)?,
            map(join)?,
            map(up)?,
            map(down)?,
        ];
        Ok(Layer::new(
            parts,
            self.attention_norm.clone(),
            self.output_norm.clone(),
        ))
    }
}

impl<W> Linear<W> {
    /// The map with another form of its weight.
    pub(crate) fn try_map<V, E>(&self, map: impl Fn(&W) -> Result<V, E>) -> Result<Linear<V>, E> {
        Ok(Linear {
            weight: map(&self.weight)?,
            bias: self.bias.clone(),
        })
    }
}

impl Encoder {
    /// Reads `config.json` and `model.safetensors` from a folder in Hugging Face's layout. Weights
    /// in F16 and BF16 are widened to `f32`, and those in NF4 are what they stand for. The names may
    /// start with the family's prefix (such as `bert.`), and a pre-training head is left out; any
    /// other tensor is an error.
    ///
    /// # Errors
    /// Whatever is missing, truncated, of another shape or type, not finite, or unknown, with the
    /// file and the tensor's name.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        let folder = folder.as_ref();
        let config = EncoderConfig::read(folder.join("config.json"))?;
        let mut tensors = Tensors::open(&folder.join(MODEL))?;
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
pub(crate) struct Reader<'t, 'a> {
    pub(crate) tensors: &'t mut Tensors<'a>,
    pub(crate) config: &'t EncoderConfig,
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
        let mut table = |name: &str, rows: usize| {
            let name = format!("{name}.weight");
            self.tensors.matrix(&name, (rows, hidden))
        };
        Ok(Encoder {
            words: table(family.words, vocabulary)?,
            positions: table(family.positions, self.config.position_rows())?,
            types: match family.types {
                Some(name) => table(name, types)?,
                None => Matrix::zeros(types, hidden),
            },
            norm: self.norm(family.embedding_norm)?,
            relative: self.relative()?,
            layers: self.layers()?,
            pooler: self.pooler()?,
            config: self.config.clone(),
        })
    }

    pub(crate) fn layers<W: Weight>(&mut self) -> Result<Vec<Layer<W>>, LoraError> {
        (0..self.config.layers)
            .map(|index| self.layer(self.config.family, index))
            .collect()
    }

    pub(crate) fn pooler<W: Weight>(&mut self) -> Result<Option<Linear<W>>, LoraError> {
        let (path, hidden) = (self.config.family.pooler, self.config.hidden);
        match self.tensors.contains(&format!("{path}.weight")) {
            true => self.linear(path, (hidden, hidden)).map(Some),
            false => Ok(None),
        }
    }

    fn layer<W: Weight>(&mut self, family: &Family, index: usize) -> Result<Layer<W>, LoraError> {
        let config = self.config;
        let mut part = |part| self.linear(&family.part(index, part), config.shape(part));
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

    /// The bias of attention scores by distance, where the family has one.
    pub(crate) fn relative(&mut self) -> Result<Option<RelativeBias>, LoraError> {
        let Some(name) = self.config.family.relative else {
            return Ok(None);
        };
        let shape = (relative::BUCKETS, self.config.heads);
        let table = self.tensors.matrix(&format!("{name}.weight"), shape)?;
        Ok(Some(RelativeBias::new(table, self.config)))
    }

    fn linear<W: Weight>(
        &mut self,
        path: &str,
        shape: (usize, usize),
    ) -> Result<Linear<W>, LoraError> {
        Ok(Linear {
            weight: W::take(self.tensors, &format!("{path}.weight"), shape)?,
            bias: self.tensors.vector(&format!("{path}.bias"), shape.0)?,
        })
    }

    pub(crate) fn norm(&mut self, path: &str) -> Result<Norm, LoraError> {
        let hidden = self.config.hidden;
        Ok(Norm {
            weight: self.tensors.vector(&format!("{path}.weight"), hidden)?,
            bias: self.tensors.vector(&format!("{path}.bias"), hidden)?,
        })
    }
}
