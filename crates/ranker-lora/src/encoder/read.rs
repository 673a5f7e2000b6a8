//! Encoders out of `model.safetensors`.

use std::path::Path;

use ranker_folder::{ModelFolder, Projection};

use super::config::{BUCKETS, EncoderConfig};
use super::form::Weight;
use super::names::{bias, norm_paths, weight};
use super::relative::RelativeBias;
use super::table::Table;
use super::tensors::Tensors;
use super::weights::{Encoder, EncoderWeights, Layer, Linear, Norm, each_projection};
use crate::error::LoraError;
use crate::matrix::Matrix;

impl Encoder {
    /// Reads `config.json` and `model.safetensors` from a folder in Hugging Face's layout. Weights
    /// in F16 and BF16 are widened to `f32`, and those in NF4 are dequantised. The names may
    /// start with the family's prefix (such as `bert.`), and a pre-training head is left out; any
    /// other tensor is an error.
    ///
    /// # Errors
    /// Whatever is missing, truncated, of another shape or type, not finite, or unknown, with the
    /// file and the tensor's name.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        Self::of_safetensors(folder.as_ref())
    }
}

impl<W: Weight> EncoderWeights<W> {
    pub(super) fn of_safetensors(folder: &Path) -> Result<Self, LoraError> {
        let config = EncoderConfig::read(folder.join(ModelFolder::CONFIG))?;
        let mut tensors = Tensors::of_folder(folder)?;
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
}

/// Takes an encoder's tensors out of a file.
struct Reader<'t, 'a> {
    tensors: &'t mut Tensors<'a>,
    config: &'t EncoderConfig,
}

impl Reader<'_, '_> {
    fn encoder<W: Weight>(mut self) -> Result<EncoderWeights<W>, LoraError> {
        let config = self.config;
        let (family, hidden) = (config.family, config.hidden);
        let mut table =
            |path: &str, rows: usize| W::take_table(self.tensors, &weight(path), (rows, hidden));
        Ok(EncoderWeights {
            words: table(family.words, config.vocabulary)?,
            positions: table(family.positions, config.position_rows())?,
            types: match family.types {
                Some(path) => table(path, config.types)?,
                None => W::of_table(Table::F32(Matrix::zeros(config.types, hidden)), hidden),
            },
            norm: self.norm(family.embedding_norm)?,
            relative: self.relative()?,
            layers: (0..config.layers)
                .map(|index| self.layer(index))
                .collect::<Result<_, _>>()?,
            pooler: self.pooler()?,
            config: config.clone(),
        })
    }

    fn pooler<W: Weight>(&mut self) -> Result<Option<Linear<W>>, LoraError> {
        let (path, hidden) = (self.config.family.pooler, self.config.hidden);
        match self.tensors.contains(&weight(path)) {
            true => self.linear(path, (hidden, hidden)).map(Some),
            false => Ok(None),
        }
    }

    fn layer<W: Weight>(&mut self, index: usize) -> Result<Layer<W>, LoraError> {
        let config = self.config;
        let linear =
            |which: Projection| self.linear(&config.family.path(index, which), config.shape(which));
        let linears = each_projection(linear)?;
        let [attention, output] = norm_paths(config.family, index);
        Ok(Layer {
            linears,
            attention_norm: self.norm(&attention)?,
            output_norm: self.norm(&output)?,
        })
    }

    /// The bias of attention scores by distance, where the family has one.
    fn relative(&mut self) -> Result<Option<RelativeBias>, LoraError> {
        let Some(path) = self.config.family.relative else {
            return Ok(None);
        };
        let shape = (BUCKETS, self.config.heads);
        let table = self.tensors.matrix(&weight(path), shape)?;
        Ok(Some(RelativeBias::new(table, self.config)))
    }

    fn linear<W: Weight>(
        &mut self,
        path: &str,
        shape: (usize, usize),
    ) -> Result<Linear<W>, LoraError> {
        Ok(Linear {
            weight: W::take(self.tensors, &weight(path), shape)?,
            bias: self.tensors.vector(&bias(path), shape.0)?,
        })
    }

    fn norm(&mut self, path: &str) -> Result<Norm, LoraError> {
        let hidden = self.config.hidden;
        Ok(Norm {
            weight: self.tensors.vector(&weight(path), hidden)?,
            bias: self.tensors.vector(&bias(path), hidden)?,
        })
    }
}
