//! An encoder out of its files.

use std::path::Path;

use ranker_folder::Projection;

use crate::encoder::{Encoder, Head, Layer};
use crate::error::EncoderError;
use crate::kernels::{Kernels, Norm};
use crate::linear::Linear;
use crate::precision::Precision;
use crate::relative::RelativeBias;
use crate::sizes::{BUCKETS, Sizes};
use crate::table::Table;
use crate::weights::{Tensors, bias, weight};

impl Encoder {
    /// Reads an encoder, or a cross-encoder with its head: the sizes from a `config.json`, the weights
    /// from safetensors (f32, f16 or bf16) or from an ONNX graph that `ranker-lora` or an exporter
    /// from PyTorch wrote.
    ///
    /// # Errors
    /// [`EncoderError`], with the file, the tensor or setting, and what to do.
    pub fn read(config: impl AsRef<Path>, weights: impl AsRef<Path>) -> Result<Self, EncoderError> {
        Self::read_with(config, weights, Precision::Exact)
    }

    /// The same, to be computed in a precision of choice. A cross-encoder's head stays exact.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_with(
        config: impl AsRef<Path>,
        weights: impl AsRef<Path>,
        precision: Precision,
    ) -> Result<Self, EncoderError> {
        let sizes = Sizes::read(config.as_ref())?;
        let path = weights.as_ref();
        let bytes = std::fs::read(path).map_err(EncoderError::read(path))?;
        let mut tensors = Tensors::parse(path, &bytes, sizes.family)?;
        if sizes.is_projected {
            tensors.skip(PROJECTION);
        }
        let encoder = Reader {
            tensors: &mut tensors,
            sizes: &sizes,
            precision,
        }
        .encoder()?;
        tensors.finish()?;
        Ok(encoder)
    }
}

/// The linear map behind the encoder of a ColBERT.
const PROJECTION: &str = "linear";

struct Reader<'t, 'b> {
    tensors: &'t mut Tensors<'b>,
    sizes: &'t Sizes,
    precision: Precision,
}

impl Reader<'_, '_> {
    fn encoder(mut self) -> Result<Encoder, EncoderError> {
        let (sizes, family) = (self.sizes, self.sizes.family);
        Ok(Encoder {
            words: self.table(family.words, sizes.vocabulary)?,
            positions: self.table(family.positions, sizes.position_rows())?,
            types: match family.types {
                Some(path) => self.table(path, sizes.types)?,
                None => Table::zeros(sizes.hidden),
            },
            norm: self.norm(family.embedding_norm)?,
            relative: self.relative()?,
            layers: (0..sizes.layers)
                .map(|index| self.layer(index))
                .collect::<Result<_, _>>()?,
            head: self.head()?,
            sizes: sizes.clone(),
            kernels: Kernels::best(),
            precision: self.precision,
        })
    }

    fn table(&mut self, path: &str, rows: usize) -> Result<Table, EncoderError> {
        let shape = [rows, self.sizes.hidden];
        self.tensors.take_table(&weight(path), shape)
    }

    fn norm(&mut self, path: &str) -> Result<Norm, EncoderError> {
        let shape = [self.sizes.hidden];
        Ok(Norm {
            weight: self.tensors.take(&weight(path), &shape)?,
            bias: self.tensors.take(&bias(path), &shape)?,
            epsilon: self.sizes.epsilon,
        })
    }

    fn relative(&mut self) -> Result<Option<RelativeBias>, EncoderError> {
        let Some(path) = self.sizes.family.relative else {
            return Ok(None);
        };
        let table = self
            .tensors
            .take(&weight(path), &[BUCKETS, self.sizes.heads])?;
        Ok(Some(RelativeBias::new(&table, self.sizes)))
    }

    fn layer(&mut self, index: usize) -> Result<Layer, EncoderError> {
        let family = self.sizes.family;
        let norm = |name| format!("{}.{index}.{name}", family.layer);
        Ok(Layer {
            joined: self.linear(
                index,
                &[Projection::Query, Projection::Key, Projection::Value],
            )?,
            output: self.linear(index, &[Projection::Output])?,
            attention_norm: self.norm(&norm(family.attention_norm))?,
            up: self.linear(index, &[Projection::Up])?,
            down: self.linear(index, &[Projection::Down])?,
            output_norm: self.norm(&norm(family.output_norm))?,
        })
    }

    /// Linear maps of one input as one map.
    fn linear(&mut self, layer: usize, which: &[Projection]) -> Result<Linear, EncoderError> {
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for &which in which {
            let (path, shape) = (
                self.sizes.family.path(layer, which),
                self.sizes.shape(which),
            );
            weights.extend(self.tensors.take(&weight(&path), &[shape.0, shape.1])?);
            biases.extend(self.tensors.take(&bias(&path), &[shape.0])?);
        }
        Ok(Linear::new(&weights, biases, self.precision))
    }

    /// The head of a cross-encoder with one label, where the file has one. A pooler that no head follows
    /// is not used.
    fn head(&mut self) -> Result<Option<Head>, EncoderError> {
        let (family, hidden) = (self.sizes.family, self.sizes.hidden);
        if !self.tensors.contains(&weight(family.head.out)) {
            self.tensors.skip(family.pooler);
            return Ok(None);
        }
        let mut linear = |path: &str, out: usize| {
            let weights = self.tensors.take(&weight(path), &[out, hidden])?;
            let bias = self.tensors.take(&bias(path), &[out])?;
            Ok(Linear::new(&weights, bias, Precision::Exact))
        };
        Ok(Some(Head {
            dense: linear(family.head.dense, hidden)?,
            out: linear(family.head.out, 1)?,
        }))
    }
}
