//! Reads weights back from an ONNX file that this crate wrote, full or in 8 bits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prost::Message as _;

use super::proto::{ModelProto, TensorProto, data_type};
use crate::encoder::{Layer, Linear, Norm};
use crate::relative::{BUCKETS, RelativeBias};
use crate::table::Table;
use crate::{Encoder, EncoderConfig, LoraError, Matrix, Nf4Matrix, QuantizedEncoder, files};

/// The names of a table with codes, and of one in full.
type TableNames = (&'static str, &'static str);

const WORDS: TableNames = ("embeddings.words", "embeddings.words.table");
const POSITIONS: TableNames = ("embeddings.positions.table", "embeddings.positions.table");

impl Encoder {
    /// Reads `config.json` and `model.onnx` from a folder that [`Encoder::write_folder`] wrote.
    /// Weights in 8 bits are restored to what they stand for, which is not what they were before
    /// they were rounded. A pooler, which embeddings do not use, is not in such a file.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for an ONNX file of another program, and whatever is missing,
    /// truncated or of another shape.
    pub fn read_onnx(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        let (reader, config) = Reader::open(folder.as_ref())?;
        reader.encoder(config)
    }
}

impl QuantizedEncoder {
    /// Reads what [`Encoder::read_onnx`] reads, a layer at a time.
    pub(crate) fn read_onnx(folder: &Path) -> Result<Self, LoraError> {
        let (reader, config) = Reader::open(folder)?;
        reader.quantized(config)
    }
}

struct Reader {
    path: PathBuf,
    tensors: BTreeMap<String, TensorProto>,
}

impl Reader {
    fn open(folder: &Path) -> Result<(Self, EncoderConfig), LoraError> {
        let config = EncoderConfig::read(folder.join("config.json"))?;
        let path = folder.join("model.onnx");
        let bytes = files::read(&path)?;
        let model =
            ModelProto::decode(&bytes[..]).map_err(LoraError::format(&path, "an ONNX model"))?;
        if model.producer_name != "ranker-lora" {
            let advice = "read the original model.safetensors instead";
            let producer = model.producer_name;
            return Err(LoraError::unsupported("producer_name", producer, advice));
        }
        let tensors = model.graph.into_iter().flat_map(|graph| graph.initializer);
        let tensors = tensors
            .map(|tensor| (tensor.name.clone(), tensor))
            .collect();
        Ok((Self { path, tensors }, config))
    }

    fn quantized(self, config: EncoderConfig) -> Result<QuantizedEncoder, LoraError> {
        let hidden = config.hidden;
        let layer = |index| self.layer(&config, index)?.try_map(Nf4Matrix::quantize);
        Ok(QuantizedEncoder {
            words: self.compact(WORDS, (config.vocabulary, hidden))?,
            positions: self.compact(POSITIONS, (config.position_rows(), hidden))?,
            types: Table::F32(self.matrix("embeddings.types.table", (config.types, hidden))?),
            norm: self.norm("embeddings", hidden)?,
            relative: self.relative(&config)?,
            layers: (0..config.layers).map(layer).collect::<Result<_, _>>()?,
            pooler: None,
            config,
        })
    }

    fn encoder(self, config: EncoderConfig) -> Result<Encoder, LoraError> {
        let hidden = config.hidden;
        let layers = (0..config.layers).map(|index| self.layer(&config, index));
        Ok(Encoder {
            words: self.table(WORDS, (config.vocabulary, hidden))?,
            positions: self.table(POSITIONS, (config.position_rows(), hidden))?,
            types: self.matrix("embeddings.types.table", (config.types, hidden))?,
            norm: self.norm("embeddings", hidden)?,
            relative: self.relative(&config)?,
            layers: layers.collect::<Result<_, _>>()?,
            pooler: None,
            config,
        })
    }

    fn layer(&self, config: &EncoderConfig, index: usize) -> Result<Layer, LoraError> {
        let (hidden, wide) = (config.hidden, config.intermediate);
        let part = |name: &str, shape| self.linear(&format!("layer.{index}.{name}"), shape);
        let output = match index + 1 == config.layers {
            true => "last_hidden_state".to_owned(),
            false => format!("layer.{index}"),
        };
        let parts = [
            part("attention.query.flat", (hidden, hidden))?,
            part("attention.key.flat", (hidden, hidden))?,
            part("attention.value.flat", (hidden, hidden))?,
            part("join", (hidden, hidden))?,
            part("up", (wide, hidden))?,
            part("down", (hidden, wide))?,
        ];
        let attention_norm = self.norm(&format!("layer.{index}.attention.norm"), hidden)?;
        Ok(Layer::new(
            parts,
            attention_norm,
            self.norm(&output, hidden)?,
        ))
    }

    /// A linear map, whose weight lies in the file as `[in, out]`.
    fn linear(&self, name: &str, (out, columns): (usize, usize)) -> Result<Linear, LoraError> {
        let weight = format!("{name}.weight");
        let (codes, scales) = (format!("{weight}.codes"), format!("{weight}.scales"));
        let values = if self.tensors.contains_key(&codes) {
            let scales_of = self.get(&scales)?;
            let blocks = scales_of.raw_data.len() / 4 / out.max(1);
            if blocks == 0 || !columns.is_multiple_of(blocks) {
                return Err(self.shape(&scales, &[blocks], &scales_of.dims));
            }
            let scales = self.floats(&scales, blocks * out)?;
            let block = columns / blocks;
            let codes = self.codes(&codes, columns * out)?;
            let scale = |i: usize| scales[i / out / block * out + i % out];
            restored(&codes, scale)
        } else {
            self.floats(&weight, columns * out)?
        };
        let turned: Vec<f32> = (0..out)
            .flat_map(|row| values.iter().skip(row).step_by(out).copied())
            .collect();
        Ok(Linear {
            weight: Matrix::new(out, columns, turned)?,
            bias: self.floats(&format!("{name}.bias"), out)?,
        })
    }

    fn relative(&self, config: &EncoderConfig) -> Result<Option<RelativeBias>, LoraError> {
        if config.family.relative.is_none() {
            return Ok(None);
        }
        let table = self.matrix("relative.table", (BUCKETS, config.heads))?;
        Ok(Some(RelativeBias::new(table, config)))
    }

    fn table(&self, names: TableNames, shape: (usize, usize)) -> Result<Matrix, LoraError> {
        Ok(self.compact(names, shape)?.to_matrix(shape.1))
    }

    /// A table with a scale a row, or in full.
    fn compact(
        &self,
        (coded, full): TableNames,
        (rows, columns): (usize, usize),
    ) -> Result<Table, LoraError> {
        let codes = format!("{coded}.codes");
        if !self.tensors.contains_key(&codes) {
            return Ok(Table::F32(self.matrix(full, (rows, columns))?));
        }
        let scales = self.floats(&format!("{coded}.scales"), rows)?;
        Table::int8(self.codes(&codes, rows * columns)?, scales, &codes)
    }

    fn matrix(&self, name: &str, (rows, columns): (usize, usize)) -> Result<Matrix, LoraError> {
        Matrix::new(rows, columns, self.floats(name, rows * columns)?)
    }

    fn norm(&self, name: &str, size: usize) -> Result<Norm, LoraError> {
        Ok(Norm {
            weight: self.floats(&format!("{name}.norm.weight"), size)?,
            bias: self.floats(&format!("{name}.norm.bias"), size)?,
        })
    }

    fn floats(&self, name: &str, count: usize) -> Result<Vec<f32>, LoraError> {
        let bytes = self.data(name, (data_type::FLOAT, 4 * count))?;
        let (fours, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = fours.iter().map(|four| f32::from_le_bytes(*four)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            let name = format!("tensor {name} in {}", self.path.display());
            return Err(LoraError::NotFinite { name });
        }
        Ok(values)
    }

    fn codes(&self, name: &str, count: usize) -> Result<Vec<i8>, LoraError> {
        let bytes = self.data(name, (data_type::INT8, count))?;
        Ok(bytes.iter().map(|byte| byte.cast_signed()).collect())
    }

    fn data(&self, name: &str, (kind, length): (i32, usize)) -> Result<&[u8], LoraError> {
        let tensor = self.get(name)?;
        if tensor.data_type != kind {
            return Err(LoraError::TensorType {
                path: self.path.clone(),
                tensor: name.to_owned(),
                actual: format!("ONNX type {}", tensor.data_type),
            });
        }
        if tensor.raw_data.len() != length {
            return Err(self.shape(name, &[length], &tensor.dims));
        }
        Ok(&tensor.raw_data)
    }

    fn get(&self, name: &str) -> Result<&TensorProto, LoraError> {
        self.tensors
            .get(name)
            .ok_or_else(|| LoraError::MissingTensor {
                path: self.path.clone(),
                tensor: name.to_owned(),
            })
    }

    fn shape(&self, name: &str, expected: &[usize], actual: &[i64]) -> LoraError {
        let size = |&size: &i64| usize::try_from(size).unwrap_or_default();
        LoraError::TensorShape {
            path: self.path.clone(),
            tensor: name.to_owned(),
            expected: expected.to_vec(),
            actual: actual.iter().map(size).collect(),
        }
    }
}

fn restored(codes: &[i8], scale: impl Fn(usize) -> f32) -> Vec<f32> {
    let codes = codes.iter().enumerate();
    codes.map(|(i, &code)| f32::from(code) * scale(i)).collect()
}
